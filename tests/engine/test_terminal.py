"""Progress on a terminal, and output files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import sys

import pytest

from scanner.terminal import OutputError, Progress, destination


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_that_goes_away() -> None:
    stream = Terminal()
    progress = Progress(stream)
    for done in range(1, 2_001):
        progress(done, 2_000)
    text = stream.getvalue()
    assert text.startswith(f"\r\x1b[K[{'.' * 24}] parsing 1 of 2,000 files (0 %)")
    assert all(len(line) <= 80 for line in text.split("\r\x1b[K"))
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


def test_an_interrupted_line_can_be_cleared() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress(1, 10)
    progress.clear()
    progress.clear()
    assert stream.getvalue().count("\r\x1b[K") == 2


def test_no_progress_where_nobody_watches() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress(1, 10)
    progress.clear()
    assert stream.getvalue() == ""


def test_a_file_is_replaced_whole(tmp_path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")
    target.chmod(0o640)
    with destination(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_is_as_open_as_any(tmp_path) -> None:
    with destination(tmp_path / "out.txt") as file:
        file.write(b"new")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o666 & ~umask


def test_a_failure_leaves_what_was_there(tmp_path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")

    def fail() -> None:
        with destination(target) as file:
            file.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert target.read_text() == "old"


def test_a_link_stays_a_link(tmp_path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with destination(tmp_path / "link.txt") as file:
        file.write(b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_a_pipe_is_written_to(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with destination(tmp_path / "pipe") as file:
        file.write(b"told")
    assert os.read(reader, 100) == b"told"


def test_what_cannot_be_written_is_known_at_once(tmp_path) -> None:
    with pytest.raises(OutputError, match="Is a directory"), destination(tmp_path):
        pytest.fail("the block was entered")

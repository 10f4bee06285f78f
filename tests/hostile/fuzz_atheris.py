"""Coverage-guided fuzzing of what reads strangers' bytes, by command: see README.md in this folder.

    pip install atheris
    python -m tests.hostile.fuzz_atheris extract FOLDER -max_total_time=1800

FOLDER keeps the corpus, which begins with the hostile files of `sources.py`; what follows are options of libFuzzer.
Not part of the suite. What it found is in the suite as a case of its own.
"""

from __future__ import annotations

import keyword
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import atheris

with atheris.instrument_imports(include=["scanner"]):
    from scanner.engine.codec import decode, encode, pack
    from scanner.engine.config import ConfigError, to_toml
    from scanner.engine.config_file import parse
    from scanner.engine.extract import extract
    from scanner.engine.git_objects import Commit, commits, decode_path, encode_path

import msgpack
import zstandard

from scanner.engine import codec
from scanner.engine.facts import Facts
from tests.hostile.sources import SOURCES

SMALL = 2_048
MOST_NESTED = 12
WORDS = ("self", "cls", "__all__", "sys.modules", "os.environ", "_instance", "cache", "TYPE_CHECKING", "ImportError")
SIGNS = ("f'{", "}'", '"""', "(", ")", "[", "]", "{", "}", ":=", "->", "**", "@", "\n    ", "# truthline: allow[", "]")


class FromBytes:
    """Stands for the running output of git: the same reads, of bytes that are there already."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def record(self, separator: bytes, cap: int) -> tuple[bytes, bool] | None:
        if not self.data:
            return None
        record, _, self.data = self.data.partition(separator)
        return record[:cap], len(record) > cap


def deepest(data: bytes) -> int:
    depth = [*accumulate((byte in b"([{") - (byte in b")]}") for byte in data)]
    return max(depth, default=0) - min(depth, default=0)


def try_extract(data: bytes) -> None:
    """The same bytes have the same facts, they can be stored, and their lines are lines of the file.

    LibCST takes exponential time for brackets in a broken pattern, so they may not nest deeply here.
    """
    if deepest(data) > MOST_NESTED:
        return
    try:
        facts = extract(data)
    except (RecursionError, MemoryError):
        return
    assert facts == extract(data)
    assert facts.outcome in {"ok", "unparsable", "unsupported-encoding"}
    assert facts.parsed != bool(facts.detail)
    stored = decode(encode(facts))
    assert pack(stored) == pack(facts)
    last = max(facts.lines, len(data.splitlines()))
    assert all(1 <= row.line <= row.end_line <= last for row in (*facts.imports, *facts.definitions))


def try_codec(data: bytes) -> None:
    """What is no stored facts is a ValueError or ZstdError."""
    kind, data = sum(data[:1]) % 8, data[1:]
    if kind > 4:
        data = codec._codec.compressor.compress(data)
    elif kind > 1:
        try:
            data = codec._codec.compressor.compress(msgpack.packb([*msgpack.unpackb(data, use_list=True)]))
        except (ValueError, TypeError):
            return
    try:
        facts = decode(data)
    except (ValueError, zstandard.ZstdError):
        return
    assert isinstance(facts, Facts)


def try_config(data: bytes) -> None:
    """A text is a configuration that can be written and read back, or one clear sentence."""
    try:
        config = parse(data)
    except ConfigError as error:
        said = str(error)
    else:
        said = "read back" if parse(to_toml(config)) == config else ""
    assert said.isprintable()
    assert said


def try_git(data: bytes) -> None:
    """Whatever a commit object holds, it is told in words that can be shown; a path comes back."""
    assert encode_path(decode_path(data)) == data
    told = list(commits(FromBytes(b"a" * 40 + b"\n" + data.replace(b"\0", b"") + b"\0")))  # type: ignore[arg-type]
    assert len(told) == 1
    assert isinstance(told[0], Commit)
    for text in (told[0].author, told[0].email, told[0].subject):
        text.encode()
        assert not any(ord(char) < 0x20 for char in text)
    assert told[0].day


class Target(NamedTuple):
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def _sources() -> Iterator[bytes]:
    yield from (source.content for source in SOURCES if len(source.content) <= SMALL)
    yield from (path.read_bytes()[:SMALL] for path in sorted(Path("scanner").rglob("*.py")))


def _stored() -> Iterator[bytes]:
    for source in _sources():
        if deepest(source) > MOST_NESTED:
            continue
        try:
            facts = extract(source)
        except (RecursionError, MemoryError):
            continue
        yield b"\0" + encode(facts)
        yield b"\2" + pack(facts)
        yield b"\5" + pack(facts)


def _configs() -> Iterator[bytes]:
    yield to_toml(parse(b"")).encode()
    yield b'services = ["a", "b.c"]\nshared = ["d"]\nroots = [".", "src"]\n[limits]\nfile_lines = 9\n'
    yield b'[[canonical]]\nsymbol = "A"\nmodule = "b.c"\npublic = ["b"]\nimportance = 3\n'
    yield b'[[deprecated]]\nmodule = "a"\nuse = "b"\n[[transitional]]\nmodule = "c"\nuntil = 2027-01-31\n'
    yield b'[scopes]\ntests = ["t/**"]\narchive = []\n[environment]\naccessors = ["a"]\n'
    yield b'[rules.import-cycle]\nallow = ["a.b"]\n'


def _commits() -> Iterator[bytes]:
    yield b"tree 1\nauthor A <a@b> 1 +0000\ncommitter B <c@d> 2 -0100\n\nSubject\n\nBody\n"
    yield b"author \xff\x00 <> 99999999999999999999999999 +\n\n"


TARGETS = {
    "extract": Target(try_extract, _sources),
    "codec": Target(try_codec, _stored),
    "config": Target(try_config, _configs),
    "git": Target(try_git, _commits),
}


def main() -> None:
    """Fuzz the target named first until libFuzzer's options say that it is enough."""
    name, folder, *options = sys.argv[1:]
    corpus = Path(folder)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = corpus.with_name(f"{corpus.name}.dict")
    words = [*keyword.kwlist, *keyword.softkwlist, *WORDS, *SIGNS]
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\x0a") for word in words)
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped))
    # Warnings of the parser would fill the screen: they are silenced per call in the product too.
    warnings.simplefilter("ignore")
    arguments = [sys.argv[0], f"-dict={dictionary}", f"-max_len={SMALL}", "-timeout=1200", "-rss_limit_mb=3000"]
    atheris.Setup([*arguments, *options, str(corpus)], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

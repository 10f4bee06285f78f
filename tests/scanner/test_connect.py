"""Connecting: what is refused, in which words, and that nothing stays behind."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scanner.connections import ConnectError, connect, look
from scanner.models import Repository, Scan
from tests.scanner.origin import SMALL, Origin

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def no_repository(path: Path) -> tuple[str, str]:
    (path / "plain").mkdir()
    return str(path / "plain"), ""


def nothing_there(path: Path) -> tuple[str, str]:
    return str(path / "nowhere"), ""


def empty(path: Path) -> tuple[str, str]:
    return str(Origin(path / "empty").path), ""


def small(path: Path) -> Origin:
    made = Origin(path / "small")
    made.commit(SMALL)
    return made


def unknown_ref(path: Path) -> tuple[str, str]:
    return str(small(path).path), "no-such-branch"


def option_for_a_ref(path: Path) -> tuple[str, str]:
    return str(small(path).path), "--upload-pack=touch"


def shallow(path: Path) -> tuple[str, str]:
    origin = small(path)
    origin.commit({"shop/more.py": ""})
    other = Origin(path / "shallow")
    other.git("fetch", "-q", "--depth=1", f"file://{origin.path}", "+refs/heads/main:refs/heads/main")
    return str(other.path), ""


def sha256(path: Path) -> tuple[str, str]:
    made = path / "sha256"
    made.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "--object-format=sha256", str(made)], check=True)
    return str(made), ""


def without_python(path: Path) -> tuple[str, str]:
    made = Origin(path / "words")
    made.commit({"README.md": "# Words\n"})
    return str(made.path), ""


def dangling_head(path: Path) -> tuple[str, str]:
    made = small(path)
    made.git("symbolic-ref", "HEAD", "refs/heads/gone")
    return str(made.path), ""


def wrong_config(path: Path) -> tuple[str, str]:
    made = small(path)
    made.commit({"truthline.toml": "[limits]\nfile_lines = 'many'\n"})
    return str(made.path), ""


REFUSED = [
    (no_repository, "is not a git repository"),
    (nothing_there, "There is no folder"),
    (empty, "no commits yet"),
    (unknown_ref, "no branch or tag 'no-such-branch'"),
    (option_for_a_ref, "--upload-pack"),
    (shallow, "shallow"),
    (sha256, "sha256"),
    (without_python, "no Python file"),
    (dangling_head, "refs/heads/gone"),
    (wrong_config, "file_lines"),
    (lambda _: ("http://example.org/x.git", ""), "https"),
    (lambda _: ("ssh://git@example.org/x.git", ""), "https"),
    (lambda _: ("git@example.org:x.git", ""), ""),
    (lambda _: ("--upload-pack=touch", ""), ""),
    (lambda _: ("-x", ""), ""),
    (lambda _: ("", ""), ""),
    (lambda _: ("relative/path", ""), ""),
    (lambda _: ("https://user:secret@example.org/x.git", ""), ""),
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_refused_in_one_sentence_with_nothing_saved(make, words, tmp_path):
    source, ref = make(tmp_path)
    with pytest.raises(ConnectError) as refusal:
        connect(source, ref)
    sentence = str(refusal.value)
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not Repository.objects.exists()
    assert not Scan.objects.exists()
    with pytest.raises(CommandError) as error:
        call_command("connect", *([f"--ref={ref}"] if ref else []), "--", source)
    assert (str(error.value), error.value.returncode) == (sentence, 2)


def test_the_same_ref_is_connected_once(origin):
    connect(str(origin.path), scan=False)
    with pytest.raises(ConnectError, match="is connected already"):
        connect(f"{origin.path}/", "main", scan=False)
    origin.git("branch", "next", "main")
    assert connect(str(origin.path), "next", scan=False).slug == "shop-2"


def test_branch_before_tag_and_the_other_is_told(origin):
    origin.git("tag", "main", "main")
    origin.git("tag", "v1", "main")
    seen = look(str(origin.path), "main")
    assert seen.ref == "refs/heads/main"
    assert any("refs/tags/main" in note for note in seen.notes)
    tagged = look(str(origin.path), "v1")
    assert (tagged.ref, tagged.notes) == ("refs/tags/v1", ())
    assert look(str(origin.path), "refs/tags/main").ref == "refs/tags/main"


def test_command_says_what_was_seen(origin):
    out = io.StringIO()
    call_command("connect", str(origin.path), "--name=The Shop", "--no-scan", stdout=out)
    repository = Repository.objects.get()
    assert (repository.name, repository.slug, repository.ref) == ("The Shop", "the-shop", "refs/heads/main")
    assert "1 commits, 5 Python files" in out.getvalue()
    assert "/repositories/the-shop/" in out.getvalue()
    assert 'services = ["shop"]' in repository.config_toml
    assert not Scan.objects.exists()


def test_folders_called_alike_are_told_apart(tmp_path: Path):
    for project in ("shop", "bank"):
        origin = Origin(tmp_path / project / "repo")
        origin.commit(SMALL)
        origin.git("branch", "release", "main")
    sources = [(str(tmp_path / project / "repo"), ref) for project in ("shop", "bank") for ref in ("main", "release")]
    assert [connect(source, ref, scan=False).name for source, ref in sources] == [
        "repo",
        "repo",
        "bank/repo",
        "bank/repo",
    ]


def test_the_command_names_an_admin(tmp_path: Path, django_user_model) -> None:
    origin = small(tmp_path)
    with pytest.raises(CommandError, match="There is no account 'ada'") as refused:
        call_command("connect", str(origin.path), "--admin=ada", stdout=io.StringIO())
    assert refused.value.returncode == 2
    assert not Repository.objects.exists()
    ada = django_user_model.objects.create_user("ada")
    call_command("connect", str(origin.path), "--admin=ada", "--no-scan", stdout=io.StringIO())
    assert list(Repository.objects.get().memberships.values_list("user", "role", "by")) == [(ada.pk, 4, None)]

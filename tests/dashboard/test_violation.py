from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from scanner.models import Commit, Repository, Standing, Violation
from tests.dashboard import world

CODE = "import os\n\n_app = None\n\n\ndef get_app():\n    global _app\n    return _app\n"


@pytest.fixture
def page(signed_in: Client):
    def fetch(fingerprint: str, status: int = 200) -> str:
        response = signed_in.get(reverse("violation", args=["app", fingerprint]))
        assert response.status_code == status
        return " ".join(response.text.split())

    return fetch


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_open_with_cost_gain_and_lifetime(page) -> None:
    world.repository([world.life(4)])
    text = page(Violation.objects.get().fingerprint)
    lost = 100 * 4 / 54 * 3 / 10
    assert f"{lost:.3f} points" in text
    assert f"+{lost:.3f}" in text
    score = Standing.objects.get(seq=10).score
    assert f"{score:.2f} → 100.00" in text
    assert "7 commits" in text
    assert 'class="open" x="300.0" width="700.0"' in text
    assert "still open" in text


def test_fixed_names_who_did_both(page) -> None:
    world.repository([world.life(3, 8)])
    text = page(Violation.objects.get().fingerprint)
    assert "Fixed by" in text
    assert "Brook" in text
    assert "Ada" in text
    assert "5 commits" in text
    assert 'class="was" x="200.0" width="500.0"' in text


def test_reopened_shows_both_lifetimes(page) -> None:
    world.repository([world.life(1, 4), world.life(6)])
    text = page(Violation.objects.first().fingerprint)
    assert "2 lifetimes" in text
    assert 'class="was" x="0.0" width="300.0"' in text
    assert 'class="open" x="500.0" width="500.0"' in text


def test_moved_is_one_story_under_both_names(page) -> None:
    world.repository([world.life(2, 5, path="app/old.py", moved=True), world.life(5, path="app/new.py")])
    old, new = Violation.objects.order_by("introduced")
    Violation.objects.filter(pk=new.pk).update(continues=old)
    assert "2 lifetimes" in page(new.fingerprint)
    assert "app/<b>old.py</b>" in page(new.fingerprint)
    assert reverse("violation", args=["app", new.fingerprint]) in page(old.fingerprint)


def test_an_unknown_fingerprint_is_not_found(page) -> None:
    world.repository()
    assert "has no violation" in page("ab" * 16, status=404)


def test_the_code_around_the_line_is_read_at_the_commit(page, tmp_path: Path, settings) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/core.py").write_text(CODE)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "app/core.py").write_text("# nothing of it is in the commit\n")
    world.repository([world.life(1, path="app/core.py", line=6, end_line=8)], commits=1)
    Repository.objects.update(path=str(tmp_path))
    Commit.objects.update(sha=git(tmp_path, "rev-parse", "HEAD"))
    text = page(Violation.objects.get().fingerprint)
    assert '<tr class="hit"><td>6</td><td>def get_app():</td></tr>' in text
    assert "<td>1</td><td>import os</td>" in text
    assert "nothing of it" not in text


@pytest.mark.parametrize(("path", "line"), [("app/none.py", 1), ("app/core.py", 99)])
def test_code_that_is_not_there_is_a_sentence(page, tmp_path: Path, path: str, line: int) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/core.py").write_text(CODE)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    world.repository([world.life(1, path=path, line=line, end_line=line)], commits=1)
    Repository.objects.update(path=str(tmp_path))
    Commit.objects.update(sha=git(tmp_path, "rev-parse", "HEAD"))
    text = page(Violation.objects.get().fingerprint)
    assert "is not in commit" in text or "has 8 lines at commit" in text


def test_a_repository_that_is_gone_leaves_the_page_standing(page) -> None:
    world.repository([world.life(1)])
    assert "The code cannot be read here now" in page(Violation.objects.get().fingerprint)


def test_same_symbol_elsewhere_and_related_places(page) -> None:
    related = [{"path": "app/other.py", "line": 9, "label": "the canonical definition"}]
    world.repository([world.life(1, related=related, canonical="app.other.get_app"), world.life(1, path="app/twin.py")])
    text = page(Violation.objects.get(path="app/core.py").fingerprint)
    assert "app/<b>twin.py:3</b>" in text
    assert "app/<b>other.py:9</b>" in text
    assert "app.other.get_app" in text


def test_what_an_unreadable_file_held_is_not_known_now(page, signed_in: Client) -> None:
    broken = {"rule": "unparsable-file", "symbol": "", "message": "There is no file here that a parser reads."}
    world.repository([world.life(4), world.life(6, path="app/other.py"), world.life(8, **broken)])
    told = "Its file cannot be read at the newest commit."
    assert told in page(Violation.objects.get(path="app/core.py", introduced=4).fingerprint)
    assert told not in page(Violation.objects.get(path="app/other.py").fingerprint)
    assert told not in page(Violation.objects.get(rule="unparsable-file").fingerprint)
    assert signed_in.get(reverse("violations", args=["app"])).text.count("not known now") == 1


def test_what_comes_into_sight_blames_nobody(page, signed_in: Client) -> None:
    broken = {"rule": "unparsable-file", "symbol": "", "message": "There is no file here that a parser reads."}
    found = [world.life(7), world.life(9, symbol="get_more"), world.life(7, path="app/other.py")]
    world.repository([*found, world.life(3, 7, **broken)])
    told = "could not be read before that commit"
    assert told in page(Violation.objects.get(symbol="get_app", path="app/core.py").fingerprint)
    assert told not in page(Violation.objects.get(symbol="get_more").fingerprint)
    assert told not in page(Violation.objects.get(path="app/other.py").fingerprint)
    sha = Commit.objects.get(seq=7).sha
    assert signed_in.get(reverse("commit", args=["app", sha])).text.count("came into sight") == 1

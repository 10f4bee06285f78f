"""The patch of one violation: worked out from git objects when asked for, shown, downloaded, or refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import patches
from scanner.engine.codec import encode
from scanner.engine.config import Config
from scanner.engine.config_file import parse
from scanner.engine.extract import extract
from scanner.engine.facts import EXTRACTOR_VERSION
from scanner.engine.git import Repository as Git
from scanner.engine.parser_process import Limits
from scanner.engine.replay import snapshot_at
from scanner.models import Blob, Commit, Epoch, Repository, Violation
from tests.dashboard import world
from tests.scanner.origin import Origin

CONFIG = """\
services = ["shop"]
roots = [""]
[[canonical]]
symbol = "Store"
module = "shop.store"
[[deprecated]]
module = "shop.old"
"""
SHOP = {
    "shop/__init__.py": "",
    "shop/store.py": "class Store:\n    def __init__(self, name): ...\n",
    "shop/legacy.py": "from shop.store import Store\ndef helper(): ...\n",
    "shop/old.py": "X = 1\n",
    "shop/a.py": "import os\nfrom shop.legacy import helper, Store  # noqa\n\nStore('<b>')\n",
    "shop/b.py": "from shop.legacy import Store\nStore()\n",
    "shop/c.py": "from shop.old import X\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Origin:
    """A repository as a scan leaves it: its open violations and the facts of its blobs."""
    origin = Origin(tmp_path / "shop.git")
    sha = origin.commit(SHOP)
    git = Git(origin.path)
    config: Config = parse(CONFIG.encode())
    facts = {blob: extract(source or b"") for blob, source in git.blobs(set(git.tree(sha).values()))}
    Blob.objects.bulk_create(
        Blob(sha=blob, extractor=EXTRACTOR_VERSION, outcome="ok", facts=encode(told)) for blob, told in facts.items()
    )
    found = snapshot_at(git, sha, config, lambda shas: [(blob, facts[blob]) for blob in shas]).violations.values()
    names = ("rule", "path", "line", "end_line", "message", "canonical", "fingerprint", "symbol", "severity", "scope")
    world.repository(
        [world.life(1, **{name: getattr(one, name) or "" for name in names}) for one in found], commits=1, slug="app"
    )
    Epoch.objects.update(config_toml=CONFIG)
    Repository.objects.update(path=str(origin.path))
    Commit.objects.update(sha=sha)
    return origin


def address(name: str, path: str) -> str:
    rules = ["non-canonical-import", "deprecated-import"]
    return reverse(name, args=["app", Violation.objects.get(path=path, rule__in=rules).fingerprint])


def test_the_page_asks_for_it_and_shows_a_way_without_a_script(signed_in: Client, shop: Origin) -> None:
    text = signed_in.get(address("violation", "shop/a.py")).text
    assert f'hx-get="{address("patch", "shop/a.py")}"' in text
    assert f'<a href="{address("patch", "shop/a.py")}">Work out the patch</a>' in text


def test_part_and_page_show_the_same_diff(signed_in: Client, shop: Origin) -> None:
    part = signed_in.get(address("patch", "shop/a.py"), headers={"HX-Request": "true"}).text
    page = signed_in.get(address("patch", "shop/a.py")).text
    assert "<html" not in part
    for text in (part, page):
        assert (
            '<tr class="del"><td>2</td><td class="g">−</td><td>from shop.legacy import helper, Store  # noqa</td>'
            in text
        )
        assert '<tr class="add"><td>3</td><td class="g">+</td><td>from shop.store import Store  # noqa</td>' in text
        assert "&lt;b&gt;" in text
        assert "What it does not repair" not in text


def test_the_download_is_what_git_apply_takes(signed_in: Client, shop: Origin, tmp_path: Path) -> None:
    response = signed_in.get(address("download-patch", "shop/a.py"))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Disposition"].endswith('.patch"')
    work = tmp_path / "work"
    shop.git("clone", "-q", str(shop.path), str(work))
    subprocess.run(["git", "-C", str(work), "apply", "-"], input=response.content, check=True)
    assert (work / "shop/a.py").read_text() == (
        "import os\nfrom shop.legacy import helper  # noqa\nfrom shop.store import Store  # noqa\n\nStore('<b>')\n"
    )


def test_what_it_does_not_repair_is_said(signed_in: Client, shop: Origin) -> None:
    text = signed_in.get(address("patch", "shop/b.py")).text
    assert "What it does not repair" in text
    assert "line 2: The call does not fit: Store needs &#x27;name&#x27;." in text


def test_a_refusal_is_a_sentence_and_no_download(signed_in: Client, shop: Origin) -> None:
    text = signed_in.get(address("patch", "shop/c.py")).text
    assert "<b>Refused:</b> the configuration names no replacement for shop.old." in text
    assert "Download" not in text
    response = signed_in.get(address("download-patch", "shop/c.py"))
    assert response.status_code == 404
    assert "names no replacement" in response.text


def test_too_slow_is_a_refusal(signed_in: Client, shop: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "LIMITS", Limits(wall_seconds=0.0))
    text = signed_in.get(address("patch", "shop/a.py")).text
    assert "the file cannot be rewritten here (timeout" in text


def test_a_repository_that_is_gone_leaves_the_page_standing(signed_in: Client, shop: Origin) -> None:
    Repository.objects.update(path="/nowhere")
    assert "The code cannot be read here now" in signed_in.get(address("patch", "shop/a.py")).text


def test_other_rules_and_fixed_ones_offer_none(signed_in: Client) -> None:
    world.repository([world.life(1), world.life(1, 3, rule="deprecated-import", path="app/b.py")])
    for violation in Violation.objects.all():
        assert 'id="patch"' not in signed_in.get(reverse("violation", args=["app", violation.fingerprint])).text
        text = signed_in.get(reverse("patch", args=["app", violation.fingerprint])).text
        assert "Refused:" in text


def test_an_unknown_violation_has_none(signed_in: Client) -> None:
    world.repository()
    for name in ("patch", "download-patch"):
        assert signed_in.get(reverse(name, args=["app", "ab" * 16])).status_code == 404


def test_facts_of_a_whole_tree_in_one_query(signed_in: Client, shop: Origin, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(12):
        assert signed_in.get(address("patch", "shop/a.py")).status_code == 200

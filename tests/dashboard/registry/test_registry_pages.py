"""The registry's pages: what they show, what they keep, and what they refuse."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import RegistrySurvey, RegistryVersion
from scanner.engine import config_file
from scanner.engine.config import Canonical, Deprecated
from scanner.models import Epoch, Repository, Scan
from tests.dashboard import world

ADDRESS = "/repositories/app/registry/"
CONFIG = """services = ["app"]

[[canonical]]
symbol = "App"
module = "app.core"
public = ["app"]
importance = 3

[[deprecated]]
module = "app.old"
use = "app.new"
"""
FOUND = {"symbol": "Cart", "module": "app.cart", "public": ["app.shop"], "importance": 2, "reason": "2 definitions"}


@pytest.fixture
def app(db) -> Repository:
    lives = [world.life(symbol="App", path=f"app/m{n}.py") for n in range(3)]
    made = world.repository([*lives, world.life(symbol="app.old")], config_toml=CONFIG)
    pinned = made.current_epoch.pinned | {"symbols": {"App": 36}}
    Epoch.objects.update(config_toml=CONFIG, pinned=pinned)
    RegistrySurvey.objects.create(repository=made, epoch=made.current_epoch, found=[FOUND], at=timezone.now())
    return Repository.objects.get(pk=made.pk)


@pytest.fixture
def form(signed_in: Client, app: Repository) -> dict[str, str]:
    """The rows of the page as a browser would send them back."""
    text = signed_in.get(ADDRESS).text
    tags = re.findall(r'<input[^>]*name="((?:symbols|modules)-[^"]*)"[^>]*>', text)
    values = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', text) for name in tags}
    sent = {name: value[1] if value else "" for name, value in values.items() if "DELETE" not in name}
    return sent | {"symbols-0-importance": "3", "symbols-1-importance": "1", "note": "why not"}


def drafted() -> config_file.Config:
    return config_file.parse(RegistryVersion.objects.get().config_toml)


def test_what_is_in_force_stands_with_its_findings(signed_in: Client, app: Repository) -> None:
    text = signed_in.get(ADDRESS).text
    assert "1 canonical symbol" in text
    assert 'value="app.core"' in text
    assert '<a href="/repositories/app/violations/?q=App">3</a>' in text
    assert "75.00" in text  # 100 · 36 / (36 + 3 · 4)
    assert '<a href="/repositories/app/violations/?q=app.old">1</a>' in text
    assert "2 definitions. Home:" in text


def test_rows_and_suggestions_make_a_draft_and_nothing_else(
    signed_in: Client, app: Repository, form: dict[str, str]
) -> None:
    form |= {"symbols-0-module": "app.better", "symbols-0-public": "app, app.face", "suggested": "Cart"}
    form |= {"modules-1-module": "app.older", "symbols-1-symbol": "New", "symbols-1-module": "app.new"}
    response = signed_in.post(ADDRESS + "draft/", form)
    version = RegistryVersion.objects.get()
    assert response["Location"] == f"{ADDRESS}{version.pk}/"
    assert (version.state, version.note, version.author.username) == ("draft", "why not", "lead")
    assert drafted().canonical == (
        Canonical("App", "app.better", ("app", "app.face"), 3),
        Canonical("New", "app.new"),
        Canonical("Cart", "app.cart", ("app.shop",), 2),
    )
    assert drafted().deprecated == (Deprecated("app.old", "app.new"), Deprecated("app.older"))
    app.refresh_from_db()
    assert app.config_toml == CONFIG
    assert not Scan.objects.active().exists()


def test_a_row_is_removed(signed_in: Client, app: Repository, form: dict[str, str]) -> None:
    signed_in.post(ADDRESS + "draft/", form | {"symbols-0-DELETE": "on", "symbols-0-module": "not a module"})
    assert (drafted().canonical, len(drafted().deprecated)) == ((), 1)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"symbols-0-module": "app/core"}, "This must be a dotted name such as package.module."),
        ({"symbols-0-public": "app, a/b"}, "This must be a dotted name such as package.module."),
        ({"symbols-0-symbol": ""}, "Name the class or function."),
        ({"symbols-1-symbol": "New"}, "Name the module that defines it."),
        ({"symbols-0-importance": "4"}, "Select a valid choice"),
        ({"modules-0-module": ""}, "Name the module."),
        ({"symbols-1-symbol": "App", "symbols-1-module": "app.x"}, "App is there twice"),
        ({"modules-1-module": "app.old"}, "app.old is there twice"),
    ],
)
def test_a_wrong_row_is_explained_and_what_was_typed_stays(
    signed_in: Client, app: Repository, form: dict[str, str], typed: dict[str, str], words: str
) -> None:
    response = signed_in.post(ADDRESS + "draft/", form | typed | {"suggested": "Cart", "note": "because of it"})
    assert response.status_code == 422
    assert "Nothing was kept." in response.text
    assert words in response.text
    assert 'value="because of it"' in response.text
    assert all(f'value="{value}"' in response.text for name, value in typed.items() if value and "imp" not in name)
    assert re.search(r'name="suggested" value="Cart"[^>]* checked', response.text)
    assert not RegistryVersion.objects.exists()


def test_a_form_without_its_rows_is_refused(signed_in: Client, app: Repository) -> None:
    assert signed_in.post(ADDRESS + "draft/", {}).status_code == 422
    assert not RegistryVersion.objects.exists()


def test_the_text_can_be_edited(signed_in: Client, app: Repository) -> None:
    assert "[[canonical]]" in signed_in.get(ADDRESS + "text/").text
    text = f"# why\r\n{CONFIG}"
    signed_in.post(ADDRESS + "draft/", {"config_toml": text, "note": ""})
    assert RegistryVersion.objects.get().config_toml == f"# why\n{CONFIG}"


def test_a_wrong_text_is_explained(signed_in: Client, app: Repository) -> None:
    response = signed_in.post(ADDRESS + "draft/", {"config_toml": "servces = []"})
    assert response.status_code == 422
    assert "unknown key &quot;servces&quot; at the top level" in response.text
    assert "servces = []</textarea>" in response.text


def test_nothing_changed_is_said(signed_in: Client, app: Repository) -> None:
    response = signed_in.post(ADDRESS + "draft/", {"config_toml": CONFIG}, follow=True)
    assert "Nothing was changed" in response.text
    assert not RegistryVersion.objects.exists()


def numbers(score: float | None, debt: float, open_: int, **by_rule: int) -> dict[str, object]:
    rules = {name.replace("_", "-"): count for name, count in by_rule.items()}
    return {
        "sha": world.sha(10, "app"),
        "score": score,
        "debt": debt,
        "open": open_,
        "by_rule": rules,
        "debt_by_rule": {},
        "symbols": {},
    }


@pytest.fixture
def draft(app: Repository, lead) -> RegistryVersion:
    effect = {
        "seq": 10,
        "before": numbers(90.0, 8.0, 5, global_getter=4, import_cycle=1) | {"debt_by_rule": {"global-getter": 4.0}},
        "after": numbers(88.5, 9.25, 7, global_getter=4, duplicate_definition=3)
        | {"symbols": {"App": 41.5}, "debt_by_rule": {"global-getter": 6.5}},
        "remeasured": 90.25,
    }
    text = CONFIG.replace("importance = 3", "importance = 5")
    return RegistryVersion.objects.create(
        repository=app, config_toml=text, author=lead, note="more weight", state="measured", effect=effect
    )


def test_the_effect_is_shown_before_saving(signed_in: Client, app: Repository, draft: RegistryVersion) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in.get(f"{ADDRESS}{draft.pk}/").text))
    assert "90.00 → 88.50 ▼ −1.50" in text
    assert "8 → 9.25 ▲ +1.25" in text
    assert "5 → 7 ▲ +2" in text
    assert "−1.75 by this configuration, +0.25 by measuring the size (D) anew" in text
    assert "global-getter 4 4 ±0 4 6.50 ▲ +2.50 duplicate-definition 0 3 ▲ +3 0 0 ±0 import-cycle 1 0 ▼ −1" in text
    assert "App 41.50" in text
    assert "− importance = 3 + importance = 5" in text
    assert "more weight" in text


@pytest.mark.parametrize("score", [None, 90.0])
def test_a_score_that_cannot_be_compared_has_no_difference(
    signed_in: Client, app: Repository, draft: RegistryVersion, score: float | None
) -> None:
    draft.effect["before"]["score"] = score
    draft.effect["remeasured"] = None
    draft.save()
    text = signed_in.get(f"{ADDRESS}{draft.pk}/").text
    assert "by measuring the size" not in text


def test_a_waiting_draft_asks_again_by_htmx_and_tells_those_without_it(
    signed_in: Client, app: Repository, draft: RegistryVersion
) -> None:
    RegistryVersion.objects.update(state="draft", effect=None)
    address = f"{ADDRESS}{draft.pk}/"
    page, part = signed_in.get(address), signed_in.get(address, headers={"HX-Request": "true"})
    for response in (page, part):
        assert f'hx-get="{address}" hx-trigger="every 2s"' in response.text
        assert "Load this page again" in response.text
        assert "Save without waiting" in response.text
    assert part.text.lstrip().startswith('<section class="sheet" id="effect"')
    RegistryVersion.objects.update(state="measured", effect=draft.effect)
    assert "hx-get" not in signed_in.get(address, headers={"HX-Request": "true"}).text


def test_a_draft_that_could_not_be_measured_says_why(
    signed_in: Client, app: Repository, draft: RegistryVersion
) -> None:
    RegistryVersion.objects.update(state="failed", effect=None, problem="There is no folder /srv/app.")
    assert "It could not be measured: There is no folder /srv/app." in signed_in.get(f"{ADDRESS}{draft.pk}/").text
    signed_in.post(f"{ADDRESS}{draft.pk}/measure/")
    draft.refresh_from_db()
    assert (draft.state, draft.problem) == ("draft", "")


def test_saving_puts_it_in_force(signed_in: Client, app: Repository, draft: RegistryVersion) -> None:
    response = signed_in.post(f"{ADDRESS}{draft.pk}/save/", follow=True)
    assert "Version 2 is saved. It takes effect with the scan that starts now." in response.text
    app.refresh_from_db()
    assert app.config_toml == draft.config_toml
    assert Scan.objects.active().get().reason == Scan.Reason.SETTINGS
    assert "As it was before the first change here." in response.text
    newest = RegistryVersion.objects.saved()[0]
    shown = signed_in.get(f"{ADDRESS}{newest.pk}/").text
    assert "What it was measured to do" in shown
    assert "Go back to this version" not in shown
    again = signed_in.post(f"{ADDRESS}{newest.pk}/save/", follow=True)
    assert "saved already" in again.text


def test_an_old_version_comes_back_as_a_draft(signed_in: Client, app: Repository, draft: RegistryVersion) -> None:
    signed_in.post(f"{ADDRESS}{draft.pk}/save/")
    first = RegistryVersion.objects.get(n=1)
    assert "Go back to this version" in signed_in.get(f"{ADDRESS}{first.pk}/").text
    signed_in.post(f"{ADDRESS}{first.pk}/restore/")
    back = RegistryVersion.objects.drafts().get()
    assert (back.config_toml, back.note) == (CONFIG, "Back to version 1.")


def test_a_draft_is_thrown_away_and_a_version_is_not(
    signed_in: Client, app: Repository, draft: RegistryVersion
) -> None:
    signed_in.post(f"{ADDRESS}{draft.pk}/save/")
    saved = RegistryVersion.objects.get(n=2)
    signed_in.post(f"{ADDRESS}{saved.pk}/restore/")
    for version in RegistryVersion.objects.all():
        signed_in.post(f"{ADDRESS}{version.pk}/discard/")
    assert set(RegistryVersion.objects.values_list("n", flat=True)) == {1, 2}


def test_the_repository_s_own_file_is_shown_and_given_to_copy(
    signed_in: Client, app: Repository, draft: RegistryVersion
) -> None:
    Epoch.objects.update(config_in_repository=True)
    assert "and it wins" in signed_in.get(ADDRESS).text
    assert "and it wins" in signed_in.get(ADDRESS + "text/").text
    page = signed_in.get(f"{ADDRESS}{draft.pk}/").text
    assert 'form="save"' not in page
    assert "commit the text below there" in page
    assert "data-copy" in page
    response = signed_in.post(f"{ADDRESS}{draft.pk}/save/", follow=True)
    assert "own truthline.toml wins" in response.text
    app.refresh_from_db()
    assert app.config_toml == CONFIG


def test_settings_and_registry_keep_versions_alike(signed_in: Client, app: Repository) -> None:
    text = CONFIG.replace("importance = 3", "importance = 1")
    signed_in.post("/repositories/app/settings/", {"name": "app", "interval_minutes": 60, "config_toml": text})
    newest = RegistryVersion.objects.saved()[0]
    assert (newest.n, newest.config_toml, newest.author.username) == (2, text, "lead")
    assert "It was not measured before it was saved." in signed_in.get(f"{ADDRESS}{newest.pk}/").text


def test_another_repository_s_version_is_not_found(signed_in: Client, draft: RegistryVersion) -> None:
    world.repository(slug="other")
    assert signed_in.get(f"/repositories/other/registry/{draft.pk}/").status_code == 404
    assert signed_in.post(f"/repositories/other/registry/{draft.pk}/save/").status_code == 404


def test_looking_for_symbols_is_asked_for(signed_in: Client, app: Repository) -> None:
    page = signed_in.post(ADDRESS + "survey/", follow=True).text
    part = signed_in.get(ADDRESS + "suggestions/", headers={"HX-Request": "true"}).text
    for text in (page, part):
        assert 'hx-get="/repositories/app/registry/suggestions/"' in text
    RegistrySurvey.objects.update(at=timezone.now(), found=[])
    part = signed_in.get(ADDRESS + "suggestions/", headers={"HX-Request": "true"}).text
    assert "hx-get" not in part
    assert "Nothing more" in part


def test_names_of_a_repository_are_escaped(signed_in: Client, app: Repository) -> None:
    bad = {"symbol": "<script>alert(1)</script>\u202e", "module": "<b>", "public": ["<i>"], "reason": "<u>"}
    RegistrySurvey.objects.update(found=[FOUND | bad])
    text = signed_in.get(ADDRESS).text
    assert not re.search("<script>alert|<b>,|<i>|<u>", text)
    assert "⟨U+202E⟩" in text


def test_the_schema_is_public(client: Client) -> None:
    response = client.get("/truthline.schema.json")
    assert response.status_code == 200
    assert response.json()["properties"]["canonical"]["items"]["required"] == ["symbol", "module"]


def test_what_is_saved_but_not_scanned_yet_is_what_a_change_starts_from(
    signed_in: Client, app: Repository, form: dict[str, str]
) -> None:
    Epoch.objects.update(config_digest=config_file.parse(CONFIG).digest)
    assert "not in force yet" not in signed_in.get(ADDRESS).text
    Repository.objects.update(config_toml=CONFIG.replace('"App"', '"Pending"'))
    page = signed_in.get(ADDRESS).text
    assert "not in force yet" in page
    assert 'value="Pending"' in page
    signed_in.post(ADDRESS + "draft/", form | {"symbols-0-symbol": "Pending", "symbols-0-importance": "5"})
    assert drafted().canonical == (Canonical("Pending", "app.core", ("app",), 5),)


@pytest.mark.parametrize("many", [2, 60])
def test_queries_are_few_whatever_there_is(signed_in: Client, app: Repository, lead, many: int) -> None:
    text = "".join(f'[[canonical]]\nsymbol = "S{n}"\nmodule = "app.m{n}"\n' for n in range(many))
    Repository.objects.update(config_toml=text)
    RegistrySurvey.objects.update(found=[FOUND | {"symbol": f"F{n}"} for n in range(many)])
    for n in range(1, many):
        RegistryVersion.objects.create(repository=app, n=n, author=lead, state="saved", config_toml=text)
    draft = RegistryVersion.objects.create(repository=app, author=lead, config_toml=CONFIG)
    for address in (ADDRESS, f"{ADDRESS}{draft.pk}/", ADDRESS + "text/"):
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(address).status_code == 200
        assert len(queries) <= 12, address

"""Every page as people meet it: readable by machines in light and dark, and no wider than a small phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard import invitations, memberships
from dashboard.models import Membership, RegistrySurvey, RegistryVersion, Role
from scanner.models import Repository, Scan
from tests.dashboard import world

pytestmark = pytest.mark.slow
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
LONG = "app/" + "a_rather_long_folder_name/" * 4 + "and_a_long_file_name_without_any_break.py"


@pytest.fixture
def addresses(transactional_db, lead) -> list[str]:
    related = [{"path": LONG, "line": 7, "label": "the canonical definition"}]
    lives = [
        world.life(1 + n % 9, path=f"app/m{n}.py", symbol=f"get_{n}", severity=severity, related=related)
        for n, severity in enumerate(["critical", "high", "medium", "low", "info"] * 12)
    ]
    lives += [
        world.life(3, path=LONG, symbol="get_long", message="get_" + "long_" * 30 + "name() hands it out"),
        world.life(2, 6, symbol="get_fixed", fingerprint="cd" * 16),
        world.life(4, fingerprint="ab" * 16, canonical="app.somewhere.else.get_app"),
    ]
    found = world.repository(lives, authors=["Ada", "Somebody-With-A-Very-Long-Name-And-No-Space"])
    running = Repository.objects.create(slug="new", name="new", path="/srv/new", ref="refs/heads/main")
    Scan.objects.create(repository=running, state=Scan.State.EXTRACTING, blobs_total=1930, blobs_done=412)
    failed = Scan.objects.create(
        repository=found, state=Scan.State.FAILED, error="The branch is gone.", log="2025-09-01 12:00:00 " + "x" * 300
    )
    done = Scan.objects.get(repository=found, state=Scan.State.DONE)
    slug = found.slug
    plan = world.plan(found, predicates={"No getter is left": {"kind": "count", "op": "==", "n": 0}})
    for one in plan.criteria.boxes():
        one.ticks.create(user_id=lead.pk, note="seen " + "and_seen_again_" * 8)
    member = User.objects.create_user("somebody.with.a.long.name@example.org", email="a" * 60 + "@example.org")
    memberships.add(found, member, Role.LEAD, by=lead)
    link = invitations.invite(found, "b" * 60 + "@example.org", Role.LEAD, by=lead)
    return [
        reverse("overview"),
        reverse("overview") + "?archived",
        reverse("connect"),
        reverse("repository", args=[slug]),
        reverse("repository", args=["new"]),
        reverse("violations", args=[slug]),
        reverse("violations", args=[slug]) + "?severity=terrible&q=nothing",
        reverse("violation", args=[slug, "ab" * 16]),
        reverse("violation", args=[slug, "cd" * 16]),
        reverse("plans", args=[slug]),
        reverse("plans-found", args=[slug]),
        reverse("plan", args=[slug, plan.slug]),
        reverse("plan-criteria", args=[slug, plan.slug]),
        reverse("reimport-plan", args=[slug, plan.slug]),
        reverse("criterion", args=[slug, plan.criteria.boxes().earliest("ordinal").pk]),
        reverse("commits", args=[slug]),
        reverse("commit", args=[slug, world.sha(3, slug)]),
        reverse("scans", args=[slug]),
        reverse("scan", args=[slug, done.pk]),
        reverse("scan", args=[slug, failed.pk]),
        reverse("scan", args=["new", Scan.objects.get(repository=running).pk]),
        reverse("settings", args=[slug]),
        reverse("setup", args=[slug]),
        reverse("setup", args=["new"]),
        reverse("registry", args=[slug]),
        reverse("registry-text", args=[slug]),
        *(reverse("registry-version", args=[slug, version.pk]) for version in registry_versions(found, lead)),
        reverse("members", args=[slug]),
        reverse("invitation", args=[link.token]),
        reverse("people"),
        reverse("account"),
        reverse("password-change"),
        reverse("password-forgotten"),
        reverse("rules"),
        reverse("rule", args=["global-getter"]),
        reverse("search") + "?q=get",
        "/no/such/page/",
    ]


def registry_versions(found: Repository, lead) -> list[RegistryVersion]:
    """A registry with long names, suggestions and an error of every kind; return a draft and a saved version."""
    long = "a_rather_long_package_name." * 4 + "module"
    text = f'[[canonical]]\nsymbol = "get_long"\nmodule = "{long}"\npublic = ["{long}_face"]\n'
    Repository.objects.filter(pk=found.pk).update(config_toml=text)
    row = {"symbol": "ALongSymbolNameWithoutAnyBreak" * 2, "module": long, "public": [long], "importance": 5}
    RegistrySurvey.objects.create(repository=found, found=[row | {"reason": "2 definitions"}], at=timezone.now())
    numbers = {"sha": world.sha(9, found.slug), "score": 90.0, "debt": 8.25, "open": 5, "symbols": {"get_long": 75.0}}
    numbers |= {"debt_by_rule": {"global-getter": 8.25}}
    effect = {"seq": 9, "before": numbers | {"by_rule": {"global-getter": 5}}, "remeasured": 90.5}
    effect["after"] = numbers | {"score": 88.0, "by_rule": {"duplicate-definition": 7}}
    made = RegistryVersion.objects.create
    return [
        made(repository=found, config_toml=text, author=lead, state="measured", effect=effect, note="because " * 30),
        made(repository=found, config_toml=text + "#" * 400, author=lead, state="saved", n=1),
    ]


def complaints(page: Page) -> list[str]:
    """What axe finds serious or critical, with where it is."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']][:3])}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_nothing_serious_to_say(open_page: Callable[..., Page], addresses: list[str], theme: str) -> None:
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    found = {}
    for address in addresses:
        page.goto(address)
        if page.locator(".trend").count():
            page.locator(".trend[data-ready]").wait_for()
        if serious := complaints(page):
            found[address] = serious
    assert not found


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 2560])
def test_nothing_scrolls_sideways(open_page: Callable[..., Page], addresses: list[str], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 844})
    too_wide = {}
    for address in addresses:
        page.goto(address)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            too_wide[address] = over
    assert not too_wide


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_strangers_and_readers_see_has_nothing_serious(
    open_page: Callable[..., Page], addresses: list[str], theme: str
) -> None:
    """The pages without a session, and those whose forms are locked, on a phone."""
    page = open_page(color_scheme=theme, viewport={"width": 360, "height": 800})
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    found = {}

    def look(address: str) -> None:
        page.goto(address)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if serious := complaints(page) + ([f"{over} px too wide"] if over else []):
            found[address] = serious

    link = next(address for address in addresses if "/invitations/" in address)
    for address in (reverse("login"), reverse("password-forgotten"), reverse("password-set", args=["MQ", "x"]), link):
        look(address)
    page.goto(link)
    page.get_by_label("Username").fill("reader")
    page.get_by_label("Password", exact=True).fill("a fine long password")
    page.get_by_label("Password confirmation").fill("a fine long password")
    page.get_by_role("button", name="Make an account and join").click()
    page.get_by_role("button", name="Sign out").wait_for()
    Membership.objects.filter(user__username="reader").update(role=Role.VIEWER)
    for address in addresses:
        look(address)
    assert not found

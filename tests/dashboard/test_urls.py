"""Every address × who asks × how: a new address fails here until it stands in the table."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashboard.models import Criterion
from scanner.models import Scan
from tests.dashboard import world

OPEN = {"login", "healthz", "theme", "favicon"}  # to strangers
LIFE = {"fingerprint": "ab" * 16}

# name → (arguments, status of GET when signed in, status of POST when signed in)
PAGES = {
    "overview": ([], 200, 405),
    "connect": ([], 200, 422),
    "repository": (["app"], 200, 405),
    "trend": (["app"], 200, 405),
    "violations": (["app"], 200, 405),
    "violation": (["app", LIFE["fingerprint"]], 200, 405),
    "plans": (["app"], 200, 405),
    "plans-found": (["app"], 200, 405),
    "read-plan": (["app"], 405, 422),
    "confirm-plan": (["app"], 405, 302),
    "plan": (["app", "one-app"], 200, 405),
    "plan-criteria": (["app", "one-app"], 200, 405),
    "reimport-plan": (["app", "one-app"], 200, 422),
    "confirm-reimport": (["app", "one-app"], 405, 302),
    "export-plan": (["app", "one-app"], 200, 405),
    "archive-plan": (["app", "one-app"], 405, 302),
    "criterion": (["app", 1], 200, 405),
    "criterion-row": (["app", 1], 302, 405),
    "tick": (["app", 1], 405, 302),
    "undo-tick": (["app", 1], 405, 302),
    "override": (["app", 1], 405, 422),
    "end-override": (["app", 1], 405, 302),
    "bind": (["app", 1], 405, 302),
    "commits": (["app"], 200, 405),
    "commit": (["app", world.sha(3, "app")], 200, 405),
    "scans": (["app"], 200, 405),
    "start-scan": (["app"], 405, 302),
    "scan": (["app", 1], 200, 405),
    "cancel-scan": (["app", 1], 405, 302),
    "settings": (["app"], 200, 422),
    "archive": (["app"], 405, 302),
    "rules": ([], 200, 405),
    "rule": (["global-getter"], 200, 405),
    "search": ([], 200, 405),
    "theme": ([], 405, 400),
    "login": ([], 302, 302),
    "logout": ([], 405, 302),
    "favicon": ([], 302, 405),
}
FORMS = {"start-scan", "cancel-scan", "archive", "settings", "connect", "theme", "logout"}
PLAN_FORMS = {"read-plan", "confirm-plan", "archive-plan", "reimport-plan", "confirm-reimport"}
SAYINGS = {"tick", "undo-tick", "override", "end-override", "bind"}
OF_A_CRITERION = {"criterion", "criterion-row"} | SAYINGS
ELSEWHERE = {"healthz"}  # tests/boot


@pytest.fixture
def app(db) -> None:
    world.plan(world.repository([world.life(**LIFE)]))


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        found |= names(pattern.url_patterns) if isinstance(pattern, URLResolver) else {str(pattern.name)}
    return found


def address(name: str) -> str:
    arguments = PAGES[name][0]
    if name in {"scan", "cancel-scan"}:
        arguments = ["app", Scan.objects.get().pk]
    if name in OF_A_CRITERION:
        arguments = ["app", Criterion.objects.boxes().earliest("ordinal").pk]
    return reverse(name, args=arguments)


def test_every_address_is_in_the_table() -> None:
    assert names(get_resolver().url_patterns) == PAGES.keys() | ELSEWHERE


@pytest.mark.parametrize("name", PAGES)
def test_signed_in(signed_in: Client, app: None, name: str) -> None:
    _, get, post = PAGES[name]
    assert signed_in.get(address(name)).status_code == get
    assert signed_in.post(address(name)).status_code == post


@pytest.mark.parametrize("name", sorted(PAGES.keys() - OPEN))
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_strangers_are_sent_to_the_login(client: Client, app: None, name: str, method: str) -> None:
    response = getattr(client, method)(address(name))
    if name == "logout":
        assert response.status_code in {302, 405}
        return
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", [name for name, (arguments, *_) in PAGES.items() if arguments[:1] == ["app"]])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_repository_is_not_found(signed_in: Client, app: None, name: str, method: str) -> None:
    response = getattr(signed_in, method)(address(name).replace("/app/", "/nobody/"))
    assert response.status_code in {404, 405}


def test_head_is_answered_like_get(signed_in: Client, app: None) -> None:
    assert signed_in.head(reverse("overview")).status_code == 200


@pytest.mark.parametrize("name", sorted(FORMS | PLAN_FORMS | SAYINGS))
def test_forms_need_their_token(lead, app: None, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(lead)
    response = strict.post(address(name))
    assert response.status_code == 403
    assert "The form has expired" in response.text


def test_a_missing_page_says_so_in_our_words(signed_in: Client) -> None:
    response = signed_in.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert "tried" not in response.text

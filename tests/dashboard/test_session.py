from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.themes import COOKIE
from tests.dashboard.conftest import PASSWORD


def test_login_leads_back_to_what_was_asked_for(client: Client, lead) -> None:
    asked = client.get(reverse("rules"))
    response = client.post(asked["Location"], {"username": "lead", "password": PASSWORD, "next": reverse("rules")})
    assert response["Location"] == reverse("rules")
    assert client.get(reverse("rules")).status_code == 200


def test_login_never_leads_to_another_host(client: Client, lead) -> None:
    address = reverse("login") + "?next=https://evil.example/"
    response = client.post(address, {"username": "lead", "password": PASSWORD, "next": "https://evil.example/"})
    assert response["Location"] == "/"


def test_a_wrong_password_is_said_without_naming_which_was_wrong(client: Client, lead) -> None:
    wrong = client.post(reverse("login"), {"username": "lead", "password": "no"})
    unknown = client.post(reverse("login"), {"username": "nobody", "password": "no"})
    for response in (wrong, unknown):
        assert "Please enter a correct username and password" in response.text


def test_logout_by_post(signed_in: Client) -> None:
    signed_in.post(reverse("logout"))
    assert signed_in.get(reverse("overview")).status_code == 302


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_remembered(client: Client, theme: str) -> None:
    response = client.post(reverse("theme"), {"theme": theme, "next": "/login/"})
    assert response["Location"] == "/login/"
    assert response.cookies[COOKIE]["samesite"] == "Lax"
    assert f'data-theme="{theme}"' in client.get("/login/").text
    client.post(reverse("theme"), {"theme": "auto"})
    assert "data-theme" not in client.get("/login/").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_theme_never_leads_elsewhere(client: Client, back: str) -> None:
    assert client.post(reverse("theme"), {"theme": "dark", "next": back})["Location"] == "/"


def test_a_theme_cookie_of_nonsense_is_ignored(client: Client) -> None:
    client.cookies[COOKIE] = '"><script>'
    text = client.get("/login/").text
    assert "data-theme" not in text
    assert '"><script>' not in text


def test_the_policy_is_on_every_answer(client: Client) -> None:
    for address in ("/login/", "/nope/", "/"):
        policy = client.get(address)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from dashboard import accounts, memberships
from dashboard.models import AuditEvent, Membership, Role
from scanner import connections, preparation
from scanner.models import Repository, Scan
from tests.git_server import git_server


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


def test_connecting_leads_to_the_repository_and_its_first_scan(signed_in: Client, shop: Path) -> None:
    response = signed_in.post(reverse("connect"), {"source": str(shop), "ref": ""}, follow=True)
    found = Repository.objects.get()
    assert response.redirect_chain[-1][0] == reverse("setup", args=[found.slug])
    assert "shop is connected. Its first scan starts now." in response.text
    assert "A worker reads the newest commit" in response.text
    assert "Waiting for a worker" in signed_in.get(reverse("repository", args=[found.slug])).text
    assert Scan.objects.get().reason == Scan.Reason.CONNECTED


@pytest.mark.parametrize(
    ("source", "ref"),
    [
        ("/no/such/folder", ""),
        ("http://example.org/x.git", ""),
        ("--upload-pack=touch /x", ""),
        ("https://user:secret@example.org/x.git", ""),
        ("https://127.0.0.1/x.git", ""),
        ("<script>alert(1)</script>", "<b>"),
    ],
)
def test_what_cannot_be_connected_is_said_on_the_form(signed_in: Client, source: str, ref: str) -> None:
    response = signed_in.post(reverse("connect"), {"source": source, "ref": ref})
    assert response.status_code == 422
    assert response.text.count('class="errorlist"') == 1
    assert f'value="{escape(source)}"' in response.text
    assert "<script>alert" not in response.text
    assert not Repository.objects.exists()
    assert not Scan.objects.exists()


def test_a_ref_that_does_not_exist(signed_in: Client, shop: Path) -> None:
    response = signed_in.post(reverse("connect"), {"source": str(shop), "ref": "nope"})
    assert response.status_code == 422
    assert "nope" in response.text.split('class="errorlist"')[1].split("</ul>")[0]
    assert not Repository.objects.exists()


def test_nothing_typed(signed_in: Client) -> None:
    response = signed_in.post(reverse("connect"), {})
    assert "Say where the repository is" in response.text


def test_twice_is_refused(signed_in: Client, shop: Path) -> None:
    signed_in.post(reverse("connect"), {"source": str(shop)})
    response = signed_in.post(reverse("connect"), {"source": str(shop)})
    assert "is connected already" in response.text
    assert Repository.objects.count() == 1


@pytest.fixture
def allowed(db, client: Client) -> Client:
    """Whom an operator let connect repositories."""
    person = User.objects.create_user("brook")
    accounts.let_connect(person, person, wanted=True)
    client.force_login(person)
    return client


def test_whoever_connects_is_its_admin(signed_in: Client, lead: User, shop: Path) -> None:
    signed_in.post(reverse("connect"), {"source": str(shop)})
    member = Membership.objects.get()
    assert (member.user, member.role, member.by) == (lead, Role.ADMIN, lead)
    assert [str(event) for event in AuditEvent.objects.order_by("pk")] == ["lead connected shop", "lead added lead"]


@pytest.mark.parametrize("spelled", ["{}", "file://{}", "  {}", "FILE://{}"])
def test_folders_are_for_operators_alone(allowed: Client, shop: Path, spelled: str) -> None:
    """Not even whether there is such a folder is said."""
    answers = [
        allowed.post(reverse("connect"), {"source": spelled.format(path)}).text for path in (shop, shop / "nowhere")
    ]
    for text in answers:
        assert "Folders of this machine are connected by operators of this instance alone." in text
    assert not Repository.objects.exists()


@pytest.fixture
def served(settings, shop: Path, tmp_path: Path) -> Iterator[str]:
    """The https address of the shop."""
    (tmp_path / "authority").mkdir()
    with git_server(tmp_path, tmp_path / "authority") as server:
        settings.TRUTHLINE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
        settings.TRUTHLINE_GIT_CA = server.ca_file
        yield server.url(shop.name)


def test_what_others_have_connected_is_not_told(allowed: Client, served: str, django_user_model) -> None:
    theirs = connections.connect(served, name="Their secret name", scan=False)
    text = allowed.post(reverse("connect"), {"source": served}).text
    assert "You cannot connect this. An operator of this instance can tell you more." in text
    assert "already" not in text
    assert "secret" not in text
    assert theirs.slug not in text
    memberships.add(theirs, User.objects.get(username="brook"), Role.VIEWER, by=None)
    text = allowed.post(reverse("connect"), {"source": served}).text
    assert "is connected already. It is Their secret name." in text


def test_by_https_whoever_an_operator_lets(allowed: Client, served: str) -> None:
    response = allowed.post(reverse("connect"), {"source": served}, follow=True)
    assert "is connected. Its first scan starts now." in response.text
    assert Membership.objects.get().user.get_username() == "brook"


@pytest.mark.django_db(transaction=True)
def test_a_server_that_fails_is_told_in_a_sentence(allowed: Client, served: str) -> None:
    """By the form, where nothing is saved, and by the scan of a repository that was connected before."""
    failing = served.rsplit("/", 1)[0] + "/status/503/shop.git"
    sentence = "localhost has an error of its own (HTTP 503): try again later."
    text = allowed.post(reverse("connect"), {"source": failing}).text
    assert sentence in text
    assert f'value="{failing}"' in text
    assert not Repository.objects.exists()
    shop = connections.connect(served, name="Shop")
    Repository.objects.update(url=failing)
    scan = Scan.objects.get()
    assert preparation.prepare(scan.pk) == []
    memberships.add(shop, User.objects.get(username="brook"), Role.VIEWER, by=None)
    page = allowed.get(reverse("scan", args=[shop.slug, scan.pk])).text
    assert f"{sentence} If it stays, those who run localhost can tell why. What was read before is kept" in page

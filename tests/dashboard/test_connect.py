from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from scanner.models import Repository, Scan


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
    assert response.redirect_chain[-1][0] == reverse("repository", args=[found.slug])
    assert "shop is connected. Its first scan starts now." in response.text
    assert "Waiting for a worker" in response.text
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

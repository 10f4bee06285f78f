from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from scanner.engine import documentation, rule
from tests.dashboard import world


@pytest.mark.parametrize("name", rule.all_rules())
def test_every_rule_documents_itself_in_all_parts(name: str) -> None:
    page = documentation.of(name)
    assert page is not None
    assert [part.title for part in page.parts if part.title] == list(documentation.TITLES)
    assert all(part.blocks for part in page.parts)
    assert page.why
    assert page.summary.endswith(".")
    for part in page.parts:
        for block in part.blocks:
            assert block.code == (part.title in documentation.CODE)
            assert bool(block.rows) != bool(block.text)
            assert "---" not in block.text


def test_the_list_counts_every_repository(signed_in: Client) -> None:
    world.repository([world.life(1), world.life(1, 5, symbol="get_gone")], slug="one")
    world.repository([world.life(1), world.life(2, symbol="get_b")], slug="two")
    text = " ".join(signed_in.get(reverse("rules")).text.split())
    row = text[text.index(reverse("rule", args=["global-getter"])) :]
    assert 'data-l="Open everywhere">3</td>' in row[:700]
    assert 'data-l="In">2 repositories</td>' in row[:700]
    assert "weight 3 of 10 in the score" in text


def test_a_rule_shows_its_documentation_and_where_it_is_open(signed_in: Client) -> None:
    world.repository([world.life(1)], slug="one")
    text = signed_in.get(reverse("rule", args=["global-getter"])).text
    for title in documentation.TITLES:
        assert f"<h2>{title}</h2>" in text
    assert reverse("violations", args=["one"]) + "?rule=global-getter" in text


def test_an_unknown_rule_is_not_found(signed_in: Client) -> None:
    assert signed_in.get(reverse("rule", args=["no-such-rule"])).status_code == 404

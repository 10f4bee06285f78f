"""An edited plan read in again: the difference is shown first, and what people said stays where it was said."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import plans
from dashboard.models import Plan
from dashboard.plan_markdown import parse
from tests.dashboard import world
from tests.dashboard.plans.conftest import PLAN, origin, scan, shop

__all__ = ["origin", "scan", "shop"]


@pytest.fixture
def plan(signed_in: Client) -> Plan:
    made = world.plan(world.repository([world.life(2)]))
    for one in made.criteria.boxes():
        one.ticks.create(user_id=signed_in.session["_auth_user_id"])
    return made


EDITED = (
    world.PLAN.replace("Everybody agrees", "Everybody agrees!! Truly")
    .replace("No getter is left", "Nothing at all like before")
    .replace("Compliance score improves", "Compliance score improves a bit")
)


def read(client: Client, plan: Plan, **data: object):
    return client.post(reverse("reimport-plan", args=[plan.repository.slug, plan.slug]), data)


def sealed(text: str) -> str:
    return html.unescape(re.search(r'name="document" value="([^"]*)"', text)[1])


def test_shown_then_made_so(signed_in: Client, plan: Plan) -> None:
    shown = read(signed_in, plan, text=EDITED)
    diff = shown.context["diff"]
    assert (len(diff.changed), len(diff.added), len(diff.removed)) == (1, 2, 2)
    assert "Nothing at all like before" in shown.text
    assert plan.criteria.current().boxes().count() == 3
    assert not plan.criteria.filter(text__contains="a bit").exists()
    signed_in.post(reverse("confirm-reimport", args=["app", plan.slug]), {"document": sealed(shown.text)})
    kept = plan.criteria.current().get(text="Compliance score improves a bit")
    assert kept.ticks.count() == 1
    assert not plan.criteria.current().get(text="Nothing at all like before").ticks.exists()


def test_a_person_says_it_is_another_one(signed_in: Client, plan: Plan) -> None:
    shown = read(signed_in, plan, text=EDITED)
    other = shown.context["diff"].changed[0].criterion.pk
    sent = {"document": sealed(shown.text), "other": [other, "x"]}
    signed_in.post(reverse("confirm-reimport", args=["app", plan.slug]), sent)
    assert not plan.criteria.current().get(text="Compliance score improves a bit").ticks.exists()


def test_bad_input_stays_on_the_form(signed_in: Client, plan: Plan) -> None:
    response = read(signed_in, plan, text=" ")
    assert response.status_code == 422
    assert "Choose a file or paste the text" in response.text
    refused = signed_in.post(reverse("confirm-reimport", args=["app", plan.slug]), {"document": "x"}, follow=True)
    assert "read the plan in again" in refused.text


def test_a_changed_file_is_offered(signed_in: Client, shop, origin, scan) -> None:
    plan = plans.save(shop, parse(PLAN.encode()), user=None)
    address = reverse("plan", args=[shop.slug, plan.slug])
    assert "has changed since the import" not in signed_in.get(address).text
    origin.commit({"docs/plan.md": PLAN.replace("Order module removed", "Order modules removed")}, "Edit the plan")
    scan(shop)
    assert "has changed since the import" in signed_in.get(address).text
    shown = read(signed_in, plan, path="docs/plan.md")
    assert [match.draft.text for match in shown.context["diff"].changed] == ["Order modules removed"]
    signed_in.post(reverse("confirm-reimport", args=[shop.slug, plan.slug]), {"document": sealed(shown.text)})
    assert "has changed since the import" not in signed_in.get(address).text

"""A document on its way into a repository: read, shown, changed, confirmed; bad input is answered on the form."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dashboard import evaluation, plan_choices, plan_sources
from dashboard.models import Plan
from dashboard.plan_markdown import PlanError
from tests.dashboard import world
from tests.dashboard.plans.conftest import PLAN, origin, scan, shop

__all__ = ["origin", "scan", "shop"]


def read(client: Client, slug: str = "app", **data: object):
    return client.post(reverse("read-plan", args=[slug]), data)


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("plan.md", content)


def fields(text: str) -> dict[str, str]:
    """What the form of the preview would send."""
    found = re.findall(r'name="(document|p-\w+)" value="([^"]*)"', text)
    return {name: html.unescape(value) for name, value in found}


@pytest.fixture
def app(db) -> None:
    world.repository([world.life(2)])


@pytest.mark.parametrize("source", ["file", "text"])
def test_the_preview_shows_and_saves_nothing(signed_in: Client, app: None, source: str) -> None:
    response = read(signed_in, **{source: upload(world.PLAN.encode()) if source == "file" else world.PLAN})
    assert response.status_code == 200
    for words in ("1 phase", "3 criteria", "One getter", "No getter is left", "P0", "1 stop condition"):
        assert words in response.text
    assert not Plan.objects.exists()


def test_confirmed_as_it_was_left(signed_in: Client, app: None) -> None:
    sent = fields(read(signed_in, text=world.PLAN).text)
    name = next(name for name in sent if name.startswith("p-"))
    other = next(name for name, value in sent.items() if value == "score > start")
    response = signed_in.post(
        reverse("confirm-plan", args=["app"]), sent | {name: "count(rule=global-getter) == 0", other: "manual"}
    )
    plan = Plan.objects.get()
    assert response["Location"] == reverse("plan", args=["app", plan.slug])
    assert plan.markdown == world.PLAN
    bound = plan.criteria.exclude(predicate=None).get()
    assert bound.predicate == {"kind": "count", "rule": "global-getter", "op": "==", "n": 0}
    assert bound.predicate_confirmed_by.get_username() == "lead"
    assert not bound.evaluations.exists()
    evaluation.evaluate(plan)
    assert bound.evaluations.count() == 2
    assert not plan.criteria.filter(predicate_confirmed_at=None).exclude(kind="stop").exists()


def test_a_wrong_predicate_is_told_and_the_rest_stays(signed_in: Client, app: None) -> None:
    sent = fields(read(signed_in, text=world.PLAN).text)
    first, second = [name for name in sent if name.startswith("p-")][:2]
    typed = {first: "count(", second: "path_absent(app/mine.py)"}
    response = signed_in.post(reverse("confirm-plan", args=["app"]), sent | typed)
    assert response.status_code == 422
    assert "1 predicate cannot be read" in response.text
    assert 'aria-invalid="true"' in response.text
    assert fields(response.text) == sent | typed | {"document": fields(response.text)["document"]}
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\1\2", "The file is binary"),
        (b" \n", "The file is empty"),
        (b"", "The file is empty"),
        (b"\xff\xfe\xfa", "binary|not UTF"),
        (b"x" * (1024 * 1024 + 1), "The file has 1,048,577 bytes"),
    ],
)
def test_no_plan_is_answered_on_the_form(signed_in: Client, app: None, content: bytes, words: str) -> None:
    response = read(signed_in, file=upload(content), text="what I typed before")
    assert response.status_code == 422
    assert re.search(words, response.text)
    assert "what I typed before" in response.text
    assert 'role="alert"' in response.text


def test_nothing_given(signed_in: Client, app: None) -> None:
    assert "Choose a file or paste the text" in read(signed_in).text


def test_a_document_without_headings_is_shown_as_such(signed_in: Client, app: None) -> None:
    response = read(signed_in, text="Only words.")
    assert response.status_code == 200
    assert "no heading or bold line names a phase" in response.text
    assert "there is nothing to follow" in response.text
    response = signed_in.post(reverse("confirm-plan", args=["app"]), fields(response.text))
    assert signed_in.get(response["Location"]).status_code == 200


def test_a_repaired_document_says_so(signed_in: Client, app: None) -> None:
    text = world.PLAN.replace("One app", "One app ✅ done")
    misread = text.encode().decode("mac_roman")
    response = read(signed_in, file=upload(misread.encode()))
    assert "Repaired." in response.text
    assert "One app ✅ done" in response.text
    signed_in.post(reverse("confirm-plan", args=["app"]), fields(response.text))
    assert Plan.objects.get().repaired == "mac_roman"


def test_more_criteria_than_a_form_holds(signed_in: Client, app: None) -> None:
    boxes = "".join(f"- [ ] Number {n} holds\n" for n in range(plan_choices.MOST + 100))
    text = read(signed_in, text=f"# Many\n\n## Phase 1: All\n{boxes}").text
    assert len([name for name in fields(text) if name.startswith("p-")]) == plan_choices.MOST
    assert "100 further criteria" in text
    signed_in.post(reverse("confirm-plan", args=["app"]), fields(text))
    assert Plan.objects.get().criteria.count() == plan_choices.MOST + 100


@pytest.mark.parametrize("document", ["", "nonsense", "a:b:c"])
def test_a_preview_of_somebody_else_is_refused(signed_in: Client, app: None, document: str) -> None:
    response = signed_in.post(reverse("confirm-plan", args=["app"]), {"document": document}, follow=True)
    assert "read the plan in again" in response.text
    assert not Plan.objects.exists()


def test_found_in_the_repository_and_followed(signed_in: Client, shop) -> None:
    found = signed_in.get(reverse("plans-found", args=[shop.slug]))
    assert [(one.path, one.boxes, one.phases) for one, _ in found.context["candidates"]] == [("docs/plan.md", 7, 2)]
    assert not signed_in.get(reverse("plans-found", args=[shop.slug]), {"path": "nowhere"}).context["candidates"]
    preview = read(signed_in, shop.slug, path="docs/plan.md")
    assert "docs/plan.md" in preview.text
    signed_in.post(reverse("confirm-plan", args=[shop.slug]), fields(preview.text))
    plan = Plan.objects.get()
    evaluation.evaluate(plan)
    assert plan.source_path == "docs/plan.md"
    assert plan.start_seq == 2
    assert plan.markdown == PLAN
    again = signed_in.get(reverse("plans-found", args=[shop.slug]))
    assert reverse("plan", args=[shop.slug, plan.slug]) in again.text


@pytest.mark.parametrize("path", ["docs/none.md", "../../etc/passwd", "-x", "shop"])
def test_a_path_that_is_no_document(signed_in: Client, shop, path: str) -> None:
    with pytest.raises(PlanError, match="There is no"):
        plan_sources.read(shop, path)
    assert read(signed_in, shop.slug, path=path).status_code == 422


def test_a_repository_that_cannot_be_read_says_why(signed_in: Client, app: None) -> None:
    found = signed_in.get(reverse("plans-found", args=["app"]))
    assert found.status_code == 200
    assert found.context["found"].problem


HOSTILE = "\n".join(
    [
        "# <script>alert(1)</script>",
        "## Phase 1: <img src=x onerror=alert(2)>",
        '- [ ] <svg onload=alert(3)> [a](javascript:alert(4)) "><b>',
        "### Step 1A: {{ 7|add:1 }} <iframe>",
        "**Target**: `<script>/x.py:1`",
        "```bash",
        "rm '<script>alert(5)</script>'",
        "```",
        "## Emergency stop conditions",
        "- <object data=x>",
    ]
)


@pytest.mark.parametrize("door", ["text", "file"])
def test_markup_is_shown_and_never_rendered(signed_in: Client, app: None, door: str) -> None:
    response = read(signed_in, **({"text": HOSTILE} if door == "text" else {"file": upload(HOSTILE.encode())}))
    assert response.status_code == 200
    signed_in.post(reverse("confirm-plan", args=["app"]), fields(response.text))
    saved = signed_in.get(reverse("plan", args=["app", Plan.objects.get().slug]))
    for page in (response.text, saved.text):
        assert "&lt;svg onload=alert(3)&gt;" in page
        for tag in ("<script>alert", "<img src=x", "<svg onload", "<iframe", "<object data", 'href="javascript:'):
            assert tag not in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# P\0\n- [ ] a", "Null characters are not allowed"),
        ("# P\n" + "> " * 50_000, "there is nothing to follow"),
        ("# P\n- [ ] " + "x" * 1_000_000, "1 criteri"),
        ("# P\n" + "A_" * 400_000, "there is nothing to follow"),
        ("- [ ] a\n" * 10_000, "further criteria"),
        ("# P\n" * 30_000, "a plan may have 25,000"),
    ],
    ids=["nul", "deep", "line", "names", "boxes", "headings"],
)
def test_odd_text_gets_an_answer(signed_in: Client, app: None, text: str, words: str) -> None:
    response = read(signed_in, text=text)
    assert response.status_code in {200, 422}
    assert words in response.text


def test_twenty_megabytes_get_an_answer(signed_in: Client, app: None) -> None:
    uploaded = read(signed_in, file=upload(b"- [ ] a\n" * 2_621_440))
    assert (uploaded.status_code, "20,971,520 bytes" in uploaded.text) == (422, True)
    pasted = read(signed_in, text="- [ ] a\n" * 2_621_440)
    assert (pasted.status_code, "What you sent is too large" in pasted.text) == (413, True)

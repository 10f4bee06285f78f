"""What people say, what the machine says, and which of them counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.dashboard.plans.conftest import state_of

YES, NO, UNKNOWN = "pass", "fail", "unknown"


@pytest.mark.parametrize(
    ("outcome", "facts", "name"),
    [
        (None, {}, "not evaluated"),
        (UNKNOWN, {}, "not evaluated"),
        (None, {"tick": True}, "attested"),
        (UNKNOWN, {"tick": True}, "attested"),
        (None, {"in_document": True}, "not evaluated"),  # a box in a file is no evidence
        (None, {"tick": True, "too_old": "300 commits ago"}, "stale"),
        (YES, {}, "verified"),
        (YES, {"tick": True}, "verified"),
        (YES, {"tick": True, "too_old": "300 commits ago"}, "verified"),
        (YES, {"broken": True}, "verified"),
        (NO, {}, "failing"),
        (NO, {"broken": True}, "regressed"),
        (NO, {"tick": True}, "contradicted"),
        (NO, {"tick": True, "broken": True}, "contradicted"),
        (NO, {"tick": True, "too_old": "300 commits ago"}, "contradicted"),
        (NO, {"in_document": True}, "contradicted"),
        (NO, {"override": True}, "attested"),
        (NO, {"override": True, "tick": True, "broken": True}, "attested"),
        (None, {"override": True}, "attested"),
        (YES, {"override": True}, "verified"),
    ],
)
def test_precedence(outcome: str | None, facts: dict[str, object], name: str) -> None:
    from dashboard.models import Evaluation, Override, Tick
    from dashboard.states import judge

    made = {"tick": Tick(note="done"), "override": Override(reason="late")}
    given = {key: made.get(key, value) for key, value in facts.items()}
    state = judge(Evaluation(outcome=outcome) if outcome else None, **given)
    assert state.name == name
    assert state.holds == (name in {"verified", "attested"})
    # Counted apart only where it is what makes the criterion hold.
    assert (state.override is not None) == ("override" in facts and name == "attested")


@pytest.mark.django_db
class TestRows:
    """The same from rows."""

    @pytest.fixture
    def criterion(self, lead):
        from dashboard.models import Criterion, Plan
        from tests.dashboard.world import repository, sha

        shop = repository(commits=300)
        plan = Plan.objects.create(
            repository=shop, slug="p", title="p", document={}, markdown="", start_seq=50, start_sha=sha(50, "app"),
            evaluated_epoch=shop.current_epoch, evaluated_seq=300, evaluated_sha=sha(300, "app"),
        )  # fmt: skip
        return Criterion.objects.create(plan=plan, kind="criterion", key="k", text="It works", ordinal=0, line=1)

    def record(self, criterion, *rows: tuple[int, int | None, str]) -> None:
        from dashboard.models import Evaluation

        for start, until, outcome in rows:
            Evaluation.objects.create(
                criterion=criterion, epoch=criterion.plan.evaluated_epoch, from_seq=start, until_seq=until,
                outcome=outcome,
            )  # fmt: skip

    def test_regressed_names_commit_and_author(self, criterion) -> None:
        self.record(criterion, (1, 60, NO), (60, 90, YES), (90, 95, NO), (95, None, NO))
        state = state_of(criterion)
        assert (state.name, state.since.seq, state.since.author) == ("regressed", 90, "Ada")

    def test_what_held_before_the_start_did_not_regress(self, criterion) -> None:
        self.record(criterion, (1, 50, YES), (50, None, NO))
        assert state_of(criterion).name == "failing"

    def test_verified_since(self, criterion) -> None:
        self.record(criterion, (1, 70, NO), (70, 80, YES), (80, None, YES))
        assert (state_of(criterion).name, state_of(criterion).since.seq) == ("verified", 70)

    @pytest.mark.parametrize(
        ("said_at", "gap", "name"),
        [
            (300, 0, "attested"),
            (100, 0, "attested"),
            (99, 0, "stale"),  # over 200 commits ago
            (299, 40, "stale"),  # over 30 days before the newest commit
            (None, 0, "stale"),  # a commit that is not in the history
        ],
    )
    def test_a_word_ages(self, criterion, lead, said_at: int | None, gap: int, name: str) -> None:
        from dashboard import checklists
        from dashboard.models import Tick
        from scanner.models import Commit
        from tests.dashboard.world import FIRST_DAY, sha

        Commit.objects.update(committed_at=FIRST_DAY)
        Commit.objects.filter(seq=300).update(committed_at=FIRST_DAY + timedelta(days=gap))
        ticked = checklists.tick(criterion, lead, sha=sha(said_at or 300, "app"), note="seen in staging")
        if said_at is None:
            Tick.objects.filter(pk=ticked.tick.pk).update(sha="f" * 40)
        state = state_of(criterion)
        assert state.name == name
        assert state.detail == "seen in staging" if name == "attested" else "." in state.detail

    def test_an_override_ends(self, criterion, lead) -> None:
        from django.utils import timezone

        from dashboard import checklists

        self.record(criterion, (1, None, NO))
        until = timezone.now() + timedelta(days=1)
        made = checklists.override(criterion, lead, reason="The fix is on its way", until=until)
        assert (state_of(criterion).name, state_of(criterion).override) == ("attested", made)
        assert state_of(criterion, until).name == "failing"
        assert checklists.end_override(made, lead)
        assert not checklists.end_override(made, lead)
        assert state_of(criterion).name == "failing"

    def test_progress_counts_what_holds(self, criterion, lead, django_assert_num_queries) -> None:
        from dashboard import checklists, states
        from dashboard.models import Criterion

        plan = criterion.plan
        others = [
            Criterion.objects.create(plan=plan, kind=kind, key=kind + str(n), text=kind, ordinal=n, line=n)
            for n, kind in enumerate(["criterion", "criterion", "stop", "validation"], 2)
        ]
        self.record(criterion, (1, None, YES))
        self.record(others[0], (1, None, NO))
        for one in others:
            checklists.tick(one, lead)
        with django_assert_num_queries(3):
            found = states.of_plan(plan)
        progress = found.progress()
        assert (progress.total, progress.verified, progress.attested, progress.contradicted) == (3, 1, 1, 1)
        assert (progress.holding, found.contradictions()) == (2, [others[0]])

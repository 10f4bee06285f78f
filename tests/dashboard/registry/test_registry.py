"""Drafts, their measured effect, and the one way a configuration is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard import registry
from dashboard.models import AuditEvent, RegistrySurvey, RegistryVersion
from dashboard.registry_rows import effect_of, standings, suggested
from scanner.engine import config_file
from scanner.engine.config import ConfigError, to_toml
from scanner.engine.parser_pool import ParserPool
from scanner.models import Repository, Scan
from tests.dashboard import world
from tests.scanner.origin import Origin

BASKET = '\n[[canonical]]\nsymbol = "Basket"\nmodule = "shop.cart"\nimportance = 3\n'


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    with ParserPool() as pool:
        yield pool


def test_the_effect_is_what_the_new_epoch_says(shop: Repository, lead, pool: ParserPool, scan) -> None:
    before = shop.current_epoch.standing
    draft = registry.draft(shop, shop.config_toml + BASKET, lead, "one basket")
    registry.measure(draft, pool)
    draft.refresh_from_db()
    effect = effect_of(draft)
    assert draft.state == RegistryVersion.State.MEASURED
    assert (effect.score[0], effect.debt[0], effect.open[0]) == (before.score, before.debt, before.open)
    assert Repository.objects.get(pk=shop.pk).config_toml == shop.config_toml

    saved = registry.save(draft, lead)
    assert Scan.objects.active().get().reason == Scan.Reason.SETTINGS
    Scan.objects.active().delete()
    scan(shop)
    epoch = shop.current_epoch
    assert epoch.n == 2
    after = epoch.standing
    assert effect.score[1] == pytest.approx(after.score, abs=1e-12)
    assert (effect.debt[1], effect.open[1]) == (after.debt, after.open)
    counted = {row.rule: 0 for row in epoch.tallies.at(after.seq)}
    for row in epoch.tallies.at(after.seq):
        counted[row.rule] += row.open
    assert {row.rule: row.after for row in effect.rules if row.after} == {k: v for k, v in counted.items() if v}
    moved = {row.rule: row.debt_moved for row in effect.rules}
    assert moved == dict.fromkeys(moved, 0.0) | {"duplicate-definition": 2.0}
    assert sum(row.debt[1] for row in effect.rules) == after.debt
    assert effect.debt_moved == 2.0  # the duplicate weighs high instead of medium
    assert effect.by_size == pytest.approx(0.0)
    assert effect.by_registry == pytest.approx(after.score - before.score)
    shown = standings(epoch, registry.current(shop))["Basket"]
    assert (shown.open, shown.score) == (1, dict(effect.symbols)["Basket"])
    assert saved.effect["after"]["open"] == after.open


def test_saving_keeps_what_was_there_before(shop: Repository, lead) -> None:
    first = shop.config_toml
    made = registry.save(registry.draft(shop, first + BASKET, lead, "one basket"), lead)
    versions = list(RegistryVersion.objects.saved().values_list("n", "config_toml", "author__username", "note"))
    assert versions == [
        (2, first + BASKET, "lead", "one basket"),
        (1, first, None, "As it was before the first change here."),
    ]
    shop.refresh_from_db()
    assert shop.config_toml == first + BASKET
    assert registry.before(made) == first
    event = AuditEvent.objects.get()
    assert (event.verb, event.subject, event.repository_id) == ("saved", "the configuration, version 2", shop.pk)
    assert event.detail == {"version": made.pk, "note": "one basket"}


def test_going_back_is_another_version(shop: Repository, lead) -> None:
    first = shop.config_toml
    registry.record(shop, first + BASKET, lead)
    back = registry.save(registry.draft(shop, first, lead, "Back to version 1."), lead)
    assert back.n == 3
    assert Repository.objects.get(pk=shop.pk).config_toml == first
    assert RegistryVersion.objects.saved().count() == 3


def test_a_draft_does_not_undo_what_another_person_saved_meanwhile(shop: Repository, lead, django_user_model) -> None:
    other = django_user_model.objects.create_user("other")
    mine, theirs = registry.draft(shop, BASKET, lead), registry.draft(shop, f"{BASKET}# theirs\n", other)
    registry.save(theirs, other)
    with pytest.raises(registry.Refused, match="Version 2 was saved meanwhile"):
        registry.save(mine, lead)
    registry.measure_again(mine)
    mine.refresh_from_db()
    assert registry.save(mine, lead).n == 3


def test_a_person_has_one_draft_of_a_repository(shop: Repository, lead, django_user_model) -> None:
    other = django_user_model.objects.create_user("other")
    elsewhere = registry.draft(world.repository(slug="else"), BASKET, lead)
    registry.draft(shop, BASKET, lead)
    theirs = registry.draft(shop, BASKET, other)
    mine = registry.draft(shop, f"{BASKET}# again\n", lead)
    assert set(RegistryVersion.objects.drafts()) == {elsewhere, theirs, mine}


@pytest.mark.parametrize("text", ["servces = []", "[[canonical]]\nsymbol = 'A'", "x ="])
def test_a_wrong_text_is_no_draft_and_never_saved(shop: Repository, lead, text: str) -> None:
    with pytest.raises(ConfigError):
        registry.draft(shop, text, lead)
    with pytest.raises(ConfigError):
        registry.record(shop, text, lead)
    assert not RegistryVersion.objects.exists()
    assert not AuditEvent.objects.exists()


def test_what_is_in_force_already_is_no_draft(shop: Repository, lead) -> None:
    with pytest.raises(registry.Refused, match="Nothing was changed"):
        registry.draft(shop, shop.config_toml.replace("\n", "\r\n"), lead)


def test_an_archived_repository_is_not_scanned(shop: Repository, lead) -> None:
    Repository.objects.update(archived_at="2025-09-01T00:00Z")
    registry.record(shop, BASKET, lead)
    assert not Scan.objects.active().exists()


def test_the_repository_s_own_file_wins(shop: Repository, lead, origin: Origin, scan, pool: ParserPool) -> None:
    own = "# ours\nservices = ['shop']\n"
    origin.commit({"truthline.toml": own})
    scan(shop)
    assert registry.is_in_repository(shop)
    assert registry.current_text(shop) == own
    draft = registry.draft(shop, own + BASKET, lead)
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert draft.effect["after"]["by_rule"]["duplicate-definition"] == 1
    with pytest.raises(registry.Refused, match="own truthline"):
        registry.save(draft, lead)
    assert not RegistryVersion.objects.saved().exists()


def test_rows_change_canonical_and_deprecated_alone(shop: Repository) -> None:
    text = 'services = ["shop"]\nshared = ["web"]\n[limits]\nfile_lines = 5\n[[deprecated]]\nmodule = "shop.old"\n'
    Repository.objects.update(config_toml=text)
    shop.refresh_from_db()
    wanted = config_file.parse(BASKET)
    made = config_file.parse(registry.edited(shop, wanted))
    before = config_file.parse(text)
    assert (made.canonical, made.deprecated) == (wanted.canonical, ())
    assert (made.services, made.shared, made.limits, made.scopes) == (
        before.services,
        before.shared,
        before.limits,
        before.scopes,
    )


def test_without_a_scan_there_is_nothing_to_compare_with(db, lead, pool: ParserPool) -> None:
    empty = Repository.objects.create(slug="new", name="new", path="/srv/new", ref="refs/heads/main")
    draft = registry.draft(empty, BASKET, lead)
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert (draft.state, draft.effect) == (RegistryVersion.State.FAILED, None)
    assert "Nothing has been scanned yet" in draft.problem
    registry.save(draft, lead)
    assert RegistryVersion.objects.saved().get().n == 1


def test_a_repository_that_is_gone_is_said(shop: Repository, lead, origin: Origin, pool: ParserPool) -> None:
    draft = registry.draft(shop, BASKET, lead)
    origin.path.rename(origin.path.with_name("moved"))
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert draft.state == RegistryVersion.State.FAILED
    assert "There is no folder" in draft.problem


def test_a_draft_saved_meanwhile_is_not_measured_over(shop: Repository, lead, pool: ParserPool) -> None:
    draft = registry.draft(shop, shop.config_toml + BASKET, lead)
    late = RegistryVersion.objects.get(pk=draft.pk)
    late.repository = shop
    saved = registry.save(draft, lead)
    registry.measure(late, pool)
    saved.refresh_from_db()
    assert (saved.state, saved.effect) == (RegistryVersion.State.SAVED, None)


def test_the_survey_of_a_preview_is_that_of_its_scan(shop: Repository, pool: ParserPool) -> None:
    last = shop.scans.newest()[0]
    surveys = RegistrySurvey.objects.filter(repository=shop)
    first = surveys.get()
    assert (first.epoch, first.sha, first.problem) == (shop.current_epoch, last.head_sha, "")
    registry.survey(shop, pool)
    assert surveys.get().at > first.at
    assert surveys.get().found == first.found, "as if the tree had been resolved for it"
    assert first.found
    assert registry.has_survey(last)

    surveys.update(epoch=None)  # as when the preview that it was made for is dropped
    surveys.update(at=last.started_at - timedelta(seconds=1))
    assert not registry.has_survey(last)  # made by whatever configuration there was before
    surveys.update(at=last.started_at + timedelta(seconds=1), sha="0" * 40)
    assert not registry.has_survey(last)
    surveys.update(sha=last.head_sha)
    assert registry.has_survey(last)
    assert surveys.get().epoch == shop.current_epoch
    assert shop not in registry.unsurveyed()


def test_suggestions_are_kept_and_shrink_with_the_registry(shop: Repository, pool: ParserPool) -> None:
    registry.survey(shop, pool)
    found = RegistrySurvey.objects.get()
    assert (found.epoch, found.problem, found.is_waiting) == (shop.current_epoch, "", False)
    config = registry.current(shop)
    [row] = suggested(found, config, shop)
    assert (row["symbol"], row["module"], row["importance"], row["named"]) == ("Basket", "shop.cart", 2, False)
    assert row["reason"] == "2 definitions, 2 modules import it, none of them from elsewhere"
    world.plan(shop).__class__.objects.update(symbols=["Basket"])
    assert suggested(found, config, shop)[0]["named"]
    assert suggested(found, config_file.parse(to_toml(config) + BASKET), shop) == []
    assert suggested(None, config, shop) == []
    registry.ask_survey(shop)
    assert RegistrySurvey.objects.get().is_waiting


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a = 1\nb = 2\n", "a = 1\nb = 3\n", [("@", ""), (" ", "a = 1"), ("-", "b = 2"), ("+", "b = 3")]),
        ("", "a = 1\n", [("@", ""), ("+", "a = 1")]),
        ("--- a\n", "+++ b\n", [("@", ""), ("-", "--- a"), ("+", "+++ b")]),
        ("a\n", "a\n", []),
    ],
)
def test_a_difference_is_lines_with_their_signs(before: str, after: str, lines: list[tuple[str, str]]) -> None:
    assert registry.diff(before, after) == lines


@pytest.mark.slow
def test_a_worker_measures_and_surveys(live_worker, origin: Origin, lead) -> None:
    from dashboard.tasks import measure_registry
    from scanner.connections import connect
    from tests.scanner.scanning import finished, wait

    repository = connect(str(origin.path))
    finished(repository)
    wait(lambda: RegistrySurvey.objects.filter(repository=repository, at__isnull=False).exists())
    assert [row["symbol"] for row in RegistrySurvey.objects.get().found] == ["Basket"]
    repository.refresh_from_db()
    draft = registry.draft(repository, repository.config_toml + BASKET, lead)
    measure_registry.delay(draft.pk)
    wait(lambda: RegistryVersion.objects.filter(pk=draft.pk, state="measured").exists())
    registry.save(RegistryVersion.objects.get(pk=draft.pk), lead)
    finished(repository)
    repository.refresh_from_db()
    assert repository.current_epoch.n == 2
    # Another epoch: what is registered now is not suggested any more.
    wait(lambda: RegistrySurvey.objects.get().epoch_id == repository.current_epoch_id)
    assert RegistrySurvey.objects.get().found == []

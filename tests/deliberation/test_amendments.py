"""What was fixed at opening changes in public only, with a reason, in a chain of fingerprints."""

from __future__ import annotations

import hashlib

import pytest
from django.db import DatabaseError, transaction

from aggregation.engine import Plan, shipped
from deliberation.models import AuditEntry, Deliberation, Round
from deliberation.models.rounds import Amendment
from deliberation.services.amendments import amend, amended_hash, record_amendment
from deliberation.services.consent import text_hash
from deliberation.services.deliberations import OF_ROUND
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.rounds import close_round
from tests.deliberation.test_votes import at_once
from tests.factories import make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

OTHER: dict[str, object] = {
    "question": "What must the assistant never do?",
    "consent_text": "Another text.",
    "statement_max_length": 150,
    "target_votes": 31,
    "min_votes_to_propose": 3,
    "routing": "uniform",
    "min_exposures": 12,
    "show_origin": True,
    "ask_importance": False,
    "moderation": "after",
    "moderation_hours": 48,
    "reason_codes": ["spam"],
    "moderation_policy": "Two people look at each.",
    "show_results": True,
    "seed_source": "A survey of last year.",
    "exclusion_rule": "straight_and_spam",
    "straight_votes": 20,
    "plan": shipped("default"),
}


def change(round: Round, **changes: object) -> Amendment:
    return amend(round=round, actor=None, role="owner", reason="It was a slip.", **changes)


def test_there_is_an_example_for_every_column_that_freezes() -> None:
    assert set(OTHER) == OF_ROUND


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_fixed_column_can_be_amended_and_gives_another_fingerprint(name: str) -> None:
    # Leaving votes out needs a plan that shows what would come out with them.
    round = the_round(make_open(plan=shipped("thorough")))
    first = round.frozen_hash
    amendment = change(round, **{name: OTHER[name]})
    round.refresh_from_db()
    assert round.frozen_hash == amendment.hash_after != first == amendment.hash_before
    wanted = OTHER[name]
    stored = wanted.to_dict() if isinstance(wanted, Plan) else wanted
    assert getattr(round, name) == amendment.after[name] == stored
    assert list(amendment.before) == [name]
    assert amendment.before[name] != stored


def test_fingerprints_form_a_chain_that_anyone_can_follow() -> None:
    round = the_round(make_open())
    first = change(round, target_votes=40)
    second = change(round, target_votes=50)
    assert (first.number, second.number) == (1, 2)
    assert second.hash_before == first.hash_after
    round.refresh_from_db()
    frozen, round.frozen_hash = round.frozen_hash, first.hash_after
    assert amended_hash(round) == frozen


def test_only_what_differs_is_an_amendment() -> None:
    round = the_round(make_open())
    amendment = change(round, target_votes=40, routing=round.routing, question=round.question)
    assert (amendment.before, amendment.after) == ({"target_votes": 30}, {"target_votes": 40})
    entry = AuditEntry.objects.get(action="round.amended")
    assert entry.detail["fields"] == ["target_votes"]


def test_another_consent_text_is_kept_as_a_version() -> None:
    deliberation = make_open()
    change(the_round(deliberation), consent_text="Another text.")
    kept = deliberation.consent_texts.values_list("sha256", flat=True)
    assert text_hash("Another text.") in kept


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_without_a_proper_reason_nothing_changes(reason: str) -> None:
    round = the_round(make_open())
    with pytest.raises(Invalid) as refusal:
        amend(round=round, actor=None, role="owner", reason=reason, target_votes=40)
    assert refusal.value.field == "reason"
    round.refresh_from_db()
    assert (round.target_votes, Amendment.objects.count()) == (30, 0)


def test_no_change_is_no_amendment() -> None:
    with pytest.raises(Invalid):
        change(the_round(make_open()), target_votes=30)


def test_a_plan_that_cannot_be_run_is_refused() -> None:
    round = the_round(make_open())
    declared = Plan.from_dict(round.plan | {"grouping": {"method": "declared", "source": "x"}})
    with pytest.raises(Invalid, match="imported votes"):
        change(round, plan=declared)


@pytest.mark.parametrize("phase", ["draft", "closed"])
def test_only_an_open_round_is_amended(phase: str) -> None:
    deliberation = make_deliberation() if phase == "draft" else make_open()
    if phase == "closed":
        close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        change(the_round(deliberation), target_votes=40)


def test_the_database_refuses_a_change_without_an_amendment_and_an_amendment_of_it() -> None:
    deliberation = make_open()
    round = the_round(deliberation)
    other = hashlib.sha256(b"x").hexdigest()
    with pytest.raises(DatabaseError, match="amendment"), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(target_votes=40, frozen_hash=other)
    change(round, target_votes=40)
    with pytest.raises(DatabaseError, match="amendment"), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(target_votes=50)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Amendment.objects.update(reason="Another reason.")


def test_dates_are_amended_without_another_fingerprint() -> None:
    round = the_round(make_open())
    dates = {"closes_at": "2031-01-01T00:00:00+00:00"}
    amendment = record_amendment(
        round=round, kind="dates", actor=None, role="owner", reason="Holidays.",
        before={"closes_at": ""}, after=dates,
    )  # fmt: skip
    assert amendment.hash_before == amendment.hash_after == round.frozen_hash
    assert Deliberation.objects.get().rounds.get().frozen_hash == round.frozen_hash


@pytest.mark.django_db(transaction=True)
def test_two_amendments_at_once_are_one_after_the_other() -> None:
    round = the_round(make_open())
    changes: list[dict[str, object]] = [{"target_votes": 40}, {"min_exposures": 12}]
    at_once([lambda wanted=wanted: change(round, **wanted) for wanted in changes])
    first, second = Amendment.objects.order_by("number")
    assert (first.number, second.number) == (1, 2)
    assert second.hash_before == first.hash_after
    round.refresh_from_db()
    assert (round.target_votes, round.min_exposures) == (40, 12)
    assert round.frozen_hash == second.hash_after

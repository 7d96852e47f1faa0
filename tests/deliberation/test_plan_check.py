"""What a later step would refuse is said before opening; what it would regret is only mentioned."""

from __future__ import annotations

from typing import Any

import pytest

from aggregation.engine import Plan
from deliberation.models import ImportedGroup, Round
from deliberation.plan_check import plan_problems, plan_warnings
from deliberation.plan_preview import examples
from deliberation.services.deliberations import update_draft
from deliberation.services.profiles import add_question
from tests.factories import join, make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

THRESHOLD = {"id": "threshold", "above": 0.5}


@pytest.fixture
def round() -> Round:
    return the_round(make_deliberation())


def planned(round: Round, plan: dict[str, Any], **columns: Any) -> Round:
    whole = {"name": "x", "title": "x", "rules": [THRESHOLD]} | plan
    update_draft(deliberation=round.deliberation, actor=None, plan=Plan.from_dict(whole), **columns)
    return Round.objects.select_related("deliberation__panel").get(pk=round.pk)


def weights(question: str, **shares: float) -> dict[str, Any]:
    return {"weights": {"margins": {question: shares}}}


def test_a_plan_that_can_be_run_has_no_problems(round: Round) -> None:
    assert plan_problems(round) == []


@pytest.mark.parametrize(
    ("plan", "columns", "words"),
    [
        ({"grouping": {"method": "declared", "source": "g"}}, {}, "imported votes"),
        ({"grouping": {"method": "strata", "source": "Age?"}}, {}, "very few people"),
        (weights("Income?", low=1.0), {}, "nobody is asked"),
        (weights("Age?", young=0.5, ancient=0.5), {}, "“ancient” to “Age?”"),
        ({}, {"reason_codes": []}, "at least one reason"),
        ({}, {"statement_max_length": 40}, "Seed statements 1, 2, 3, 4 are longer"),
    ],
)
def test_what_cannot_be_run_here_is_said(
    round: Round, plan: dict[str, Any], columns: dict[str, Any], words: str
) -> None:
    add_question(deliberation=round.deliberation, text="Age?", options=["young", "old"], actor=None)
    (problem,) = plan_problems(planned(round, plan, **columns))
    assert words in problem


def test_weights_by_answers_that_can_be_chosen_are_no_problem(round: Round) -> None:
    add_question(deliberation=round.deliberation, text="Age?", options=["young", "old"], actor=None)
    assert plan_problems(planned(round, weights("Age?", young=0.4, old=0.6))) == []


def test_declared_groups_that_came_with_the_votes_are_no_problem() -> None:
    deliberation = make_open()
    ImportedGroup.objects.create(participant=join(deliberation), source="g", label=0)
    round = the_round(deliberation)
    round.plan = round.plan | {"grouping": {"method": "declared", "source": "g"}}
    assert plan_problems(round) == []


@pytest.mark.parametrize(
    ("plan", "columns", "words"),
    [
        ({"rules": [{"id": "approval", "seats": 9}]}, {}, "a rule selects up to 9."),
        ({"rules": [{"id": "kemeny", "seats": 2, "most": 3}]}, {}, "in a circle"),
        ({"participants": {"min_votes": 40}}, {}, "only people with 40 or more count"),
        ({"grouping": {"min_votes": 40}}, {}, "it takes 40 to be in an opinion group"),
        ({"grouping": {"k": 5}}, {"size_wanted": 40}, "fewer than ten each"),
    ],
)
def test_what_is_worth_a_second_look_is_mentioned_and_stops_nothing(
    round: Round, plan: dict[str, Any], columns: dict[str, Any], words: str
) -> None:
    after = planned(round, plan, **columns)
    assert any(words in warning for warning in plan_warnings(after))
    assert plan_problems(after) == []


def test_a_plan_in_proportion_to_the_panel_brings_no_warning(round: Round) -> None:
    after = planned(round, {"grouping": {"k_max": 4}}, size_wanted=40)
    assert plan_warnings(after) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (THRESHOLD, "with two groups, 71\u00a0% agreement in each is just level"),
        (THRESHOLD | {"measure": "min_group", "above": 0.6}, "more than 60\u00a0%"),
        ({"id": "equal_shares", "seats": 20}, "a fifth of the panel that agrees with itself gets"),
        ({"id": "approval", "seats": 12}, "can take all 12 places"),
    ],
)
def test_numbers_of_a_plan_are_said_as_examples(rule: dict[str, Any], words: str) -> None:
    plan = Plan.from_dict({"name": "x", "title": "x", "rules": [rule]})
    assert any(words in said for said in examples(plan)), examples(plan)

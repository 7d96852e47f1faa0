"""What the registry says of a rule is true: every claimed guarantee, on random votes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregation.engine import RULES, Rule, VoteMatrix
from aggregation.engine.registry import GUARANTEES
from tests.aggregation.engine import ranking_checks
from tests.aggregation.engine.guarantee_checks import CHECKS, LEVELS, Case

STATEMENTS = 6
CLAIMS = [(rule.id, name) for rule in RULES.values() for name in rule.guarantees]
# A rule that does not have the property, so that the check must find votes that show it.
WITHOUT = {
    "independent": "approval",
    "committee_monotone": "equal_shares",
    "jr": "approval",
    "pjr": "approval",
    "ejr": "approval",
    "ejr_plus": "approval",
    "optimal": "approval",
    "condorcet": "borda",
    "smith": "borda",
    "clone_independent": "borda",
}
# These are about each person's vote as one ballot, whatever it weighs.
BALLOT_CHECKS = set(ranking_checks.CHECKS)


def choices(rule: Rule) -> st.SearchStrategy[dict[str, Any]]:
    """Every setting that is a choice takes any of its values; the rest keep their defaults."""
    fixed: dict[str, Any] = {"above": 0.5} if rule.id == "threshold" else {}
    if any(param.name == "min_votes" for param in rule.params):
        fixed |= ranking_checks.EVERY_STATEMENT
    free = {
        param.name: st.sampled_from(
            # The votes of these tests carry no probabilities.
            [choice for choice in param.choices if choice != "inverse_propensity"]
        )
        for param in rule.params
        if param.kind == "choice"
    }
    return st.fixed_dictionaries(free).map(lambda chosen: chosen | fixed)


@st.composite
def cases(draw: st.DrawFn, rule: Rule, guarantee: str) -> Case:
    """Up to nine people, often alike, of whom some did not see everything; some with weights."""
    ballot = st.dictionaries(
        st.integers(0, STATEMENTS - 1), st.sampled_from([1, 1, -1, 0]), max_size=STATEMENTS
    )
    kinds = draw(st.lists(ballot, min_size=1, max_size=4))
    people = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=9))
    matrix = ranking_checks.votes([dict.fromkeys(range(STATEMENTS), 0), *people])
    matrix = matrix.restrict(participants=range(1, len(people) + 1))
    if guarantee not in BALLOT_CHECKS and draw(st.booleans()):
        weights = st.lists(st.integers(1, 4), min_size=len(people), max_size=len(people))
        matrix = matrix.weighted(np.array(draw(weights), dtype=np.int64) * 1000)
    groups = draw(st.lists(st.integers(0, 1), min_size=len(people), max_size=len(people)))
    seats = draw(st.integers(1, STATEMENTS))
    return Case(rule.id, draw(choices(rule)), matrix, tuple(groups), seats)


@pytest.mark.parametrize(("rule", "guarantee"), CLAIMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_claimed_guarantee_holds(rule: str, guarantee: str, data: st.DataObject) -> None:
    case = data.draw(cases(RULES[rule], guarantee))
    assert CHECKS[guarantee](case) is None


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_an_untrue_claim_would_be_found(guarantee: str) -> None:
    rule = RULES[WITHOUT[guarantee]]
    assert guarantee not in rule.guarantees
    assert any(CHECKS[guarantee](case) for case in some_votes(rule))


def test_whatever_may_be_claimed_has_words_and_a_check() -> None:
    assert {name for _, name in CLAIMS} <= set(GUARANTEES) <= set(CHECKS)


def test_every_rule_called_optimal_has_a_score_to_compare() -> None:
    assert {rule for rule, name in CLAIMS if name == "optimal"} <= set(LEVELS)


def some_votes(rule: Rule) -> list[Case]:
    """Votes of many panels in camps."""
    fixed: dict[str, Any] = {
        "borda": ranking_checks.EVERY_STATEMENT,
        "equal_shares": {"completion": "none"},
    }.get(rule.id, {})
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        camps = rng.choice([1, 1, 0, -1], size=(3, STATEMENTS))
        camp = rng.choice(3, size=9, p=[0.5, 0.3, 0.2])
        votes = np.where(rng.random((9, STATEMENTS)) < 0.8, camps[camp], 0)
        who, what = np.nonzero(rng.random((9, STATEMENTS)) < 0.95)
        matrix = VoteMatrix.from_triplets(who, what, votes[who, what])
        groups = tuple(int(each) for each in camp[: matrix.n_participants])
        found.append(Case(rule.id, fixed, matrix, groups, 1 + seed % (STATEMENTS - 1)))
    return found

"""Rankings as rules of a plan: guarantees on random votes, seats, reasons, no effect of order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import Evidence, Selection, TieBreaker, VoteMatrix, consensus
from aggregation.engine.pairs import from_rankings
from aggregation.engine.rankings import (
    borda,
    bradley_terry,
    copeland,
    kemeny,
    minimax,
    ranked_pairs,
    schulze,
)
from tests.aggregation.engine.ranking_checks import CHECKS, EVERY_STATEMENT, votes

RANKS = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(-1, 3), min_size=m, max_size=m), min_size=1, max_size=6)
)
# Settings of each rule beside seats and min_votes, and what it guarantees.
RULES: dict[str, tuple[Any, dict[str, Any], tuple[str, ...]]] = {
    "schulze": (schulze, {"strength": "margins"}, tuple(CHECKS)),
    "schulze by votes": (schulze, {"strength": "winning_votes"}, tuple(CHECKS)),
    "ranked_pairs": (ranked_pairs, {"strength": "margins"}, tuple(CHECKS)),
    "ranked_pairs by votes": (ranked_pairs, {"strength": "winning_votes"}, tuple(CHECKS)),
    "copeland": (copeland, {}, ("condorcet", "smith", "monotone")),
    "minimax": (minimax, {"strength": "margins"}, ("condorcet", "monotone")),
    "minimax by votes": (minimax, {"strength": "winning_votes"}, ("condorcet", "monotone")),
    "borda": (borda, {"variant": "share"}, ("monotone",)),
    "symmetric borda": (borda, {"variant": "symmetric"}, ("monotone",)),
    "kemeny": (kemeny, {"most": 10}, ("condorcet", "smith")),
    "bradley_terry": (bradley_terry, {"penalty": 0.1, "level": "half"}, ()),
}


def selected(rule: str, matrix: VoteMatrix, seats: int, **more: Any) -> Selection:
    module, settings, _ = RULES[rule]
    everyone = np.zeros(matrix.n_participants, dtype=np.int32)
    agreement = consensus(matrix.group_counts(everyone, 1), confidence=0.95)
    evidence = Evidence(matrix, matrix.counts(), agreement, (0,))
    found: Selection = module.select(
        evidence, {"seats": seats, **EVERY_STATEMENT, **settings, **more}
    )
    return found


@settings(max_examples=100, deadline=None)
@given(RANKS, st.sampled_from(sorted(RULES)))
def test_a_ranking_has_every_statement_once_and_tells_every_tie(
    ranks: list[list[int]], rule: str
) -> None:
    module, settings, _ = RULES[rule]
    function = getattr(module, module.__name__.rpartition(".")[2])
    counts = from_rankings(ranks)
    m = counts.n_statements
    found = function(counts, ties=TieBreaker(np.zeros(m, dtype=np.int64), np.arange(m)), **settings)
    assert sorted(found.order) == list(range(counts.n_statements))
    places = {at: place for place, at in enumerate(found.order)}
    for better, worse in pairwise(found.levels):
        assert max(places[at] for at in better) < min(places[at] for at in worse)
    level = [set(one) for one in found.levels if len(one) > 1]
    assert [set(tie.candidates) for tie in found.ties if "place" in tie.where] == level


# Guarantees

PEOPLE = st.lists(
    st.dictionaries(st.integers(0, 4), st.sampled_from([-1, 0, 1]), min_size=1),
    min_size=1,
    max_size=7,
)


@pytest.mark.parametrize(
    ("rule", "guarantee"), [(rule, one) for rule in RULES for one in RULES[rule][2]]
)
@settings(max_examples=60, deadline=None)
@given(people=PEOPLE)
def test_what_a_rule_guarantees_holds(
    rule: str, guarantee: str, people: list[dict[int, int]]
) -> None:
    problem = CHECKS[guarantee](
        votes(people), lambda matrix, seats: selected(rule, matrix, seats).statements
    )
    assert problem is None


@pytest.mark.parametrize(
    ("rule", "guarantee"),
    [("minimax", "smith"), ("copeland", "clone_independent"), ("borda", "condorcet")],
)
def test_the_checks_find_what_rules_do_not_guarantee(rule: str, guarantee: str) -> None:
    rng = np.random.default_rng(7)
    problems = []
    for _ in range(300):
        people = [
            {what: int(rng.integers(-1, 2)) for what in range(5) if rng.random() < 0.8}
            for _ in range(rng.integers(2, 8))
        ]
        matrix = votes([own for own in people if own] or [{0: 1}])
        problems.append(CHECKS[guarantee](matrix, lambda m, s: selected(rule, m, s).statements))
    assert any(problems)


# The same for every order, weight and range


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"kemeny"}))
def test_order_of_people_and_statements_and_cloning_change_nothing(rule: str) -> None:
    rng = np.random.default_rng(11)
    who, what = np.nonzero(rng.random((60, 14)) < 0.6)
    value = np.where(rng.random(len(who)) < rng.random(14)[what], 1, rng.integers(-1, 1, len(who)))
    matrix = VoteMatrix.from_triplets(who, what, value)
    expected = selected(rule, matrix, 6).to_dict()
    shuffled = rng.permutation(len(who))
    again = VoteMatrix.from_triplets(who[shuffled], what[shuffled], value[shuffled])
    assert selected(rule, again, 6).to_dict() == expected
    # Other people with the same ballots, and everyone with a weight of one.
    renamed = VoteMatrix.from_triplets(59 - who, what, value)
    assert selected(rule, renamed, 6).to_dict() == expected
    weighted = selected(rule, matrix.weighted(np.full(60, 1000)), 6).to_dict()
    assert weighted == expected


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"kemeny"}))
def test_a_weight_of_two_ranks_as_a_clone_does(rule: str) -> None:
    rng = np.random.default_rng(5)
    table = rng.integers(-1, 2, (25, 9))
    times = rng.integers(1, 3, 25)
    one = votes([dict(enumerate(row.tolist())) for row in np.repeat(table, times, axis=0)])
    other = votes([dict(enumerate(row.tolist())) for row in table])
    other = other.weighted(1000 * times)
    cloned, weighted = selected(rule, one, 9), selected(rule, other, 9)
    for found, expected in zip(weighted.trace, cloned.trace, strict=True):
        assert found.score == expected.score
    assert sorted(weighted.statements) == sorted(cloned.statements)


# Selections


def example() -> VoteMatrix:
    """Four statements from liked to disliked, one with a single vote, one without any."""
    people = [{1: 1, 2: 1, 3: 0, 4: -1}, {1: 1, 2: 0, 3: 0, 4: -1}, {1: 1, 2: 1, 3: -1, 5: 1}]
    cells = [(who, what, vote) for who, own in enumerate(people) for what, vote in own.items()]
    who, what, vote = zip(*cells, strict=True)
    return VoteMatrix.from_triplets(who, what, vote, statement_ids=[1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_best_of_the_ranking_get_the_seats_and_every_statement_is_told_why(rule: str) -> None:
    found = selected(rule, example(), 2, min_votes=2)
    assert found.statements == (1, 2)
    assert [(d.statement_id, d.status, d.reason) for d in found.decisions] == [
        (1, "selected", "won_seat"),
        (2, "selected", "won_seat"),
        (3, "not_selected", "nobody_agreed"),
        (4, "not_selected", "nobody_agreed"),
        (5, "not_enough_evidence", "too_few_votes_in_all"),
        (6, "not_enough_evidence", "nobody_voted"),
    ]
    assert str(found.decisions[4]) == "It has 1 votes; 2 are needed."
    assert [step.statement_id for step in found.trace] == [1, 2]
    assert dict(found.trace[0].detail)["wins"] == 3


def test_a_statement_below_the_last_seat_is_told_so() -> None:
    found = selected("schulze", example(), 1, min_votes=2)
    assert found.decisions[1].reason == "ranked_below"
    assert found.decisions[1].score == 2.0


@pytest.mark.parametrize("rule", sorted(RULES))
def test_more_seats_than_statements_take_all_that_are_ranked(rule: str) -> None:
    assert sorted(selected(rule, example(), 50, min_votes=2).statements) == [1, 2, 3, 4]


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("people", [[{1: 1}], [{1: 0, 2: 0, 3: 0}] * 3, [{1: 1, 2: 1}] * 4])
def test_one_vote_all_pass_and_all_alike_have_a_result(
    rule: str, people: list[dict[int, int]]
) -> None:
    found = selected(rule, votes(people), 9)
    assert found.statements == tuple(sorted({what for own in people for what in own}))
    assert all(np.isfinite(found.scores))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_votes_select_nothing(rule: str) -> None:
    nothing = VoteMatrix.from_triplets([], [], [], participant_ids=[1], statement_ids=[1, 2])
    assert selected(rule, nothing, 3).statements == ()


def test_only_ties_that_touch_a_seat_are_told() -> None:
    people = [{1: 1, 2: 0, 3: 0, 4: -1, 5: -1}] * 3
    assert selected("copeland", votes(people), 1).ties == ()
    (tie,) = selected("copeland", votes(people), 2).ties
    assert (tie.where, tie.candidates) == ("place 2", (2, 3))

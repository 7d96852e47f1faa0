"""Exact PAV and Chamberlin-Courant: equal to the best of all selections, tried one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import Evidence, VoteMatrix, consensus
from aggregation.engine.committees import thiele
from aggregation.engine.committees.approvals import approvals
from aggregation.engine.committees.chamberlin_courant import chamberlin_courant
from aggregation.engine.committees.exact_pav import exact_pav
from aggregation.engine.committees.swaps import swapped
from aggregation.engine.committees.thiele import Optimum, thiele_score
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    support,
    ties,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "shares.json").read_text())
RULE = {"exact_pav": exact_pav, "chamberlin_courant": chamberlin_courant}
WORTH: dict[str, Callable[[int], Fraction]] = {
    "exact_pav": lambda met: sum((Fraction(1, j) for j in range(1, met + 1)), Fraction(0)),
    "chamberlin_courant": lambda met: Fraction(min(met, 1)),
}
PEOPLE = st.lists(
    st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)
both = pytest.mark.parametrize("name", RULE)


def score(
    name: str, ballots: Ballots, weights: Sequence[int] | None, chosen: Sequence[int]
) -> Fraction:
    shares = weights or [1000] * len(ballots)
    worth = [WORTH[name](len(ballot & set(chosen))) for ballot in ballots]
    return sum((w * each for w, each in zip(shares, worth, strict=True)), Fraction(0)) / 1000


def by_definition(
    name: str, ballots: Ballots, weights: Sequence[int] | None, seats: int
) -> tuple[tuple[int, ...], Fraction, bool]:
    """(selection, score, whether no other has it), ties by the first statement only one has."""
    liked = [at for at in range(STATEMENTS) if support(ballots, weights, at)]
    liked.sort(key=lambda at: (-support(ballots, weights, at), at))
    every = list(combinations(liked, min(seats, len(liked))))
    best = max(score(name, ballots, weights, chosen) for chosen in every)
    level = [chosen for chosen in every if score(name, ballots, weights, chosen) == best]
    # Combinations come in the order of ``liked``, so the first one is the first in order.
    return tuple(sorted(level[0])), best, len(level) == 1


def elected(name: str, ballots: Ballots, seats: int, **options: object) -> Optimum:
    profile = approved(ballots, **options)
    return RULE[name](profile, seats, ties=ties(profile))


@both
@settings(max_examples=60, deadline=None)
@given(BALLOTS, SEATS)
def test_the_selection_is_the_best_of_all(name: str, ballots: Ballots, seats: int) -> None:
    found = elected(name, ballots, seats)
    assert (found.columns, found.score, found.unique) == by_definition(name, ballots, None, seats)
    assert found.proven


@both
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(300, 4000)),
        min_size=1,
        max_size=8,
    ),
    SEATS,
)
def test_people_count_by_their_weight(
    name: str, people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    ballots, weights = [ballot for ballot, _ in people], [weight for _, weight in people]
    found = elected(name, ballots, seats, weights=weights)
    expected = by_definition(name, ballots, weights, seats)
    assert (found.columns, found.score, found.unique) == expected


@both
def test_committees_are_those_of_abcvoting(name: str) -> None:
    for case in GOLDEN["exact"]:
        ballots = [frozenset(b) for b in case["ballots"]]
        found = elected(name, ballots, case["seats"], statements=case["statements"])
        assert list(found.columns) == min(case[name]), case
        assert found.unique == (len(case[name]) == 1)


@both
@settings(max_examples=40, deadline=None)
@given(PEOPLE, SEATS)
def test_two_people_alike_are_one_of_double_weight(
    name: str, people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    cloned = [ballot for ballot, times in people for _ in range(times)]
    weights = [1000 * times for _, times in people]
    assert elected(name, [b for b, _ in people], seats, weights=weights) == elected(
        name, cloned, seats
    )


@both
@settings(max_examples=40, deadline=None)
@given(BALLOTS, SEATS, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(
    name: str, ballots: list[frozenset[int]], seats: int, random: Random
) -> None:
    shuffled = list(ballots)
    random.shuffle(shuffled)
    assert elected(name, shuffled, seats) == elected(name, ballots, seats)


@both
def test_level_selections_are_reported_and_put_in_order(name: str) -> None:
    profile = approved([frozenset({0, 1})] * 2 + [frozenset({2, 3})] * 2)
    breaker = ties(profile)
    found = RULE[name](profile, 2, ties=breaker)
    assert (found.columns, found.unique) == ((0, 2), False)
    assert [tie.where for tie in breaker.found] == ["selection"]


@both
@settings(max_examples=60, deadline=None)
@given(BALLOTS, st.integers(1, STATEMENTS - 1))
def test_what_is_too_large_is_the_best_found_and_says_so(
    name: str, ballots: Ballots, seats: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thiele, "CELLS", -1)
        found = elected(name, ballots, seats)
    columns, best, _ = by_definition(name, ballots, None, seats)
    assert len(found.columns) == len(columns)
    assert found.score == score(name, ballots, None, found.columns) <= best <= found.bound + 1e-9
    assert not found.proven or found.score == best


@settings(max_examples=60, deadline=None)
@given(BALLOTS, st.integers(1, STATEMENTS - 1))
def test_no_swap_betters_a_selection_without_proof(ballots: Ballots, seats: int) -> None:
    profile = approved(ballots)
    chosen = swapped(profile, seats, seats, ties=ties(profile))
    reached = score("exact_pav", ballots, None, chosen)
    for out in chosen:
        for into in set(range(STATEMENTS)) - set(chosen):
            other = [at for at in chosen if at != out] + [into]
            assert score("exact_pav", ballots, None, other) <= reached


def test_a_search_given_up_is_not_called_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Votes at random, on which the solver has to branch."""
    rng = np.random.default_rng(1)
    likes = rng.random((80, 40)) < 0.2
    ballots = [frozenset(np.flatnonzero(row).tolist()) for row in likes]
    solve = thiele.milp

    def interrupted(*args: object, **options: object) -> object:
        result = solve(*args, **options)
        result.status, result.mip_dual_bound = 1, result.mip_dual_bound - 3.0
        return result

    monkeypatch.setattr(thiele, "milp", interrupted)
    found = elected("chamberlin_courant", ballots, 4, statements=40)
    assert (found.proven, found.unique) == (False, None)
    assert found.score + 2 < found.bound


@both
def test_the_first_step_says_how_good_the_selection_is(name: str) -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2, 3, 3], [1, 2, 1, 3, 4], [1, 1, 1, 1, -1])
    everyone = matrix.group_counts(np.zeros(3, dtype=np.int32), 1)
    evidence = Evidence(matrix, matrix.counts(), consensus(everyone), (0,))
    module = {"exact_pav": exact_pav, "chamberlin_courant": chamberlin_courant}[name].__module__
    select = __import__(module, fromlist=["select"]).select
    found = select(evidence, {"seats": 2, "unseen": "not_approved"})
    assert found.statements == (1, 3)
    assert found.scores == (2.0, 1.0)
    assert dict(found.trace[0].detail) == {
        "total": 3.0,
        "bound": 3.0,
        "proven": 1,
        "unique": 1,
    }
    assert [d.reason for d in found.decisions] == [
        "won_seat",
        "no_seat_left",
        "won_seat",
        "nobody_agreed",
    ]


@both
def test_small_and_empty_votes_have_a_result(name: str) -> None:
    assert elected(name, [], 3).columns == ()
    assert elected(name, [frozenset()], 3).columns == ()
    assert elected(name, [frozenset({1, 4})], 5).columns == (1, 4)
    assert elected(name, [frozenset({0})], 1, statements=1).columns == (0,)


@pytest.mark.reference_data
def test_the_best_five_of_the_panel_are_proven(ccai) -> None:
    matrix = VoteMatrix.from_triplets(ccai.participants, ccai.statements, ccai.values)
    profile = approvals(matrix)
    found = exact_pav(profile, 5, ties=ties(profile))
    assert (found.proven, found.unique) == (True, True)
    assert found.score == thiele_score(profile, found.columns, 5) == Fraction(3121, 2)

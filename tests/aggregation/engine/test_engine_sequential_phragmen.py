"""Phragmén's sequential rule: equal to its definition, with the loads of all as fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import VoteMatrix
from aggregation.engine.committees.sequential_phragmen import Carried, select, sequential_phragmen
from aggregation.engine.ties import Tie
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    first,
    ties,
)
from tests.aggregation.engine.committee_rules import evidence


def brute_force(
    ballots: Ballots, weights: list[int], seats: int, statements: int = STATEMENTS
) -> list[tuple[int, Fraction, list[int]]]:
    """The definition: the statement that leaves its supporters lowest, and what was level."""
    loads = [Fraction(0)] * len(ballots)
    left = set().union(*ballots)
    result = []
    while left and len(result) < seats:
        heights = {}
        for at in left:
            rows = [row for row, ballot in enumerate(ballots) if at in ballot]
            people = Fraction(sum(weights[row] for row in rows), 1000)
            carried = sum(loads[row] * Fraction(weights[row], 1000) for row in rows)
            heights[at] = (1 + carried) / people
        lowest = min(heights.values())
        level = sorted(at for at, height in heights.items() if height == lowest)
        winner = first(level, ballots, weights)
        loads = [lowest if winner in b else load for b, load in zip(ballots, loads, strict=True)]
        left.remove(winner)
        result.append((winner, lowest, level))
    return result


def elect(
    ballots: Ballots, seats: int, weights: list[int] | None = None, statements: int = STATEMENTS
) -> tuple[tuple[Carried, ...], list[Tie]]:
    profile = approved(ballots, weights, statements)
    breaker = ties(profile)
    return sequential_phragmen(profile, seats, ties=breaker), breaker.found


@settings(max_examples=300, deadline=None)
@given(BALLOTS, SEATS, st.data())
def test_every_seat_is_the_one_of_the_definition(
    ballots: Ballots, seats: int, data: st.DataObject
) -> None:
    some = st.lists(st.integers(1, 3_000), min_size=len(ballots), max_size=len(ballots))
    weights = data.draw(some | st.just([1000] * len(ballots)))
    found, met = elect(ballots, seats, weights)
    expected = brute_force(ballots, weights, seats)
    assert [seat.column for seat in found] == [winner for winner, _, _ in expected]
    for seat, (_, load, _) in zip(found, expected, strict=True):
        assert abs(seat.load - float(load)) <= 1e-13 * float(load)
    level = [sorted(tie.candidates) for tie in met]
    assert level == [level for _, _, level in expected if len(level) > 1]


def test_long_runs_with_many_ties_stay_exact() -> None:
    rng = np.random.default_rng(11)
    ballots = [frozenset(np.flatnonzero(rng.random(30) < 0.2).tolist()) for _ in range(12)]
    found, met = elect(ballots, 30, statements=30)
    expected = brute_force(ballots, [1000] * 12, 30, 30)
    assert [seat.column for seat in found] == [winner for winner, _, _ in expected]
    assert len(met) == sum(len(level) > 1 for _, _, level in expected) >= 5


@settings(max_examples=100, deadline=None)
@given(BALLOTS, SEATS)
def test_loads_never_fall(ballots: Ballots, seats: int) -> None:
    loads = [seat.load for seat in elect(ballots, seats)[0]]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(loads))


def test_a_minority_gets_its_share() -> None:
    found, _ = elect([frozenset({0, 1, 2, 3})] * 60 + [frozenset({4, 5})] * 31, 3)
    assert [seat.column for seat in found] == [0, 4, 1]
    assert [seat.load for seat in found] == [1 / 60, 1 / 31, 2 / 60]
    assert [seat.newly_represented for seat in found] == [60, 31, 0]


def test_the_trace_tells_load_and_supporters() -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2, 3], [7, 8, 7, 9], [1, 1, 1, 1])
    found = select(evidence(matrix), {"seats": 2})
    assert found.statements == (7, 9)
    assert [dict(step.detail) for step in found.trace] == [
        {"load": 0.5, "supporters": 2, "newly_represented": 2},
        {"load": 1.0, "supporters": 1, "newly_represented": 1},
    ]

"""Maximin support: equal to its definition over all parts of the selection, and to abcvoting."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine.committees import support_flow
from aggregation.engine.committees.approvals import approvals
from aggregation.engine.committees.maximin_support import Supported, maximin_support
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    first,
    support,
    ties,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "shares.json").read_text())
PEOPLE = st.lists(
    st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)


def value(ballots: Ballots, weights: Sequence[int] | None, chosen: Iterable[int]) -> Fraction:
    """The lowest share of support over every part of the selection."""
    columns, shares = sorted(chosen), weights or [1000] * len(ballots)
    return min(
        Fraction(sum(w for w, b in zip(shares, ballots, strict=True) if b & set(part)), 1000)
        / len(part)
        for size in range(1, len(columns) + 1)
        for part in combinations(columns, size)
    )


def by_definition(
    ballots: Ballots, weights: Sequence[int] | None, seats: int
) -> list[tuple[int, Fraction]]:
    found: list[tuple[int, Fraction]] = []
    while len(found) < seats:
        taken = [at for at, _ in found]
        left = [at for at in range(STATEMENTS) if at not in taken and support(ballots, weights, at)]
        if not left:
            break
        values = {at: value(ballots, weights, [*taken, at]) for at in left}
        best = max(values.values())
        winner = first([at for at in left if values[at] == best], ballots, weights)
        found.append((winner, best))
    return found


def elected(ballots: Ballots, seats: int, **options: object) -> tuple[Supported, ...]:
    profile = approved(ballots, **options)
    return maximin_support(profile, seats, ties=ties(profile))


def pairs(found: tuple[Supported, ...]) -> list[tuple[int, Fraction]]:
    return [(each.column, each.support) for each in found]


@settings(max_examples=150, deadline=None)
@given(BALLOTS, SEATS)
def test_every_seat_is_the_one_of_the_definition(ballots: Ballots, seats: int) -> None:
    assert pairs(elected(ballots, seats)) == by_definition(ballots, None, seats)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(300, 4000)),
        min_size=1,
        max_size=8,
    ),
    SEATS,
)
def test_people_support_by_their_weight(
    people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    ballots, weights = [ballot for ballot, _ in people], [weight for _, weight in people]
    found = pairs(elected(ballots, seats, weights=weights))
    assert found == by_definition(ballots, weights, seats)


def test_larger_profiles_equal_the_definition() -> None:
    """Many people in camps that overlap, so that support is handed on along chains."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        camps = rng.random((4, STATEMENTS)) ** 2
        likes = rng.random((150, STATEMENTS)) < camps[rng.integers(0, 4, 150)]
        ballots = [frozenset(np.flatnonzero(row).tolist()) for row in likes]
        assert pairs(elected(ballots, 7)) == by_definition(ballots, None, 7)


def test_committees_are_those_of_abcvoting() -> None:
    for case in GOLDEN["sequential"]:
        ballots = [frozenset(b) for b in case["ballots"]]
        found = elected(ballots, case["seats"], statements=case["statements"])
        assert sorted(each.column for each in found) == case["maximin_support"], case


@pytest.mark.reference_data
def test_the_panel_elects_what_abcvoting_elects(ccai) -> None:
    matrix = VoteMatrix.from_triplets(ccai.participants, ccai.statements, ccai.values)
    profile = approvals(matrix)
    found = maximin_support(profile, 8, ties=ties(profile))
    expected = GOLDEN["ccai_maximin_support"]
    assert sorted(int(matrix.statement_ids[each.column]) for each in found) == expected


@settings(max_examples=80, deadline=None)
@given(PEOPLE, SEATS)
def test_two_people_alike_are_one_of_double_weight(
    people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    cloned = [ballot for ballot, times in people for _ in range(times)]
    weighed = elected([b for b, _ in people], seats, weights=[1000 * times for _, times in people])
    assert weighed == elected(cloned, seats)


@settings(max_examples=80, deadline=None)
@given(BALLOTS, SEATS, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(
    ballots: list[frozenset[int]], seats: int, random: Random
) -> None:
    shuffled = list(ballots)
    random.shuffle(shuffled)
    assert elected(shuffled, seats) == elected(ballots, seats)


def test_support_is_divided_over_the_seats() -> None:
    found = elected([frozenset({0, 1})] * 6 + [frozenset({2})] * 2, 3)
    assert pairs(found) == [(0, Fraction(6)), (1, Fraction(3)), (2, Fraction(2))]


def test_a_tie_names_the_next_statement() -> None:
    profile = approved([frozenset({2, 5}), frozenset({2, 5}), frozenset({6})])
    breaker = ties(profile)
    maximin_support(profile, 1, ties=breaker)
    assert [(tie.where, tie.candidates) for tie in breaker.found] == [("seat 1", (2, 5))]


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_flow, "CELLS", 3)
    with pytest.raises(EngineError, match="more than fits"):
        elected([frozenset({0})] * 2, 2)


def test_small_and_empty_votes_have_a_result() -> None:
    assert elected([], 3) == ()
    assert elected([frozenset()], 3) == ()
    assert [each.column for each in elected([frozenset({1, 4})], 5)] == [1, 4]
    assert [each.column for each in elected([frozenset({0})], 1, statements=1)] == [0]

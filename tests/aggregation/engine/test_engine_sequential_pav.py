"""Sequential PAV: equal to its definition, computed the slow way in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, Plan, Selection, TieBreaker, VoteMatrix, aggregate
from aggregation.engine.committees import sequential_pav as module
from aggregation.engine.committees.sequential_pav import approvals, sequential_pav

PROFILES = st.lists(st.frozensets(st.integers(0, 7)), min_size=1, max_size=12)


def brute_force(ballots: list[frozenset[int]], seats: int) -> list[tuple[int, Fraction]]:
    """The definition: always add the statement that raises the Thiele score most."""
    chosen: list[tuple[int, Fraction]] = []
    while len(chosen) < seats:
        taken = {statement for statement, _ in chosen}
        gains = {}
        for statement in range(8):
            if statement not in taken:
                fans = [ballot for ballot in ballots if statement in ballot]
                gains[statement] = sum((Fraction(1, len(b & taken) + 1) for b in fans), Fraction(0))
        if not gains or max(gains.values()) == 0:
            break
        support = {s: sum(s in ballot for ballot in ballots) for s in gains}
        best = min(gains, key=lambda s: (-gains[s], -support[s], s))
        chosen.append((best, gains[best]))
    return chosen


def profile(ballots: list[frozenset[int]]) -> VoteMatrix:
    pairs = [(who, what) for who, ballot in enumerate(ballots) for what in ballot]
    return VoteMatrix.from_triplets(
        [who for who, _ in pairs],
        [what for _, what in pairs],
        [1] * len(pairs),
        participant_ids=range(len(ballots)),
        statement_ids=range(8),
    )


def elect(matrix: VoteMatrix, seats: int) -> tuple[tuple[Any, ...], TieBreaker]:
    ties = TieBreaker(matrix.counts()[:, 0], matrix.statement_ids)
    return sequential_pav(approvals(matrix), seats, ties=ties), ties


def plan(seats: int) -> Plan:
    rule = {"id": "sequential_pav", "seats": seats}
    return Plan.from_dict({"name": "p", "title": "p", "rules": [rule]})


def selection(matrix: VoteMatrix, seats: int) -> Selection:
    return aggregate(matrix, plan(seats)).selections[0]


@settings(max_examples=300, deadline=None)
@given(PROFILES, st.integers(1, 9))
def test_every_seat_is_the_one_of_the_definition(ballots: list[frozenset[int]], seats: int) -> None:
    found, _ = elect(profile(ballots), seats)
    expected = brute_force(ballots, seats)
    assert [seat.column for seat in found] == [statement for statement, _ in expected]
    assert [seat.score for seat in found] == [float(score) for _, score in expected]


@settings(max_examples=50, deadline=None)
@given(PROFILES)
def test_picking_out_rows_changes_nothing(ballots: list[frozenset[int]]) -> None:
    matrix = profile(ballots * 5)
    expected, _ = elect(matrix, 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SMALL", -1)
        found, _ = elect(matrix, 8)
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(PROFILES, st.integers(1, 7))
def test_one_more_seat_only_adds(ballots: list[frozenset[int]], seats: int) -> None:
    matrix = profile(ballots)
    assert elect(matrix, seats + 1)[0][:seats] == elect(matrix, seats)[0]


def test_a_minority_gets_its_share() -> None:
    majority, minority = frozenset({0, 1, 2, 3}), frozenset({4, 5})
    found, _ = elect(profile([majority] * 60 + [minority] * 31), 3)
    assert [seat.column for seat in found] == [0, 4, 1]
    assert [seat.score for seat in found] == [60.0, 31.0, 30.0]
    assert [seat.newly_represented for seat in found] == [60, 31, 0]


def test_a_tie_is_recorded_with_all_that_were_level() -> None:
    found, ties = elect(profile([frozenset({2, 5}), frozenset({2, 5}), frozenset({6})]), 1)
    assert [seat.column for seat in found] == [2]
    assert [(tie.where, tie.candidates) for tie in ties.found] == [("seat 1", (2, 5))]


def test_only_agree_is_an_approval() -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 1, 2], [1, 2, 3, 2], [0, 1, -1, 1])
    assert approvals(matrix).toarray().tolist() == [[0, 1, 0], [0, 1, 0]]


def test_every_statement_is_told_why() -> None:
    matrix = VoteMatrix.from_triplets(
        [1, 1, 2, 2, 1], [1, 2, 1, 3, 4], [1, 1, 1, -1, 0], statement_ids=[1, 2, 3, 4, 5]
    )
    found = selection(matrix, 1)
    assert [(d.statement_id, d.status, d.reason) for d in found.decisions] == [
        (1, "selected", "won_seat"),
        (2, "not_selected", "no_seat_left"),
        (3, "not_selected", "nobody_agreed"),
        (4, "not_selected", "nobody_agreed"),
        (5, "not_enough_evidence", "nobody_voted"),
    ]
    assert str(found.decisions[0]) == "It won seat 1."


def test_more_seats_than_statements_take_all_that_someone_agrees_with() -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2], [1, 2, 3], [1, 1, -1])
    assert selection(matrix, 50).statements == (1, 2)


def test_no_seats_are_refused() -> None:
    with pytest.raises(EngineError, match="seats"):
        plan(0)


def test_scores_do_not_depend_on_the_order_of_people() -> None:
    rng = np.random.default_rng(1)
    votes = rng.random((500, 8)) < rng.random(8)
    one, _ = elect(profile([frozenset(np.flatnonzero(v).tolist()) for v in votes]), 8)
    other, _ = elect(profile([frozenset(np.flatnonzero(v).tolist()) for v in votes[::-1]]), 8)
    assert one == other

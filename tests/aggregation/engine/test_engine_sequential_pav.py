"""Sequential PAV: equal to its definition, computed the slow way in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, Plan, Selection, VoteMatrix, aggregate
from aggregation.engine.committees.approvals import CELL_UNIT, Approvals
from aggregation.engine.committees.sequential_pav import Seat, sequential_pav
from aggregation.engine.ties import Tie
from tests.aggregation.engine.approval_profiles import approved, ties

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


def elect(ballots: list[frozenset[int]], seats: int) -> tuple[tuple[Seat, ...], list[Tie]]:
    profile = approved(ballots, statements=8)
    breaker = ties(profile)
    return sequential_pav(profile, seats, ties=breaker), breaker.found


def plan(seats: int) -> Plan:
    rule = {"id": "sequential_pav", "seats": seats}
    return Plan.from_dict({"name": "p", "title": "p", "rules": [rule]})


def selection(matrix: VoteMatrix, seats: int) -> Selection:
    return aggregate(matrix, plan(seats)).selections[0]


@settings(max_examples=300, deadline=None)
@given(PROFILES, st.integers(1, 9))
def test_every_seat_is_the_one_of_the_definition(ballots: list[frozenset[int]], seats: int) -> None:
    found, _ = elect(ballots, seats)
    expected = brute_force(ballots, seats)
    assert [seat.column for seat in found] == [statement for statement, _ in expected]
    assert [seat.score for seat in found] == [float(score) for _, score in expected]


@settings(max_examples=100, deadline=None)
@given(PROFILES, st.integers(1, 7))
def test_one_more_seat_only_adds(ballots: list[frozenset[int]], seats: int) -> None:
    assert elect(ballots, seats + 1)[0][:seats] == elect(ballots, seats)[0]


def test_a_minority_gets_its_share() -> None:
    majority, minority = frozenset({0, 1, 2, 3}), frozenset({4, 5})
    found, _ = elect([majority] * 60 + [minority] * 31, 3)
    assert [seat.column for seat in found] == [0, 4, 1]
    assert [seat.score for seat in found] == [60.0, 31.0, 30.0]
    assert [seat.newly_represented for seat in found] == [60, 31, 0]


def test_a_tie_is_recorded_with_all_that_were_level() -> None:
    found, met = elect([frozenset({2, 5}), frozenset({2, 5}), frozenset({6})], 1)
    assert [seat.column for seat in found] == [2]
    assert [(tie.where, tie.candidates) for tie in met] == [("seat 1", (2, 5))]


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


def test_a_third_and_a_sixth_are_level_with_a_half() -> None:
    # After 0, 1 and 2 each of 3 and 4 adds a half: one person who has one seat already, against
    # one who has two and one who has five.
    shared = [frozenset({0, 1, 2, 5, 6})] * 40
    ballots = [frozenset({0, 3}), frozenset({0, 1, 4}), frozenset({0, 1, 2, 5, 6, 4})]
    found, met = elect(shared + ballots, 6)
    assert [seat.column for seat in found] == [0, 1, 2, 5, 6, 4]
    assert found[-1].score == 0.5
    assert (met[-1].where, met[-1].candidates) == ("seat 6", (4, 3))


@settings(max_examples=100, deadline=None)
@given(PROFILES, st.integers(1, 8), st.data())
def test_approvals_of_unequal_weight_add_up_exactly(
    ballots: list[frozenset[int]], seats: int, data: st.DataObject
) -> None:
    plain = approved(ballots, statements=8)
    parts = st.integers(1, 3 * CELL_UNIT)
    cells = data.draw(st.lists(parts, min_size=plain.n_approvals, max_size=plain.n_approvals))
    profile = Approvals(
        plain.indptr, plain.indices, 8, cells=np.array(cells, dtype=float) / CELL_UNIT
    )
    amounts = iter(cells)
    worth = [{s: Fraction(next(amounts), CELL_UNIT) for s in sorted(b)} for b in ballots]
    taken: list[int] = []
    for seat in sequential_pav(profile, seats, ties=ties(profile)):
        gains = {
            s: sum(w.get(s, Fraction(0)) / (len(w.keys() & set(taken)) + 1) for w in worth)
            for s in range(8)
            if s not in taken
        }
        assert gains[seat.column] == max(gains.values())
        assert seat.score == float(gains[seat.column])
        taken.append(seat.column)
    assert len(taken) == min(seats, len(set().union(*ballots)))

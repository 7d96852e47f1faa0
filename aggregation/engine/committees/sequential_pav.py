"""Sequential proportional approval voting: every part of the panel gets its share of the seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import (
    NOT_ENOUGH_EVIDENCE,
    NOT_SELECTED,
    SELECTED,
    Decision,
    Evidence,
    Selection,
    Step,
    frozen_params,
)
from aggregation.engine.ties import CLOSE, TieBreaker

# Below this many approvals a pass over all of them costs less than picking out rows.
_SMALL = 100_000


@dataclass(frozen=True)
class Seat:
    """One seat: the column that won it, its score then, how many people agreed with it, and how
    many of those had no statement they agreed with among the seats so far."""

    column: int
    score: float
    supporters: int
    newly_represented: int


def approvals(matrix: VoteMatrix) -> Any:
    """CSR, float64 1.0 where a participant agreed. Unseen, pass and disagree are no approval."""
    agreed = matrix.values == 1
    before = np.concatenate(([0], np.cumsum(agreed)))
    shape = (matrix.n_participants, matrix.n_statements)
    columns = matrix.indices[agreed]
    return csr_array((np.ones(len(columns)), columns, before[matrix.indptr]), shape=shape)


def sequential_pav(approved: Any, seats: int, *, ties: TieBreaker) -> tuple[Seat, ...]:
    """Fill seats one after the other with the statement that adds most satisfaction.

    A participant with j statements they agree with among the seats adds 1 / (j + 1) to the score
    of each further one they agree with. The highest score wins the seat, until the seats are
    filled or nobody agrees with any statement left; fewer than ``seats`` may be returned.

    approved : CSR float64[n, m] of 1.0, see ``approvals``.
    Scores are kept and only the winner's supporters change them. Statements whose scores come
    close are compared as exact fractions, so rounding never decides. O(nnz + seats · m) and the
    votes of each winner's supporters.
    Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval Preferences, rule 4.
    """
    by_statement, transposed = approved.tocsc(), approved.T
    n, m = approved.shape
    satisfied = np.zeros(n, dtype=np.int64)
    scores = np.bincount(approved.indices, minlength=m).astype(np.float64)
    filled: list[Seat] = []

    def supporters(column: int) -> NDArray[np.int64]:
        start, end = by_statement.indptr[column : column + 2]
        rows: NDArray[np.int64] = by_statement.indices[start:end]
        return rows

    def exact(column: int) -> Fraction:
        return _thiele(np.bincount(satisfied[supporters(column)]))

    # A score that is not zero is at least 1 / (seats + 1), far above what rounding leaves.
    while len(filled) < min(seats, m) and scores.max() > CLOSE:
        winner = ties.best(scores, exact, f"seat {len(filled) + 1}")
        people = supporters(winner)
        fresh = int(np.count_nonzero(satisfied[people] == 0))
        filled.append(Seat(winner, float(exact(winner)), len(people), fresh))
        lost = _lost(satisfied[people])
        if _few(len(people), approved):
            scores -= approved[people].T @ lost
        else:
            everyone = np.zeros(n)
            everyone[people] = lost
            scores -= transposed @ everyone
        satisfied[people] += 1
        scores[winner] = -np.inf
    return tuple(filled)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen ("not_approved": unseen is no approval)."""
    ids = evidence.matrix.statement_ids
    ties = TieBreaker(evidence.counts[:, 0], ids)
    seats = sequential_pav(approvals(evidence.matrix), int(params["seats"] or 0), ties=ties)
    place = {seat.column: number for number, seat in enumerate(seats)}
    decisions = tuple(
        _decide(int(ids[at]), evidence.counts[at], seats, place.get(at)) for at in range(len(ids))
    )
    return Selection(
        rule="sequential_pav",
        params=frozen_params(params),
        statements=tuple(int(ids[seat.column]) for seat in seats),
        scores=tuple(seat.score for seat in seats),
        decisions=decisions,
        trace=tuple(_step(int(ids[seat.column]), seat) for seat in seats),
        ties=tuple(ties.found),
    )


def _thiele(people_by_satisfaction: NDArray[np.int64]) -> Fraction:
    """Sum of people[j] / (j + 1), exactly."""
    shared = lcm(*range(1, len(people_by_satisfaction) + 1))
    parts = enumerate(people_by_satisfaction.tolist(), start=1)
    return Fraction(sum(people * (shared // part) for part, people in parts), shared)


def _lost(satisfaction: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each of the winner's supporters no longer adds to the other scores."""
    return np.asarray(1.0 / (satisfaction + 1) - 1.0 / (satisfaction + 2))


def _few(people: int, approved: Any) -> bool:
    """Picking out the supporters' rows pays; otherwise one pass over all votes is faster."""
    return bool(4 * people < approved.shape[0] and approved.nnz > _SMALL)


def _decide(
    statement: int, counts: NDArray[np.int64], seats: tuple[Seat, ...], place: int | None
) -> Decision:
    if place is not None:
        return Decision(statement, SELECTED, seats[place].score, "won_seat", (("seat", place + 1),))
    agree, disagree, passed = (int(count) for count in counts)
    if agree + disagree + passed == 0:
        return Decision(statement, NOT_ENOUGH_EVIDENCE, None, "nobody_voted")
    return Decision(statement, NOT_SELECTED, None, "no_seat_left" if agree else "nobody_agreed")


def _step(statement: int, seat: Seat) -> Step:
    return Step(
        statement,
        seat.score,
        (("supporters", seat.supporters), ("newly_represented", seat.newly_represented)),
    )

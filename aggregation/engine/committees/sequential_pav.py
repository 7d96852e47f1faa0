"""Sequential proportional approval voting: every part of the panel gets its share of the seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.committees.exact import Remembered, Shares
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated, tie_breaker
from aggregation.engine.ties import TieBreaker


@dataclass(frozen=True)
class Seat:
    """One seat: the column that won it, its score then, how many people agreed with it, and how
    many of those had no statement they agreed with among the seats so far."""

    column: int
    score: float
    supporters: int
    newly_represented: int


def sequential_pav(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[Seat, ...]:
    """Fill seats one after the other with the statement that adds most satisfaction.

    A participant with j statements they agree with among the seats adds 1 / (j + 1) to the score
    of each further one they agree with. The highest score wins the seat, until the seats are
    filled or nobody agrees with any statement left; fewer than ``seats`` may be returned.

    Scores are kept and only the winner's supporters change them. Statements whose scores come
    close are compared as exact fractions, so rounding never decides. O(nnz + seats · m) and the
    ballots of each winner's supporters.
    Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval Preferences, ch. 2.
    """
    satisfied = np.zeros(approved.n_participants, dtype=np.int64)
    scores = np.where(approved.masses > 0, approved.masses.astype(np.float64), -np.inf)
    shares, filled = Shares(seats + 1), list[Seat]()
    lost = shares.parts[:-1] - shares.parts[1:]

    def added(column: int) -> Fraction:
        held = satisfied[approved.supporters(column)]
        return Fraction(*shares.exact(approved.counted(column, held)))

    exact = Remembered(added, approved.n_statements)

    for number in range(1, min(seats, int(np.count_nonzero(approved.masses))) + 1):
        winner = ties.best(scores, exact, f"seat {number}")
        people = approved.supporters(winner)
        before = satisfied.take(people)
        total, parts = shares.exact(approved.counted(winner, before))
        fresh = len(people) - int(np.count_nonzero(before))
        filled.append(Seat(winner, total / (parts * approved.scale), len(people), fresh))
        changes = approved.column_sums(people, lost.take(before))
        exact.forget(changes)
        scores -= changes
        scores[winner] = -np.inf
        satisfied[people] = before + 1
    return tuple(filled)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen (a policy of ``approvals``)."""
    approved = approvals(evidence.matrix, str(params["unseen"]))
    ids = evidence.matrix.statement_ids
    ties = tie_breaker(evidence)
    seats = sequential_pav(approved, int(params["seats"] or 0), ties=ties)
    return seated(
        "sequential_pav",
        evidence,
        params,
        columns=[seat.column for seat in seats],
        scores=[seat.score for seat in seats],
        steps=[_step(int(ids[seat.column]), seat) for seat in seats],
        ties=ties,
    )


def _step(statement: int, seat: Seat) -> Step:
    detail = (("supporters", seat.supporters), ("newly_represented", seat.newly_represented))
    return Step(statement, seat.score, detail)

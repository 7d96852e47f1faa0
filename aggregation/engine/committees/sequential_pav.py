"""Sequential proportional approval voting: every part of the panel gets its share of the seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals, approval_ties, approvals
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated
from aggregation.engine.ties import TieBreaker


@dataclass(frozen=True)
class Seat:
    """One seat: the column that won it, its score then, how many people agreed with it, and how
    many of those had no statement they agreed with among the seats so far."""

    column: int
    score: float
    supporters: int
    newly_represented: int


class Shares:
    """The parts 1, 1/2, 1/3 ... of a person's support, added up exactly.

    ``parts[j]`` is what a person supports a statement with if j others share that support.
    """

    def __init__(self, most: int) -> None:
        self.parts: NDArray[np.float64] = 1.0 / np.arange(1, most + 2)
        self._common = 1
        self._cofactors: list[int] = []

    def exact(self, held: NDArray[np.int64]) -> tuple[int, int]:
        """(numerator, denominator) of the sum over j of held[j] / (j + 1)."""
        if len(held) > len(self._cofactors):
            self._common = lcm(self._common, *range(len(self._cofactors) + 1, len(held) + 1))
            self._cofactors = [self._common // part for part in range(1, len(held) + 1)]
        pairs = zip(held.tolist(), self._cofactors, strict=False)
        return sum(count * cofactor for count, cofactor in pairs), self._common


def sequential_pav(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[Seat, ...]:
    """Fill seats one after the other with the statement that adds most satisfaction.

    A participant with j statements they agree with among the seats adds 1 / (j + 1) to the score
    of each further one they agree with. The highest score wins the seat, until the seats are
    filled or nobody agrees with any statement left; fewer than ``seats`` may be returned.

    Scores are kept and only the winner's supporters change them. Statements whose scores come
    close are compared as exact fractions, so rounding never decides. O(nnz + seats · m) and the
    ballots of each winner's supporters.
    Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval Preferences, rule 4.
    """
    satisfied = np.zeros(approved.n_participants, dtype=np.int64)
    scores = np.where(approved.masses > 0, approved.masses.astype(np.float64), -np.inf)
    shares, filled = Shares(seats + 1), list[Seat]()
    lost = shares.parts[:-1] - shares.parts[1:]

    def exact(column: int) -> Fraction:
        return Fraction(*shares.exact(_by_satisfaction(approved, column, satisfied)))

    for number in range(1, min(seats, int(np.count_nonzero(approved.masses))) + 1):
        winner = ties.best(scores, exact, f"seat {number}")
        people = approved.supporters(winner)
        before = satisfied[people]
        numerator, denominator = shares.exact(_by_satisfaction(approved, winner, satisfied))
        score = numerator / (denominator * approved.scale)
        fresh = len(people) - int(np.count_nonzero(before))
        filled.append(Seat(winner, score, len(people), fresh))
        scores -= approved.column_sums(people, lost[before])
        scores[winner] = -np.inf
        satisfied[people] = before + 1
    return tuple(filled)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen (a policy of ``approvals``)."""
    approved = approvals(evidence.matrix, str(params["unseen"]))
    ids = evidence.matrix.statement_ids
    ties = approval_ties(approved, ids)
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


def _by_satisfaction(
    approved: Approvals, column: int, satisfied: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64: what the supporters count together, by how many statements they already have."""
    levels = satisfied[approved.supporters(column)]
    return np.bincount(levels, weights=approved.supporting(column)).astype(np.int64)


def _step(statement: int, seat: Seat) -> Step:
    detail = (("supporters", seat.supporters), ("newly_represented", seat.newly_represented))
    return Step(statement, seat.score, detail)

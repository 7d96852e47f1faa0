"""Reverse sequential PAV: start from all statements and drop, one by one, what is missed least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.committees.exact import Remembered, Shares
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated, tie_breaker
from aggregation.engine.ties import CLOSE, TieBreaker


@dataclass(frozen=True)
class Place:
    """One statement and the satisfaction lost when it goes, the better places being filled.

    supporters : people who agree with it.
    only_one   : those of them who agree with none of the better places.
    """

    column: int
    score: float
    supporters: int
    only_one: int


def reverse_sequential_pav(
    approved: Approvals, seats: int, *, ties: TieBreaker
) -> tuple[Place, ...]:
    """The ``seats`` statements that are left when the others have been dropped, best first.

    A participant who agrees with j of the statements left misses 1 / j if one of them goes. The
    statement that is missed least goes first. Statements nobody agrees with are never taken.
    Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval Preferences, ch. 2.
    """
    return places(approved, ties=ties)[:seats]


def places(approved: Approvals, *, ties: TieBreaker) -> tuple[Place, ...]:
    """All statements that someone agrees with, the last to go first.

    Kept as in ``sequential_pav``: what is missed changes with the supporters of what went. Close
    calls are decided by fractions. O(m²) and the square of the ballots.
    """
    held = approved.ballot_sizes.copy()
    shares = Shares(int(held.max(initial=0)) + 1)
    # missed[j] is 1 / j; grown[j] is how much more is missed once j are j - 1.
    missed = np.concatenate(([0.0], shares.parts))
    grown = np.concatenate(([0.0, 0.0], -np.diff(shares.parts)))
    everyone = np.flatnonzero(held).astype(np.int32)
    scores = approved.column_sums(everyone, missed[held[everyone]])
    scores[approved.masses == 0] = np.inf
    gone: list[Place] = []

    def lost(column: int) -> Fraction:
        left = held[approved.supporters(column)] - 1
        return Fraction(*shares.exact(approved.counted(column, left)))

    bottom = _Bottom(Remembered(lost, approved.n_statements), ties)
    for left in range(int(np.count_nonzero(approved.masses)), 0, -1):
        column = bottom.least(scores, f"place {left}")
        people = approved.supporters(column)
        before = held.take(people)
        total, parts = shares.exact(approved.counted(column, before - 1))
        alone = len(people) - int(np.count_nonzero(before - 1))
        gone.append(Place(column, total / (parts * approved.scale), len(people), alone))
        changes = approved.column_sums(people, grown.take(before))
        bottom.exact.forget(changes)
        scores += changes
        scores[column] = np.inf
        held[people] = before - 1
    return tuple(reversed(gone))


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen (a policy of ``approvals``).

    The trace starts with the first statement to go; ``place`` tells how many were left then.
    """
    approved = approvals(evidence.matrix, str(params["unseen"]))
    ids, seats = evidence.matrix.statement_ids, int(params["seats"] or 0)
    ties = tie_breaker(evidence)
    found = places(approved, ties=ties)
    scores = np.zeros(approved.n_statements)
    scores[[place.column for place in found]] = [place.score for place in found]
    steps = [_step(int(ids[place.column]), at, place) for at, place in enumerate(found, start=1)]
    return seated(
        "reverse_sequential_pav",
        evidence,
        params,
        columns=[place.column for place in found[:seats]],
        scores=[place.score for place in found[:seats]],
        steps=steps[::-1],
        ties=ties,
        all_scores=scores,
    )


class _Bottom:
    """Finds what is missed least, and writes each tie down once."""

    def __init__(self, exact: Remembered, ties: TieBreaker) -> None:
        self.exact = exact
        self._ties = ties
        self._written: frozenset[int] = frozenset()

    def least(self, scores: NDArray[np.float64], where: str) -> int:
        """The column of the lowest score; of level ones the last by the rule for ties."""
        low = float(scores.min())
        close = np.flatnonzero(scores <= low + CLOSE * max(1.0, low)).tolist()
        if len(close) == 1:
            return int(close[0])
        values = [self.exact(at) for at in close]
        least = min(values)
        level = [at for at, value in zip(close, values, strict=True) if value == least]
        ordered = self._ties.order(level, where)
        # What is left of a tie when its last one has gone was already put in order.
        if len(level) > 1 and self._written.issuperset(level):
            self._ties.found.pop()
        elif len(level) > 1:
            self._written = frozenset(level)
        return ordered[-1]


def _step(statement: int, number: int, place: Place) -> Step:
    detail = (("supporters", place.supporters), ("only_one", place.only_one))
    return Step(statement, place.score, (("place", number), *detail))

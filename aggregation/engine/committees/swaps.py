"""A good selection without proof: fill seat by seat, then swap statements while that gains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.ties import CLOSE, TieBreaker

ROUNDS = 200
"""Swaps made at most."""


def swapped(approved: Approvals, seats: int, levels: int, *, ties: TieBreaker) -> tuple[int, ...]:
    """Columns, ascending, that no swap of two statements betters by a score that floats can see.

    Seats are filled with the statement that adds most, then the best swap is made again and again.
    Such a selection by 1 / j satisfies EJR. Level statements: first in the order of ties.
    O(seats · nnz) per swap. Aziz et al. 2018, arXiv:1704.02453, section 4.
    """
    state = _State(approved, levels, ties)
    for _ in range(min(seats, int(np.count_nonzero(approved.totals)))):
        state.put(state.first_best(state.gains()))
    for _ in range(ROUNDS):
        swap = state.best_swap()
        if swap is None:
            break
        state.put(swap[0], -1)
        state.put(swap[1])
    return tuple(np.flatnonzero(state.chosen).tolist())


class _State:
    def __init__(self, approved: Approvals, levels: int, ties: TieBreaker) -> None:
        self.approved, self.levels = approved, levels
        self.places = ties.places()
        self.weights = (
            np.ones(approved.n_participants)
            if approved.weights is None
            else approved.weights / approved.unit
        )
        self.chosen = np.zeros(approved.n_statements, dtype=bool)
        self.satisfied = np.zeros(approved.n_participants, dtype=np.int64)

    def put(self, column: int, by: int = 1) -> None:
        """Add the statement, or take it out with by = -1."""
        self.chosen[column] = by > 0
        self.satisfied[self.approved.supporters(column)] += by

    def gains(self) -> NDArray[np.float64]:
        """float64[m]: what each statement adds; minus infinity for those chosen."""
        following = self.satisfied + 1
        worth = np.where(following <= self.levels, self.weights / following, 0.0)
        gains = np.bincount(
            self.approved.indices,
            weights=worth[self.approved.rows],
            minlength=self.approved.n_statements,
        )
        return np.where(self.chosen | (self.approved.totals == 0), -np.inf, gains)

    def first_best(self, scores: NDArray[np.float64]) -> int:
        top = scores.max()
        level = np.flatnonzero(scores >= top - CLOSE * max(1.0, abs(top)))
        return int(level[self.places[level].argmin()])

    def best_swap(self) -> tuple[int, int] | None:
        """(out, in) of the swap that gains most; None if none gains."""
        best: tuple[float, int, int] | None = None
        columns = np.flatnonzero(self.chosen)
        for out in columns[np.argsort(-self.places[columns])].tolist():
            self.put(out, -1)
            gains = self.gains()
            into = self.first_best(gains)
            gain = float(gains[into] - gains[out])
            self.put(out)
            if into != out and gain > CLOSE * max(1.0, gains[out]) and (not best or gain > best[0]):
                best = gain, out, into
        return best and (best[1], best[2])

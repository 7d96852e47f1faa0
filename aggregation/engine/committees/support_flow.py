"""Support divided over selected statements, rearranged to make room for one more."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.committees.budgets import Rows
from aggregation.engine.errors import EngineError

CELLS = 2**25
"""Participants times seats that are worked on at most (three arrays of 8 bytes per cell)."""
_NOTHING = 1e-12
"""Share of a person's weight that is taken for nothing."""


class SupportFlow:
    """How everybody's support is divided over the seats, each of which gets the same.

    likes  : float64[n, seats], 1 where a participant agrees with the statement in the seat.
    given  : float64[n, seats], weight given to it. value : what every seat gets, exactly.
    """

    def __init__(self, approved: Approvals, seats: int) -> None:
        n = approved.n_participants
        if n * seats > CELLS:
            raise EngineError("too_large", participants=n, statements=seats)
        self.approved = approved
        self.weights = (
            np.ones(n) if approved.weights is None else approved.weights.astype(np.float64)
        )
        self.likes = np.zeros((n, seats), order="F")
        self.given = np.zeros((n, seats))
        self.rows: list[Rows] = []
        self.filled = 0
        self.value = Fraction(int(approved.totals.sum()) + 1)
        self._uncovered, self._covered = self.weights.copy(), 0
        self._last: _Rearrangement | None = None
        # Values are fractions of whole numbers over at most ``seats``, so two of them differ by
        # more than twice this.
        self.enough = 0.4 / max(seats, 1) ** 2

    def bound_with(self, column: int, bound: Fraction) -> Fraction:
        """At least the maximin support with this statement: everyone's weight, shared by all."""
        more = int(self._uncovered[self.approved.supporters(column)].sum())
        return min(bound, self.value, Fraction(self._covered + more, self.filled + 1))

    def support_with(self, column: int, bound: Fraction) -> Fraction:
        """The maximin support with this statement added. bound : not below it."""
        self._last = _Rearrangement(self, column)
        return self._last.settle(min(self._cheap_bound(column, bound), self.value))

    def division_with(self, column: int, value: Fraction) -> NDArray[np.float64]:
        """float64[n, filled + 1]: who gives what with this statement, whose value is known."""
        if self._last is not None and self._last.column == column:
            return self._last.given
        change = _Rearrangement(self, column)
        change.settle(value)
        return change.given

    def add(self, column: int, value: Fraction, division: NDArray[np.float64]) -> None:
        """Give a seat to the statement."""
        seat = self.filled
        self.given[:, : seat + 1] = division
        self.likes[self.approved.supporters(column), seat] = 1.0
        self.filled, self.value, self._last = seat + 1, value, None
        rows = self.approved.supporters(column).astype(np.intp)
        self.rows.append(rows)
        self._covered += int(self._uncovered[rows].sum())
        self._uncovered[rows] = 0.0

    def covered(self, column: int, seats: NDArray[np.bool_]) -> int:
        """Weight of everyone who agrees with the statement or with one of these seats."""
        people = self.likes[:, : self.filled] @ seats.astype(np.float64) > 0
        people[self.approved.supporters(column)] = True
        return int(self.weights[people].sum())

    def _cheap_bound(self, column: int, bound: Fraction) -> Fraction:
        """Add the seat that brings in least people as long as that lowers the share of each."""
        alone = self.weights.copy()
        rows = self.approved.supporters(column)
        alone[rows] = 0.0
        likes = self.likes[:, : self.filled]
        weight, size = int(self.approved.totals[column]), 1
        left = np.ones(self.filled, dtype=bool)
        while left.any():
            more = np.where(left, alone @ likes, np.inf)
            seat = int(more.argmin())
            if more[seat] * size >= weight:
                break
            weight, size = weight + int(more[seat]), size + 1
            left[seat] = False
            alone *= 1.0 - likes[:, seat]
        return min(bound, Fraction(weight, size))


class _Rearrangement:
    """A division of support in the making, with a new statement in the last place.

    Everyone gives each seat the same share less than before, and the new statement is filled from
    what is free: from its own supporters, or from others along chains in which a seat hands
    supporters on and gets new ones.
    """

    def __init__(self, flow: SupportFlow, column: int) -> None:
        self.flow, self.column, size = flow, column, flow.filled + 1
        self.rows = [*flow.rows, flow.approved.supporters(column).astype(np.intp)]
        self.given = np.zeros((len(flow.weights), size))
        self.given[:, :-1] = flow.given[:, : flow.filled]
        self.crumbs = _NOTHING * flow.weights
        # Less than this is not followed; all of it together is far less than ``enough``.
        self.least = flow.enough * 1e-2 / size**2

    def settle(self, target: Fraction) -> Fraction:
        """Lower the target until every seat gets it."""
        while True:
            self._scale(target)
            reached = self._fill(float(target))
            if reached is None:
                return target
            weight = self.flow.covered(self.column, reached[:-1])
            found = Fraction(weight, int(np.count_nonzero(reached)))
            if found >= target:
                # Only crumbs were overlooked: look for smaller ones.
                self.least *= 1e-3
            target = min(found, target)

    def _scale(self, target: Fraction) -> None:
        """Take from everyone's gifts until no seat gets more than the target."""
        got = self.given.sum(axis=0)
        self.given *= np.minimum(1.0, float(target) / np.maximum(got, float(target)))
        free = self.flow.weights - self.given.sum(axis=1)
        self.free = np.where(free > self.crumbs, free, 0.0)

    def _fill(self, target: float) -> NDArray[np.bool_] | None:
        """Fill the new statement up; else the seats that no free support can be led to."""
        new = self.given.shape[1] - 1
        while (missing := target - float(self.given[:, new].sum())) > self.flow.enough:
            chain, reached = self._chain(new)
            if chain is None:
                return reached
            self._hand_on(chain, missing)
        return None

    def _chain(self, new: int) -> tuple[list[int] | None, NDArray[np.bool_]]:
        """The shortest way from the new statement to a seat whose supporters have support free."""
        before = np.full(new + 1, -1)
        reached = np.zeros(new + 1, dtype=bool)
        reached[new] = True
        front = [new]
        while front:
            free = {seat: float(self.free.take(self.rows[seat]).sum()) for seat in front}
            seat = max(free, key=lambda at: free[at])
            if free[seat] > self.least:
                chain = [seat]
                while chain[-1] != new:
                    chain.append(int(before[chain[-1]]))
                return chain[::-1], reached
            following: list[int] = []
            for seat in front:
                reach = self.given.take(self.rows[seat], axis=0).sum(axis=0)
                fresh = np.flatnonzero((reach > self.least) & ~reached).tolist()
                reached[fresh] = True
                before[fresh] = seat
                following.extend(fresh)
            front = following
        return None, reached

    def _hand_on(self, chain: list[int], missing: float) -> None:
        """Each seat of the chain takes supporters from the next, the last one what is free."""
        last = self.rows[chain[-1]]
        spare = self.free[last]
        links = [
            (taker, giver, self.given[self.rows[taker], giver]) for taker, giver in pairwise(chain)
        ]
        amount = min([missing, spare.sum(), *(both.sum() for _, _, both in links)])
        for taker, giver, both in links:
            rows, moved = self.rows[taker], both * (amount / both.sum())
            self.given[rows, taker] += moved
            self.given[rows, giver] = self._cleared(both - moved, rows)
        moved = spare * (amount / spare.sum())
        self.given[last, chain[-1]] += moved
        self.free[last] = self._cleared(spare - moved, last)

    def _cleared(self, amounts: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
        return np.where(amounts > self.crumbs[rows], amounts, 0.0)

"""The chances that an algorithm gives, if panels could have fractions of people.

These are an upper bound: a panel is a point of this polytope. Where the fractional panel they
belong to is a mixture of panels (``rounding``, ``mixing``), they are the true chances.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_array, diags_array, hstack, vstack

from .errors import LotteryError
from .kinds import Floats
from .panels import Panels

PRECISION: Final = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
# A price this small is rounding noise. The prices of a stage sum to 1.
NOISE: Final = 1e-6


class Chances(NamedTuple):
    """of_kind : shape (kinds,), of one person of each kind. target : expected count of each."""

    of_kind: Floats
    target: Floats


class Relaxed:
    """The polytope of fractional panels, of kinds that can be drawn at all."""

    def __init__(self, panels: Panels, reachable: np.ndarray | None = None) -> None:
        kinds = len(panels.kinds)
        self.people = panels.kinds.people.astype(float)
        self.seats = panels.seats
        self.reachable = np.ones(kinds, dtype=bool) if reachable is None else reachable
        self.most = np.where(self.reachable, self.people, 0.0)
        cells = panels.matrix[1:]
        self.rows = vstack([cells, -cells]).tocsr()
        self.limits = np.concatenate([panels.highest[1:], -panels.lowest[1:]])

    def leximin(self) -> Chances:
        """Raise the smallest chance as far as it goes, then the next smallest, and so on.

        Each stage fixes the kinds whose price is positive: they are at this chance in every
        solution (strict complementarity; Flanigan et al., supplement 8). Fewer stages than
        kinds: about as many as there are values with a quota.
        """
        chances = np.where(self.reachable, np.nan, 0.0)
        target = np.zeros(len(chances))
        ease = 0.0
        while np.isnan(chances).any():
            level, prices, solution = self._stage(chances, ease)
            if solution is None:
                ease = _eased(ease)
                continue
            stuck = np.isnan(chances) & (prices > NOISE)
            chances[stuck if stuck.any() else np.isnan(chances)] = max(0.0, level)
            target = solution
        return Chances(chances, target)

    def maximin(self) -> Chances:
        """Raise the smallest chance as far as it goes; then lower the largest one."""
        unreached = np.where(self.reachable, np.nan, 0.0)
        level, _prices, solution = self._stage(unreached, 0.0)
        if solution is None:
            raise LotteryError("unsolved", status=2)
        if level <= NOISE:  # some can only be drawn in fractions of nobody; look at the others
            return self.leximin()
        floor = np.where(self.reachable, level, 0.0)
        target = self._lowest_top(floor * self.people)
        if target is None:
            target = solution
        return Chances(target / self.people, target)

    def _stage(self, chances: Floats, ease: float) -> tuple[float, Floats, Floats | None]:
        """The highest level for everyone who is not fixed; prices of the kinds; a solution."""
        free = np.isnan(chances)
        at = np.flatnonzero(free)
        above = hstack(
            [-_pick(at, len(free)), csr_array(self.people[at][:, None])]
        )  # level · people ≤ count
        answer = self._solve(
            np.append(np.zeros(len(free)), -1.0),
            vstack([above, hstack([self.rows, csr_array((self.rows.shape[0], 1))])]),
            np.concatenate([np.zeros(len(at)), self.limits]),
            np.where(free, 0.0, np.maximum(0.0, np.nan_to_num(chances) * self.people - ease)),
        )
        if answer.status != 0:
            return 0.0, chances, None
        prices = np.zeros(len(free))
        prices[at] = -answer.ineqlin.marginals[: len(at)] * self.people[at]
        return float(-answer.fun), prices, answer.x[:-1]

    def _lowest_top(self, floor: Floats) -> Floats | None:
        """The counts whose largest chance is smallest, none below ``floor``."""
        below = hstack([diags_array(1 / self.people), csr_array(-np.ones((len(floor), 1)))])
        answer = self._solve(
            np.append(np.zeros(len(floor)), 1.0),
            vstack([below, hstack([self.rows, csr_array((self.rows.shape[0], 1))])]),
            np.concatenate([np.zeros(len(floor)), self.limits]),
            np.maximum(0.0, floor),
        )
        return None if answer.status != 0 else answer.x[:-1]

    def _solve(
        self, price: Floats, rows: csr_array, limits: Floats, lowest: Floats
    ) -> OptimizeResult:
        """One linear program over the counts of the kinds and one level from 0 to 1."""
        everyone = np.append(np.ones(len(lowest)), 0.0)[None]
        return linprog(
            price,
            A_ub=rows.tocsr(),
            b_ub=limits,
            A_eq=csr_array(everyone),
            b_eq=[self.seats],
            bounds=np.column_stack([np.append(lowest, 0.0), np.append(self.most, 1.0)]),
            method="highs",
            options=PRECISION,
        )


def _pick(at: np.ndarray, kinds: int) -> csr_array:
    return csr_array((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), kinds))


def _eased(ease: float) -> float:
    """What is fixed was computed to a billionth; a later stage may need that much room."""
    if ease > 1e-6:
        raise LotteryError("unsolved", status=2)
    return max(1e-10, ease * 4)

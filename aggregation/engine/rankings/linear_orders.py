"""Best linear orders: whole-number programs over who stands above whom, solved by HiGHS.

One variable per pair j < k says whether j stands above k. An assignment is an order if no three
statements run in a circle; of these triangle rules only those that a solution breaks are added.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from aggregation.engine.errors import EngineError

# Solutions are whole numbers up to this; HiGHS works to 1e-6.
_WHOLE = 1e-5
_CUTS_EACH_ROUND = 2000


@dataclass(eq=False)
class LinearOrders:
    """The linear orders of ``size`` statements that are still allowed.

    Triangle rules found once are kept for all later questions.
    nodes : branch-and-bound nodes after which a question is given up, so that the answer never
            depends on a clock.
    """

    size: int
    nodes: int
    _rows: list[Any] = field(default_factory=list)
    _floors: list[tuple[NDArray[np.float64], float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.high, self.low = np.triu_indices(self.size, 1)
        self._least = np.zeros(len(self.high))
        self._most = np.ones(len(self.high))

    def at_least(self, weights: NDArray[np.int64], floor: int) -> None:
        """Allow only orders whose ``value`` reaches the floor."""
        self._floors.append((weights.astype(np.float64), floor - 0.5))

    def fix(self, pair: int, above: bool) -> None:
        """Settle one pair."""
        self._least[pair] = self._most[pair] = float(above)

    def best(self, weights: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool[pairs]: an allowed order with the highest sum of weights of the pairs above.

        Raises EngineError("kemeny_not_proven"), also if no order is allowed.
        """
        found = self._search(weights, self._least)
        if found is None:
            raise EngineError("kemeny_not_proven", statements=self.size, nodes=self.nodes)
        return found

    def best_with(self, weights: NDArray[np.int64], pair: int) -> NDArray[np.bool_] | None:
        """The same among those that have this pair above, None if there are none."""
        least = self._least.copy()
        least[pair] = 1.0
        return self._search(weights, least)

    def _search(
        self, weights: NDArray[np.int64], least: NDArray[np.float64]
    ) -> NDArray[np.bool_] | None:
        whole = False
        while True:
            found = self._relaxed(weights, least, whole)
            if found is None:
                return None
            broken = self._broken(found)
            if len(broken[0]):
                self._rows.append(self._triangles(*broken))
            elif np.abs(found - np.rint(found)).max(initial=0) < _WHOLE:
                return self._checked(found > 0.5)
            else:
                whole = True

    def _checked(self, above: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What was asked of the sums holds exactly, not only as far as the solver can tell."""
        if any(row[above].sum() < floor for row, floor in self._floors):
            raise EngineError("kemeny_not_proven", statements=self.size, nodes=self.nodes)
        return above

    def _relaxed(
        self, weights: NDArray[np.int64], least: NDArray[np.float64], whole: bool
    ) -> NDArray[np.float64] | None:
        """The best point that keeps the rules known so far; None if there is none."""
        constraints = []
        if self._rows:
            constraints.append(LinearConstraint(vstack(self._rows, format="csr"), 0, 1))
        constraints += [LinearConstraint(row[None, :], floor) for row, floor in self._floors]
        answer = milp(
            -weights.astype(np.float64),
            integrality=np.full(len(weights), int(whole)),
            bounds=Bounds(least, self._most),
            constraints=constraints,
            options={"node_limit": self.nodes, "mip_rel_gap": 0.0},
        )
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise EngineError("kemeny_not_proven", statements=self.size, nodes=self.nodes)
        return np.asarray(answer.x, dtype=np.float64)

    def _broken(
        self, found: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Triples a < b < c that run in a circle, worst first, not too many."""
        above = np.zeros((self.size, self.size))
        above[self.high, self.low] = found
        parts = [_circles(above, first) for first in range(self.size - 2)]
        if not parts:
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing, nothing
        too_far = np.concatenate([part[2] for part in parts])
        worst = np.argsort(-too_far, kind="stable")[:_CUTS_EACH_ROUND]
        first = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        second = np.concatenate([part[0] for part in parts])
        third = np.concatenate([part[1] for part in parts])
        return first[worst], second[worst], third[worst]

    def _triangles(
        self, first: NDArray[np.int64], second: NDArray[np.int64], third: NDArray[np.int64]
    ) -> Any:
        """Rows of x_ab + x_bc - x_ac, between 0 and 1 in every order."""
        number = np.zeros((self.size, self.size), dtype=np.int64)
        number[self.high, self.low] = np.arange(len(self.high))
        row = np.arange(len(first))
        columns = np.concatenate(
            [number[first, second], number[second, third], number[first, third]]
        )
        signs = np.repeat([1.0, 1.0, -1.0], len(first))
        shape = (len(first), len(self.high))
        return csr_array((signs, (np.tile(row, 3), columns)), shape=shape)


def _circles(
    above: NDArray[np.float64], first: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Second and third of the triples from ``first`` that run in a circle, and how much so."""
    later = above[first, first + 1 :]
    sums = later[:, None] + above[first + 1 :, first + 1 :] - later
    too_far = np.triu(np.maximum(sums - 1, -sums), 1)
    second, third = np.nonzero(too_far > _WHOLE)
    return second + first + 1, third + first + 1, too_far[second, third]

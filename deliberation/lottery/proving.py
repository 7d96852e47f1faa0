"""The chances of an algorithm over whole panels only, by column generation.

Needed where fractional panels promise more than whole ones can keep, as with very tight quotas in
small pools. Flanigan et al. 2021, supplement 8, on kinds of people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

from .errors import LotteryError
from .kinds import Floats, Ints
from .panels import Panels
from .relaxed import NOISE, PRECISION

ENOUGH: Final = 1e-7  # of a chance: what another panel could still add


class Proven(NamedTuple):
    """of_kind : shape (kinds,), at least so much chance for one person of each kind.
    panels, weights : a mixture that gives it. bound : no one can raise the smallest above it."""

    of_kind: Floats
    panels: list[Ints]
    weights: Floats
    bound: float


class _Stage(NamedTuple):
    """The linear program over the known panels: its level, the prices of the kinds, the weights,
    and the value of one panel at these prices."""

    level: float
    prices: Floats
    weights: Floats
    worth: float


def proven(
    panels: Panels,
    start: Sequence[Ints],
    reachable: np.ndarray,
    *,
    stages: int | None,
    progress: Callable[[float], None],
) -> Proven:
    """Leximin over all panels; after ``stages`` stages the rest stays as it is (1 is maximin).

    start : panels that are known, at least one. reachable : kinds that some panel has.
    progress : told the share of kinds whose chance is settled.
    """
    columns = _Columns(panels, start)
    chances = np.where(reachable, np.nan, 0.0)
    bound = None
    done = 0
    while np.isnan(chances).any():
        stage = columns.settle(chances)
        bound = stage.level if bound is None else bound
        free = np.isnan(chances)
        stuck = free & (stage.prices > NOISE)
        done += 1
        last = done == stages or not stuck.any()
        chances[free if last else stuck] = max(0.0, stage.level)
        progress(float(np.mean(~np.isnan(chances))))
    return Proven(chances, columns.panels, stage.weights, bound or 0.0)


class _Columns:
    def __init__(self, panels: Panels, start: Sequence[Ints]) -> None:
        self._source = panels
        self._people = panels.kinds.people.astype(float)
        self.panels = list({panel.tobytes(): panel for panel in start}.values())
        self._known = {panel.tobytes() for panel in self.panels}

    def settle(self, chances: Floats) -> _Stage:
        """One stage to its end: no panel is left that would raise the level."""
        while True:
            stage = self._solve(chances)
            new = self._better(stage)
            if new is None:
                return stage
            self._known.add(new.tobytes())
            self.panels.append(new)

    def _better(self, stage: _Stage) -> Ints | None:
        """A panel worth more than the known ones, or None if there is none."""
        weights = stage.prices / self._people
        for gap in (0.05, 0.0):
            found = self._source.search(weights, gap=gap)
            if found is None:
                raise LotteryError("infeasible")
            if found.most <= stage.worth + ENOUGH:
                return None
            gain = float(weights @ found.panel) - stage.worth
            if gain > ENOUGH and found.panel.tobytes() not in self._known:
                return found.panel
        return None

    def _solve(self, chances: Floats) -> _Stage:
        ease = 1e-9
        while True:
            stage = self._try(chances, ease)
            if stage is not None:
                return stage
            ease *= 10
            if ease > 1e-5:
                raise LotteryError("unsolved", status=2)

    def _try(self, chances: Floats, ease: float) -> _Stage | None:
        """Weights of the known panels with the highest level for kinds that are not fixed.

        ease : what is fixed was computed to a billionth, and may give way so much.
        """
        free = np.isnan(chances)
        of_panel = csr_array(np.array(self.panels).T / self._people[:, None])
        panels = len(self.panels)
        answer = linprog(
            np.append(np.zeros(panels), -1.0),
            A_ub=hstack([-of_panel, csr_array(free[:, None].astype(float))]).tocsr(),
            b_ub=np.where(free, 0.0, ease - np.nan_to_num(chances)),
            A_eq=csr_array(np.append(np.ones(panels), 0.0)[None]),
            b_eq=[1.0],
            bounds=(0, None),
            method="highs-ds",
            options=PRECISION,
        )
        if answer.status != 0:
            return None
        return _Stage(
            level=float(-answer.fun),
            prices=np.maximum(0.0, -answer.ineqlin.marginals),
            weights=np.maximum(0.0, answer.x[:-1]),
            worth=float(-answer.eqlin.marginals[0]),
        )

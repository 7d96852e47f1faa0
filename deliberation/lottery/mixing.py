"""The mixture of panels nearest to given counts: Wolfe's algorithm for the nearest point.

Wolfe 1976, Finding the nearest point in a polytope. It asks for one panel after the other, the
heaviest in the direction that is still missing, and is done after about as many as there are
kinds. The usual linear program asks for two to four times as many, since its prices jump about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from .kinds import Floats, Ints
from .panels import Panels

NEAR: Final = 1e-8  # of a person's chance
_NOTHING: Final = 1e-12


class Mixture(NamedTuple):
    """panels, weights : the mixture. missing : largest difference of any person's chance.
    asked : every panel that was found on the way."""

    panels: list[Ints]
    weights: Floats
    missing: float
    asked: list[Ints]


def mix(
    panels: Panels, target: Floats, start: Sequence[Ints], *, progress: Callable[[float], None]
) -> Mixture | None:
    """The mixture of panels whose expected counts are ``target``; None if there is none.

    start : panels that are known, at least one. progress : told a share from 0 to 1.
    """
    pool = _Pool(panels, target, start)
    active = [int(np.argmin((pool.away**2).sum(axis=1)))]
    weights = np.ones(1)
    begin = max(2 * NEAR, pool.distance(active, weights))
    for _round in range(20 * len(target)):
        missing = -(weights @ pool.away[active])
        distance = pool.distance(active, weights)
        progress(float(np.log(begin / distance) / np.log(begin / NEAR)) if distance else 1.0)
        if distance < NEAR:
            return Mixture([pool.panels[at] for at in active], weights, distance, pool.panels)
        new = pool.towards(missing, active)
        if new is None:
            return None
        active, weights = _balanced(pool.away, [*active, new], np.append(weights, 0.0))
    return None


class _Pool:
    """Known panels, as differences from the target."""

    def __init__(self, panels: Panels, target: Floats, start: Sequence[Ints]) -> None:
        self._source, self._target = panels, target
        self.panels: list[Ints] = []
        self.away: Floats = np.empty((0, len(target)))
        self._known: set[bytes] = set()
        for panel in start:
            self._add(panel)

    def _add(self, panel: Ints) -> int:
        if panel.tobytes() not in self._known:
            self._known.add(panel.tobytes())
            self.panels.append(panel)
            self.away = np.vstack([self.away, panel - self._target])
        return len(self.panels) - 1

    def distance(self, active: list[int], weights: Floats) -> float:
        """Largest difference of a person's chance."""
        off = weights @ self.away[active]
        return float(np.abs(off / self._source.kinds.people).max())

    def towards(self, missing: Floats, active: list[int]) -> int | None:
        """A panel further in this direction than the mixture; None if the target is out of reach.

        Known ones first; then any the solver finds, and only at the end the best there is.
        """
        now = -float(missing @ missing)
        known = self.away @ missing
        best = int(np.argmax(known))
        if best not in active and known[best] > now / 2:
            return best
        for gap in (0.05, 0.0):
            found = self._source.search(missing, gap=gap)
            offset = float(missing @ self._target)
            if found is None or found.most - offset < now * 1e-6:
                return None  # the direction proves that no mixture reaches the target
            if float(missing @ found.panel) - offset > now * (1 - 1e-6):
                number = self._add(found.panel)
                if number not in active:
                    return number
        return None


def _balanced(away: Floats, active: list[int], weights: Floats) -> tuple[list[int], Floats]:
    """The nearest mixture of these panels; those it does not need go."""
    while True:
        best = _affine(away[active])
        if (best > _NOTHING).all():
            return active, best
        falling = best <= _NOTHING
        drop = weights[falling] - best[falling]
        step = float(min(1.0, (weights[falling] / np.maximum(drop, _NOTHING)).min()))
        weights = weights + step * (best - weights)
        keep = weights > _NOTHING
        if keep.all():
            keep[int(np.argmin(weights))] = False
        active = [at for at, stays in zip(active, keep, strict=True) if stays]
        weights = weights[keep] / weights[keep].sum()


def _affine(points: Floats) -> Floats:
    """Coefficients, sum 1, of the point nearest to 0 in the affine hull of the points."""
    gram = points @ points.T + 1.0
    ones = np.ones(len(points))
    try:
        answer = np.linalg.solve(gram, ones)
    except np.linalg.LinAlgError:
        answer = np.linalg.lstsq(gram, ones, rcond=None)[0]
    coefficients: Floats = answer / answer.sum()
    return coefficients

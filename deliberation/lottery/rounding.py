"""Writing a fractional panel as a mixture of panels, one corner after the other.

Whole numbers next to the fractions make a panel; the mixture gives it as much weight as the rest
allows, what remains has one more whole number, and so on (Grötschel, Lovász, Schrijver 1988,
theorem 6.5.11). That ends after at most (kinds + values) panels. It stops early only if what
remains lies on a face of the polytope that holds no panel; then ``mixing`` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from .kinds import Floats, Ints
from .panels import Panels

WHOLE: Final = 1e-8  # nearer than this to a whole number is whole
DONE: Final = 1e-7  # weight that need not be given any more: it moves no chance by more
# Any panel on the face will do. A heavier one takes a longer step.
_GAP: Final = 0.05


def round_apart(
    panels: Panels, target: Floats, *, progress: Callable[[float], None]
) -> tuple[list[Ints], Floats, float]:
    """Panels, their weights, and the weight that is left (0 if the mixture is complete).

    target : shape (kinds,), expected count of each kind. progress : told the share that is done.
    The weighted sum of the panels and what is left is ``target`` to about 1e-9.
    """
    steps = list(_steps(panels, _snapped(target), progress))
    left = 1.0 - sum(weight for weight, _panel in steps)
    complete = left < DONE
    weights = np.array([weight for weight, _panel in steps])
    return [panel for _weight, panel in steps], weights, 0.0 if complete else left


def _steps(
    panels: Panels, rest: Floats, progress: Callable[[float], None]
) -> Iterator[tuple[float, Ints]]:
    left = 1.0
    box = _around(rest)
    sums = _around(_snapped(panels.matrix @ rest))
    for _step in range(2 * (len(rest) + len(sums[0]))):
        totals = panels.matrix @ rest
        share = np.clip(rest - box[0], 1e-6, 1 - 1e-6)
        # Rounding errors grow as what remains is scaled up.
        near = min(1e-3, WHOLE / left)
        within, of_sums = _face(rest, box, near), _face(totals, sums, near)
        found = panels.search(np.log(share / (1 - share)), within=within, sums=of_sums, gap=_GAP)
        if found is None:
            return
        room = min(
            _room(rest, found.panel - rest, within),
            _room(totals, panels.matrix @ found.panel - totals, of_sums),
        )
        weight = left if np.isinf(room) else left * room / (1 + room)
        yield weight, found.panel
        left -= weight
        if left < DONE:
            return
        rest = np.clip(rest - room * (found.panel - rest), *box)
        progress(float(np.mean(np.abs(rest - np.rint(rest)) < near)))


def _around(numbers: Floats) -> tuple[Floats, Floats]:
    return np.floor(numbers), np.ceil(numbers)


def _snapped(numbers: Floats) -> Floats:
    near = np.rint(numbers)
    return np.where(np.abs(numbers - near) < WHOLE, near, numbers)


def _face(at: Floats, box: tuple[Floats, Floats], near: float) -> tuple[Floats, Floats]:
    """What has reached its lowest or highest value stays there."""
    low, high = box
    return np.where(at >= high - near, high, low), np.where(at <= low + near, low, high)


def _room(at: Floats, away: Floats, face: tuple[Floats, Floats]) -> float:
    """How far one can go from ``at`` against ``away`` on the face.

    What stays where it is does not count: its rounding error grows as less and less is left.
    """
    low, high = face
    free = high > low
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.where(free & (away > 0), (at - low) / away, np.inf)
        up = np.where(free & (away < 0), (high - at) / -away, np.inf)
    return max(0.0, float(min(down.min(), up.min())))

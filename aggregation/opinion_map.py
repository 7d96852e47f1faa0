"""The map of opinions as shapes. Pure: places in, paths out; no ids, no single person marked.

People who stand close together become one mark, larger the more they are. Each group has a
shape of its own, so that the map can be read without colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, MARGIN = 640, 480, 34
CELLS = 56  # across the width
SMALLEST, LARGEST = 4.2, 17.0  # half the width of a mark
# This share of people on either side may lie so far out that they are drawn at the edge.
OUTLIERS = 0.5  # percent
UNGROUPED = -1


@dataclass(frozen=True)
class Layer:
    """All marks of one group as one SVG path. ``shape`` is 0 to 4, or -1 for people in no group."""

    label: int
    shape: int
    path: str


@dataclass(frozen=True)
class Flag:
    """Where the name of a group stands."""

    label: int
    x: float
    y: float


@dataclass(frozen=True)
class OpinionMap:
    """Layers from the back to the front. Sizes are in the units of the view box.

    own : where the person stands who looks at it, None for everybody else.
    """

    width: int
    height: int
    layers: tuple[Layer, ...]
    flags: tuple[Flag, ...]
    own: Flag | None = None


def draw(
    places: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: Sequence[int],
    *,
    own: int | None = None,
) -> OpinionMap:
    """The map of people in the given order of groups, largest first.

    places : float64[n, 2]. labels : int64[n], -1 for people in no group.
    own    : row of the person who looks at it.
    """
    points = _to_page(places)
    layers, flags = [], []
    order = [UNGROUPED, *groups]
    for label in order:
        members = points[labels == label]
        if not len(members):
            continue
        shape = UNGROUPED if label == UNGROUPED else label % len(_SHAPES)
        path = "".join(_outline(shape, x, y, size) for x, y, size in _marks(members))
        layers.append(Layer(label, shape, path))
        if label != UNGROUPED:
            x, y = members.mean(axis=0)
            flags.append(Flag(label, round(float(x), 1), round(float(y), 1)))
    mine = None
    if own is not None:
        x, y = points[own].tolist()
        mine = Flag(int(labels[own]), round(x, 1), round(y, 1))
    return OpinionMap(WIDTH, HEIGHT, tuple(layers), tuple(flags), mine)


def outline(shape: int, size: float = 9.0, center: float = 12.0) -> str:
    """The shape of a group alone, for keys and headings (view box 24 by 24)."""
    return _outline(shape % len(_SHAPES), center, center, size)


def _to_page(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same scale on both axes; up is up; outliers are drawn at the edge."""
    if not len(places):
        return places.reshape(0, 2)
    low, high = np.percentile(places, [OUTLIERS, 100 - OUTLIERS], axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN], dtype=float)
    span = np.where(high > low, high - low, 1.0)
    scale = float((room / span).min())
    shifted = (places - (low + high) / 2) * scale * np.array([1.0, -1.0])
    inside = np.clip(shifted, -room / 2, room / 2)
    points: NDArray[np.float64] = inside + np.array([WIDTH / 2, HEIGHT / 2])
    return points


def _marks(points: NDArray[np.float64]) -> Iterable[tuple[float, float, float]]:
    """Place and size of one mark for each cell of a grid that holds anyone."""
    cell = WIDTH / CELLS
    keys = np.floor(points / cell).astype(np.int64)
    _, index = np.unique(keys, axis=0, return_inverse=True)
    index = index.reshape(-1)
    count = np.bincount(index)
    x = np.bincount(index, weights=points[:, 0]) / count
    y = np.bincount(index, weights=points[:, 1]) / count
    # The area of a mark grows with the number of people.
    size = np.minimum(SMALLEST * np.sqrt(count), LARGEST)
    return zip(x.tolist(), y.tolist(), size.tolist(), strict=True)


def _circle(x: float, y: float, r: float) -> str:
    half = f"a{r:.1f} {r:.1f} 0 1 0"
    return f"M{x - r:.1f} {y:.1f}{half} {2 * r:.1f} 0{half} {-2 * r:.1f} 0z"


def _polygon(corners: Iterable[tuple[float, float]], x: float, y: float, r: float) -> str:
    points = [f"{x + dx * r:.1f} {y + dy * r:.1f}" for dx, dy in corners]
    return f"M{'L'.join(points)}z"


def _regular(n: int, turn: float, scale: float) -> tuple[tuple[float, float], ...]:
    angles = (2 * math.pi * i / n + turn for i in range(n))
    return tuple((scale * math.sin(a), -scale * math.cos(a)) for a in angles)


_ARM = 0.36
_PLUS = (
    (-_ARM, -1.1), (_ARM, -1.1), (_ARM, -_ARM), (1.1, -_ARM), (1.1, _ARM), (_ARM, _ARM),
    (_ARM, 1.1), (-_ARM, 1.1), (-_ARM, _ARM), (-1.1, _ARM), (-1.1, -_ARM), (-_ARM, -_ARM),
)  # fmt: skip
# Scaled so that all shapes of one size have about the same area. None is the circle.
_SHAPES: tuple[tuple[tuple[float, float], ...] | None, ...] = (
    None,
    _regular(4, math.pi / 4, 1.25),
    _regular(3, 0.0, 1.5),
    _regular(4, 0.0, 1.35),
    _PLUS,
)


def _outline(shape: int, x: float, y: float, r: float) -> str:
    if shape == UNGROUPED:
        return _circle(x, y, r * 0.6)
    corners = _SHAPES[shape]
    return _circle(x, y, r) if corners is None else _polygon(corners, x, y, r)

"""How well people's groups are set apart: the silhouette (Rousseeuw 1987).

For someone at distance a from their own group and b from the next one, both on average, it is
(b - a) / max(a, b): near 1 well inside, around 0 between two groups, below 0 nearer to another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.lanczos import inner


def distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[p, p] between all points. O(p²): meant for base clusters."""
    squares = np.zeros((len(points), len(points)))
    for axis in points.T:
        squares += np.subtract.outer(axis, axis) ** 2
    return np.sqrt(squares)


def silhouette_values(
    distance: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """float64[p], -1 to 1, of points that each stand for ``weight`` people in one place.

    labels : int64[p], 0 to G - 1 with G > 1. Someone alone in their group counts 0.
    """
    k = int(labels.max()) + 1
    every = np.arange(len(labels))
    member = np.zeros((k, len(labels)))
    member[labels, every] = weights
    size = np.sum(member, axis=1)
    reach = np.stack([np.sum(distance * mass, axis=1) for mass in member], axis=1)
    own_size = size[labels]
    own = reach[every, labels] / np.maximum(own_size - 1, 1)
    away = reach / np.where(size > 0, size, 1.0)
    away[every, labels] = np.inf
    other = away.min(axis=1)
    widest = np.maximum(own, other)
    ratio = (other - own) / np.where(widest > 0, widest, 1.0)
    return np.where((own_size > 1) & (widest > 0), ratio, 0.0)


def mean_silhouette(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Over all people; 0 if they weigh nothing."""
    total = float(np.sum(weights))
    return inner(values, weights) / total if total > 0 else 0.0

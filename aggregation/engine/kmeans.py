"""k-means on weighted points, seeded, and the silhouette that judges it.

Points come in a canonical order and carry weights, so the result depends on the set of points and
the seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Points per block of distances: 2,048 x 100 floats stay in the processor's cache.
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Partition:
    """labels : int64[p], centers : float64[k, d], inertia : weighted sum of squared distances."""

    labels: NDArray[np.int64]
    centers: NDArray[np.float64]
    inertia: float


def kmeans(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    k: int,
    rng: np.random.Generator,
    *,
    max_steps: int,
) -> Partition:
    """One start of k-means++ and Lloyd's steps, until nothing moves or ``max_steps``.

    points : float64[p, d], distinct. weights : float64[p], positive. k : at most p.
    A centre that loses all its points stays where it is. O(max_steps · p · k).
    """
    centers = _spread_centers(points, weights, k, rng)
    labels = nearest(points, centers)
    for _ in range(max_steps):
        centers = _weighted_means(points, weights, labels, centers)
        moved = nearest(points, centers)
        settled = np.array_equal(moved, labels)
        labels = moved
        if settled:
            break
    distance = np.sum((points - centers[labels]) ** 2, axis=1)
    return Partition(labels, centers, float(np.dot(weights, distance)))


def nearest(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64[p]: the closest centre of each point; of equally close ones the first."""
    labels = np.empty(len(points), dtype=np.int64)
    half_norm = np.sum(centers**2, axis=1) / 2
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        # |x - c|^2 / 2 without |x|^2 / 2, which is the same for every centre.
        np.argmin(half_norm - points[block] @ centers.T, axis=1, out=labels[block])
    return labels


def silhouette(
    points: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.int64]
) -> float:
    """Mean silhouette, -1 to 1, of points that each stand for ``weight`` people in one place.

    Rousseeuw 1987. O(p²): meant for base clusters. A group of one person counts 0.
    """
    k = int(labels.max()) + 1
    member = np.zeros((len(points), k))
    member[np.arange(len(points)), labels] = 1.0
    distance = np.sqrt(np.sum((points[:, None, :] - points[None, :, :]) ** 2, axis=2))
    reach = distance @ (member * weights[:, None])
    size = weights @ member
    own_size = size[labels]
    own = reach[np.arange(len(points)), labels] / np.maximum(own_size - 1, 1)
    other = np.where(member > 0, np.inf, reach / size).min(axis=1)
    widest = np.maximum(own, other)
    ratio = (other - own) / np.where(widest > 0, widest, 1.0)
    value = np.where((own_size > 1) & (widest > 0), ratio, 0.0)
    return float(np.dot(value, weights) / weights.sum())


def _spread_centers(
    points: NDArray[np.float64], weights: NDArray[np.float64], k: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """k-means++: each next centre drawn by weight times squared distance to those there are."""
    chosen = [_draw(weights, rng)]
    near = np.full(len(points), np.inf)
    while len(chosen) < k:
        offset = points - points[chosen[-1]]
        np.minimum(near, np.einsum("ij,ij->i", offset, offset), out=near)
        chosen.append(_draw(weights * near, rng))
    return points[chosen]


def _draw(mass: NDArray[np.float64], rng: np.random.Generator) -> int:
    cumulative = np.cumsum(mass)
    at = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    return min(at, len(mass) - 1)


def _weighted_means(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    labels: NDArray[np.int64],
    centers: NDArray[np.float64],
) -> NDArray[np.float64]:
    k = len(centers)
    size = np.bincount(labels, weights=weights, minlength=k)
    sums = [np.bincount(labels, weights=weights * axis, minlength=k) for axis in points.T]
    means = np.stack(sums, axis=1) / np.where(size > 0, size, 1.0)[:, None]
    return np.where(size[:, None] > 0, means, centers)

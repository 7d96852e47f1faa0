"""k-means on weighted points, seeded, and the silhouette that judges it.

Points come in a canonical order and carry weights, so the result depends on the set of points and
the seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.lanczos import inner

# Points per block of neighbours.
_BLOCK = 256
# First centres are drawn from a sample of this many points for each: base clusters need no more.
_SAMPLED_PER_CENTER = 50


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
    A centre that loses all its points stays where it is. O(max_steps · p · k) at worst; with many
    points most centres are ruled out for a whole block of neighbours at once.
    """
    order = _neighbours_together(points)
    points, weights = points[order], weights[order]
    sampled = slice(None, None, max(1, len(points) // (_SAMPLED_PER_CENTER * k)))
    centers = _spread_centers(points[sampled], weights[sampled], k, rng)
    labels = nearest(points, centers)
    for _ in range(max_steps):
        centers = _weighted_means(points, weights, labels, centers)
        moved = nearest(points, centers)
        settled = np.array_equal(moved, labels)
        labels = moved
        if settled:
            break
    distance = np.sum((points - centers[labels]) ** 2, axis=1)
    back = np.empty_like(labels)
    back[order] = labels
    return Partition(back, centers, inner(weights, distance))


def nearest(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64[p]: the closest centre of each point; of equally close ones the first."""
    labels = np.zeros(len(points), dtype=np.int64)
    half_norm = np.sum(centers**2, axis=1) / 2
    starts = np.arange(0, len(points), _BLOCK)
    for start, near in zip(starts.tolist(), _within_reach(points, centers, starts), strict=True):
        block = points[start : start + _BLOCK]
        some = np.flatnonzero(near)
        # |x - c|^2 / 2 without |x|^2 / 2, which is the same for every centre. Written out by
        # axis: a matrix product would round, and so break ties, differently on other processors.
        score = half_norm[some] - np.multiply.outer(block[:, 0], centers[some, 0])
        for axis in range(1, points.shape[1]):
            score -= np.multiply.outer(block[:, axis], centers[some, axis])
        labels[start : start + len(block)] = some[np.argmin(score, axis=1)]
    return labels


def _within_reach(
    points: NDArray[np.float64], centers: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """bool[blocks, k]: centres that can be the closest to some point of the block.

    A centre is out if even the near side of the block's bounding box is farther from it than the
    far side is from another centre.
    """
    if len(starts) < 2:  # nothing to gain
        return np.ones((len(starts), len(centers)), dtype=bool)
    low = np.minimum.reduceat(points, starts)[:, None, :] - centers
    high = np.maximum.reduceat(points, starts)[:, None, :] - centers
    nearest_side = np.sum(np.maximum(np.maximum(low, -high), 0.0) ** 2, axis=2)
    farthest_side = np.sum(np.maximum(-low, high) ** 2, axis=2).min(axis=1)
    # A margin far above rounding keeps every centre that is level.
    return np.asarray(nearest_side <= farthest_side[:, None] * (1 + 1e-9) + 1e-300)


def _neighbours_together(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """An order in which points of a block lie close together: strips by the first axis, each
    ordered by the second. Few points are left as they are."""
    if len(points) <= 4 * _BLOCK or points.shape[1] < 2:
        return np.arange(len(points))
    strips = int(np.sqrt(len(points) / _BLOCK))
    rank = np.empty(len(points), dtype=np.int64)
    rank[np.argsort(points[:, 0], kind="stable")] = np.arange(len(points))
    return np.lexsort((points[:, 1], rank * strips // len(points)))


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
    reach = np.stack(
        [np.sum(distance * mass, axis=1) for mass in (member * weights[:, None]).T], axis=1
    )
    size = np.sum(member * weights[:, None], axis=0)
    own_size = size[labels]
    own = reach[np.arange(len(points)), labels] / np.maximum(own_size - 1, 1)
    other = np.where(member > 0, np.inf, reach / size).min(axis=1)
    widest = np.maximum(own, other)
    ratio = (other - own) / np.where(widest > 0, widest, 1.0)
    value = np.where((own_size > 1) & (widest > 0), ratio, 0.0)
    return inner(value, weights) / float(weights.sum())


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

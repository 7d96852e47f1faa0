"""k-means on weighted points, seeded, and the silhouette that judges it.

Points come in a canonical order and carry weights, so the result depends on the set of points and
the seed alone. Many starts run side by side: one array operation takes a step of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.lanczos import inner

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

# Points per block of neighbours.
_BLOCK = 256
# First centres are drawn from a sample of this many points for each: base clusters need no more.
_SAMPLED_PER_CENTER = 50
# They are drawn in so many rounds, each round by the distances to those there are (Bahmani et al.
# 2012, arXiv:1203.6402): near k-means++, at a tenth of its cost.
_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class Partition:
    """labels : int64[p], centers : float64[k, d], inertia : weighted sum of squared distances."""

    labels: Labels
    centers: Floats
    inertia: float


# --- one start, many centres -------------------------------------------------------------------


def kmeans(
    points: Floats,
    weights: Floats,
    k: int,
    rng: np.random.Generator,
    *,
    max_steps: int,
) -> Partition:
    """One start and Lloyd's steps, until nothing moves or ``max_steps``.

    points : float64[p, d], distinct. weights : float64[p], not negative. k : at most p.
    A centre that loses all its points stays where it is. O(max_steps · p · k) at worst; with many
    points most centres are ruled out for a whole block of neighbours at once.
    """
    sampled = slice(None, None, max(1, len(points) // (_SAMPLED_PER_CENTER * k)))
    centers = _spread_centers(points[sampled], weights[sampled], k, rng)
    return kmeans_from(points, weights, centers, max_steps=max_steps)


def kmeans_from(points: Floats, weights: Floats, centers: Floats, *, max_steps: int) -> Partition:
    """Lloyd's steps from given centres; see ``kmeans``."""
    order = _neighbours_together(points)
    points, weights = points[order], weights[order]
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


def nearest(points: Floats, centers: Floats) -> Labels:
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


def _within_reach(points: Floats, centers: Floats, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
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


def _neighbours_together(points: Floats) -> NDArray[np.int64]:
    """An order in which points of a block lie close together: strips by the first axis, each
    ordered by the second. Few points are left as they are."""
    if len(points) <= 4 * _BLOCK or points.shape[1] < 2:
        return np.arange(len(points))
    strips = int(np.sqrt(len(points) / _BLOCK))
    rank = np.empty(len(points), dtype=np.int64)
    rank[np.argsort(points[:, 0], kind="stable")] = np.arange(len(points))
    return np.lexsort((points[:, 1], rank * strips // len(points)))


def _spread_centers(points: Floats, weights: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Centres drawn by weight times squared distance to those there are, several in a round."""
    chosen: list[int] = []
    near = np.ones(len(points))
    while len(chosen) < k:
        wanted = 1 if not chosen else min(max(1, k // _ROUNDS), k - len(chosen))
        cumulative = np.cumsum(weights * near)
        drawn = np.searchsorted(cumulative, rng.random(wanted) * cumulative[-1], side="right")
        fresh = sorted(set(np.minimum(drawn, len(points) - 1).tolist()))
        distance = np.zeros((len(fresh), len(points)))
        for axis in points.T:
            distance += np.subtract.outer(axis[fresh], axis) ** 2
        closest = distance.min(axis=0)
        near = np.minimum(near, closest) if chosen else closest
        chosen.extend(fresh)
        if not near.any():  # fewer places than centres
            break
    return points[chosen]


def _weighted_means(points: Floats, weights: Floats, labels: Labels, centers: Floats) -> Floats:
    k = len(centers)
    size = np.bincount(labels, weights=weights, minlength=k)
    sums = [np.bincount(labels, weights=weights * axis, minlength=k) for axis in points.T]
    means = np.stack(sums, axis=1) / np.where(size > 0, size, 1.0)[:, None]
    return np.where(size[:, None] > 0, means, centers)


# --- many starts, few centres ------------------------------------------------------------------


def drawn_centers(points: Floats, weights: Floats, uniform: Floats) -> Floats:
    """float64[T, k, d]: T starts by k-means++, each next centre drawn by weight times squared
    distance to those there are.

    uniform : float64[T, k], random numbers from 0 to 1, one for each draw.
    """
    starts, k = uniform.shape
    near = np.ones((starts, len(points)))
    centers = np.empty((starts, k, points.shape[1]))
    for place in range(k):
        cumulative = np.cumsum(weights * near, axis=1)
        target = uniform[:, place, None] * cumulative[:, -1:]
        drawn = np.minimum(np.sum(cumulative <= target, axis=1), len(points) - 1)
        centers[:, place] = points[drawn]
        distance = np.sum((points[None] - centers[:, place, None]) ** 2, axis=2)
        near = np.minimum(near, distance) if place else distance
    return centers


def kmeans_side_by_side(
    points: Floats, weights: Floats, starts: Sequence[Floats], *, max_steps: int
) -> list[Partition]:
    """Lloyd's steps from several starts at once, each until nothing moves or ``max_steps``.

    starts : for each the first centres, float64[k, d]; k may differ. O(T · p · k) per step.
    """
    most = max(len(start) for start in starts)
    order = sorted(range(len(starts)), key=lambda at: -len(starts[at]))
    sizes = np.array([len(starts[at]) for at in order])
    centers = np.zeros((len(starts), most, points.shape[1]))
    for row, at in enumerate(order):
        centers[row, : sizes[row]] = starts[at]
    labels = _nearest_side_by_side(points, centers, sizes)
    active = np.arange(len(starts))
    for _ in range(max_steps):
        centers[active] = _means_side_by_side(points, weights, labels[active], centers[active])
        found = _nearest_side_by_side(points, centers[active], sizes[active])
        moving = np.any(found != labels[active], axis=1)
        labels[active] = found
        active = active[moving]
        if not len(active):
            break
    own = np.take_along_axis(centers, labels[:, :, None], axis=1)
    inertia = np.sum(np.sum((points[None] - own) ** 2, axis=2) * weights, axis=1)
    result: list[Partition | None] = [None] * len(starts)
    for row, at in enumerate(order):
        result[at] = Partition(labels[row], centers[row, : sizes[row]], float(inertia[row]))
    return [partition for partition in result if partition is not None]


def _nearest_side_by_side(points: Floats, centers: Floats, sizes: NDArray[np.int64]) -> Labels:
    """int64[T, p]. sizes : how many centres each start has, falling."""
    half_norm = np.sum(centers**2, axis=2) / 2
    labels = np.zeros((len(centers), len(points)), dtype=np.int64)
    best = np.empty(labels.shape)
    for place in range(centers.shape[1]):
        count = int(np.count_nonzero(sizes > place))
        score = half_norm[:count, place, None] - centers[:count, place, :1] * points[:, 0]
        for axis in range(1, points.shape[1]):
            score -= centers[:count, place, axis, None] * points[:, axis]
        if place == 0:
            best[:count] = score
            continue
        closer = score < best[:count]
        labels[:count][closer] = place
        np.minimum(best[:count], score, out=best[:count])
    return labels


def _means_side_by_side(points: Floats, weights: Floats, labels: Labels, centers: Floats) -> Floats:
    shape = centers.shape[:2]
    key = (labels + np.arange(shape[0])[:, None] * shape[1]).ravel()
    length = shape[0] * shape[1]
    size = np.bincount(key, np.tile(weights, shape[0]), length).reshape(shape)
    means = np.empty_like(centers)
    for axis, coordinate in enumerate(points.T):
        sums = np.bincount(key, np.tile(weights * coordinate, shape[0]), length).reshape(shape)
        means[:, :, axis] = sums / np.where(size > 0, size, 1.0)
    return np.where(size[:, :, None] > 0, means, centers)

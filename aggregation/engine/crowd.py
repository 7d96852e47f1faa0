"""The crowd summed up in at most some hundred places, so that grouping it costs next to nothing.

People in the same place are one point with a weight. Of very many places, neighbours are put
together first: along each axis the crowd is cut into equal parts, and what falls into the same
parts is one point. The points are then gathered into base clusters by k-means.

Nothing here depends on the order of people, and someone of weight 2 is two people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.kmeans import kmeans, kmeans_from
from aggregation.engine.matrix import WEIGHT_ONE
from aggregation.engine.randomness import generator

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Base clusters only sum up the crowd, so a few steps are enough; from a good start one is.
_STEPS, _STEPS_FROM_NEAR = 5, 1
# More different coordinates than this on an axis are put together, on up to three axes.
_MOST_PLACES = 16_384
_AXES_CUT = 3
# Sums stay below 2^53, where floats are exact.
_EXACT_BITS = 52


@dataclass(frozen=True, eq=False)
class Crowd:
    """b base clusters.

    centers   : float64[b, d]. people : float64[b], weight in people.
    first_row : int64[b], row of the lowest participant id in each.
    labels    : int64[r], base cluster of each person who is grouped.
    """

    centers: Floats
    people: Floats
    first_row: Integers
    labels: Integers


def gathered(
    points: Floats,
    mass: Integers,
    rows: Integers,
    *,
    limit: int,
    seed: int,
    near: Floats | None = None,
) -> Crowd:
    """At most ``limit`` places that stand for the crowd; all places if there are no more.

    points : float64[r, d]. mass : int64[r], weights in thousandths. rows : int64[r], their rows.
    near   : float64[any, d], centres to begin with, instead of drawn ones.
    """
    places, place_of = _places(points, mass)
    people = _sums(mass, place_of, len(places)) / WEIGHT_ONE
    if len(places) > limit:
        if near is not None and len(near):
            found = kmeans_from(places, people, near[:limit], max_steps=_STEPS_FROM_NEAR)
        else:
            rng = generator(seed, "base_clusters")
            found = kmeans(places, people, limit, rng, max_steps=_STEPS)
        used = np.bincount(found.labels, minlength=len(found.centers)) > 0
        place_of, places = (np.cumsum(used) - 1)[found.labels][place_of], found.centers[used]
        people = _sums(mass, place_of, len(places)) / WEIGHT_ONE
    first = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(first, place_of, rows)
    return Crowd(places, people, first, place_of)


def exact_means(points: Floats, mass: Integers, labels: Integers, count: int) -> Floats:
    """float64[count, d]: weighted mean place of those with label 0, 1, ...; 0 where there are none.

    labels : -1 for those who are left out. Places are taken in whole multiples of a small power
    of two, so that sums are exact, in whatever order.
    """
    inside = labels >= 0
    if not inside.all():
        points, mass, labels = points[inside], mass[inside], labels[inside]
    size = _sums(mass, labels, count)
    bits = max(1, _EXACT_BITS - int(mass.sum()).bit_length())
    means = np.zeros((count, points.shape[1]))
    for axis, coordinate in enumerate(points.T):
        largest = float(np.abs(coordinate).max(initial=0.0))
        unit = 2.0 ** (int(np.frexp(largest)[1]) - bits)
        sums = np.bincount(labels, mass * np.rint(coordinate / unit), count)
        means[:, axis] = sums * unit / np.maximum(size, 1)
    return means


def _places(points: Floats, mass: Integers) -> tuple[Floats, Integers]:
    """Different places in canonical order, and the place of each person."""
    axes = points.shape[1]
    if axes <= _AXES_CUT and len(points) > _MOST_PLACES:
        orders = [np.argsort(axis) for axis in points.T]
        rising = [axis[order] for axis, order in zip(points.T, orders, strict=True)]
        if any(np.count_nonzero(_begins(axis)) > _MOST_PLACES for axis in rising):
            return _cells(points, mass, orders, rising)
    order = np.lexsort(points.T[::-1])
    ordered = points[order]
    begins = _begins(ordered[:, 0])
    for axis in ordered.T[1:]:
        begins |= _begins(axis)
    place_of = np.empty(len(order), dtype=np.int64)
    place_of[order] = np.cumsum(begins) - 1
    return ordered[begins], place_of


def _begins(ordered: Floats) -> NDArray[np.bool_]:
    """Where an entry differs from the one before it; the first one does."""
    result = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=result[1:])
    return result


def _equal_parts(order: Integers, rising: Floats, mass: Integers, parts: int) -> Integers:
    """int64[n]: 0 to ``parts`` - 1, so that parts follow each other along the axis and weigh
    about the same. Equal coordinates are in one part."""
    if mass.min() == mass.max():  # faster, and the same
        before = len(mass) * np.arange(1, parts) // parts
    else:
        whole = int(mass.sum())
        targets = np.array([whole * part // parts for part in range(1, parts)])
        before = np.searchsorted(np.cumsum(mass[order]), targets, side="right")
    edges = rising[np.minimum(before, len(rising) - 1)]
    bounds = np.searchsorted(rising, edges, side="left")
    part = np.empty(len(order), dtype=np.int64)
    part[order] = np.repeat(np.arange(parts), np.diff(bounds, prepend=0, append=len(order)))
    return part


def _cells(
    points: Floats, mass: Integers, orders: list[Integers], rising: list[Floats]
) -> tuple[Floats, Integers]:
    """Mean places of the people in the same parts, and the place of each person."""
    parts = int(_MOST_PLACES ** (1 / len(orders)))
    cell = np.zeros(len(points), dtype=np.int64)
    for order, axis in zip(orders, rising, strict=True):
        cell = cell * parts + _equal_parts(order, axis, mass, parts)
    used = np.bincount(cell, minlength=parts ** len(orders)) > 0
    place_of = (np.cumsum(used) - 1)[cell]
    return exact_means(points, mass, place_of, int(used.sum())), place_of


def _sums(mass: Integers, labels: Integers, count: int) -> Floats:
    return np.asarray(np.bincount(labels, mass, count), dtype=np.float64)

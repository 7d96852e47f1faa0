"""Opinion groups: found by k-means on where people stand, or declared with the votes.

Nothing here depends on the order of rows: points are put in order by their coordinates, equal
points become one with a weight, starts are drawn from the seed, and groups are numbered by a rule
(largest first, then the one with the lowest participant id). Ties are broken by rule and recorded.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.crowd import Crowd, exact_means, gathered
from aggregation.engine.errors import EngineError
from aggregation.engine.ids import distinct
from aggregation.engine.kmeans import Partition, drawn_centers, kmeans_side_by_side
from aggregation.engine.matrix import WEIGHT_ONE, VoteMatrix
from aggregation.engine.randomness import generator
from aggregation.engine.silhouettes import distances, mean_silhouette, silhouette_values
from aggregation.engine.ties import Tie, level

# Groups are run until they settle.
_GROUP_STEPS = 100


@dataclass(frozen=True, eq=False)
class Anchor:
    """Where a later grouping of nearly the same people can begin.

    base       : int32[n], base cluster of each person, -1 for none.
    partitions : (k, group of each base cluster) for every k that was tried.
    """

    base: NDArray[np.int32]
    partitions: tuple[tuple[int, NDArray[np.int32]], ...]

    def taking(self, rows: NDArray[np.int64]) -> Anchor:
        """The same for other people: new person i stood in ``rows[i]``, or is new if that is -1."""
        known = rows >= 0
        base = np.full(len(rows), -1, dtype=np.int32)
        base[known] = self.base[rows[known]]
        return Anchor(base, self.partitions)


@dataclass(frozen=True, eq=False)
class Grouping:
    """Who belongs to which opinion group.

    method      : "kmeans", "declared" or "strata".
    labels      : int32[n], 0 to G - 1, or -1 for people in no group.
    ids         : the G names of the groups: as declared, or 0 to G - 1.
    silhouettes : (k, mean silhouette) for every k that was tried; k = 1 has none.
    ties        : ties met in choosing, and the rule that broke them.
    separation  : mean silhouette of the people in each group, if there are two or more: how well
                  it is set apart from the others.
    anchor      : where a later grouping can begin; k-means only.
    """

    method: str
    labels: NDArray[np.int32]
    ids: tuple[int, ...]
    silhouettes: tuple[tuple[int, float], ...] = ()
    ties: tuple[Tie, ...] = ()
    n_base_clusters: int | None = None
    separation: tuple[float, ...] = ()
    anchor: Anchor | None = None

    @property
    def n_groups(self) -> int:
        return len(self.ids)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of people in each group."""
        members = self.labels[self.labels >= 0]
        return tuple(int(size) for size in np.bincount(members, minlength=self.n_groups))

    def label(self, at: int) -> str:
        """Short name of the group at a position: the declared number, or A, B, C ..."""
        if self.method == "declared":
            return str(self.ids[at])
        return string.ascii_uppercase[at] if at < 26 else str(at + 1)


def declared_grouping(matrix: VoteMatrix, *, source: str) -> Grouping:
    """The groups that came with the votes, numbered by their declared number.

    Raises EngineError("declared_groups_missing") naming ``source``.
    """
    declared = matrix.declared_groups
    if declared is None or not np.any(declared >= 0):
        raise EngineError("declared_groups_missing", source=source)
    ids = distinct(declared[declared >= 0])
    labels = np.where(declared >= 0, np.searchsorted(ids, declared), -1)
    return Grouping("declared", labels.astype(np.int32), tuple(int(i) for i in ids))


def kmeans_grouping(
    matrix: VoteMatrix,
    positions: NDArray[np.float64],
    *,
    k: int | None = None,
    k_min: int = 2,
    k_max: int = 5,
    base_clusters: int = 100,
    starts: int = 10,
    min_votes: int = 7,
    seed: int = 0,
    anchor: Anchor | None = None,
) -> Grouping:
    """Groups of the people of a matrix, weighted if it carries weights; see ``group_people``.

    min_votes : people with fewer votes (or than all statements, if those are fewer) get no group.
    """
    needed = max(1, min(min_votes, matrix.n_statements))
    return group_people(
        positions,
        matrix.votes_by_participant >= needed,
        weights=matrix.weights,
        k=k,
        k_min=k_min,
        k_max=k_max,
        base_clusters=base_clusters,
        starts=starts,
        seed=seed,
        anchor=anchor,
    )


def group_people(
    positions: NDArray[np.float64],
    included: NDArray[np.bool_],
    *,
    weights: NDArray[np.int64] | None = None,
    k: int | None = None,
    k_min: int = 2,
    k_max: int = 5,
    base_clusters: int = 100,
    starts: int = 10,
    seed: int = 0,
    anchor: Anchor | None = None,
) -> Grouping:
    """k-means on base clusters, k by the best silhouette (the smaller k if level) unless given.

    positions : float64[n, d]. included : bool[n], who gets a group.
    weights   : int64[n] in thousandths, or None: everyone counts once.
    anchor    : of an earlier grouping of nearly the same people. Base clusters begin where those
                people stand now, and so does one start more for every k; ``starts`` may then be 0.
                Base clusters, and with them groups, may differ from those without it.
    With fewer places than ``k_min`` every place is a group of its own.
    Raises EngineError("too_few_points") if a fixed ``k`` cannot be had.
    """
    rows = np.flatnonzero(included)
    labels = np.full(len(positions), -1, dtype=np.int32)
    if not len(rows):
        return Grouping("kmeans", labels, ())
    points = positions[rows]
    mass = np.full(len(rows), WEIGHT_ONE) if weights is None else weights[rows]
    near: NDArray[np.float64] | None = None
    warm: dict[int, NDArray[np.float64]] = {}
    if anchor is not None:
        near, warm = _warm_starts(points, mass, anchor.taking(rows))
    crowd = gathered(points, mass, rows, limit=base_clusters, seed=seed, near=near)
    places = len(crowd.people)
    if k is not None and k > places:
        raise EngineError("too_few_points", k=k, points=places)
    candidates = [k] if k else list(range(min(k_min, places), min(k_max, places) + 1))
    ties: list[Tie] = []
    tried = _partitions(crowd, candidates, starts, seed, warm, ties)
    distance = distances(crowd.centers)
    values = {
        size: silhouette_values(distance, crowd.people, found)
        for size, found in tried.items()
        if found.max() > 0
    }
    scores = {size: mean_silhouette(each, crowd.people) for size, each in values.items()}
    chosen = _best_k(candidates, scores, ties)
    groups = tried[chosen]
    labels[rows] = groups[crowd.labels]
    base = np.full(len(labels), -1, dtype=np.int32)
    base[rows] = crowd.labels
    kept = tuple((size, found.astype(np.int32)) for size, found in tried.items())
    return Grouping(
        "kmeans",
        labels,
        tuple(range(int(groups.max()) + 1)),
        tuple(scores.items()),
        tuple(ties),
        places,
        _separation(values.get(chosen), crowd, groups),
        Anchor(base, kept),
    )


def _warm_starts(
    points: NDArray[np.float64], mass: NDArray[np.int64], anchor: Anchor
) -> tuple[NDArray[np.float64], dict[int, NDArray[np.float64]]]:
    """Where the people of each base cluster stand now, and those of the groups for every k that
    was tried before; the places of clusters that nobody is left of are missing."""
    inside = anchor.base >= 0
    if not inside.any():
        return points[:0], {}
    points, mass, base = points[inside], mass[inside], anchor.base[inside].astype(np.int64)
    weight = np.bincount(base, mass)
    used = weight > 0
    centers = exact_means(points, mass, base, len(weight))
    of_k: dict[int, NDArray[np.float64]] = {}
    for k, every in anchor.partitions:
        group = every[: len(weight)]
        size = np.bincount(group, weight, k)
        if np.all(size > 0):
            sums = [np.bincount(group, weight * axis, k) / size for axis in centers.T]
            of_k[k] = np.stack(sums, axis=1)
    return centers[used], of_k


def _partitions(
    crowd: Crowd,
    candidates: list[int],
    starts: int,
    seed: int,
    warm: dict[int, NDArray[np.float64]],
    ties: list[Tie],
) -> dict[int, NDArray[np.int64]]:
    """For each k the canonical labels, int64[b], of the start with the least inertia."""
    first: list[NDArray[np.float64]] = []
    of_k: list[int] = []
    for k in candidates:
        drawn = starts if k in warm else max(starts, 1)
        uniform = generator(seed, "groups", k).random((drawn, k))
        some = list(drawn_centers(crowd.centers, crowd.people, uniform))
        some += [warm[k]] if k in warm else []
        first += some
        of_k += [k] * len(some)
    runs = kmeans_side_by_side(crowd.centers, crowd.people, first, max_steps=_GROUP_STEPS)
    return {
        k: _best(crowd, [run for run, size in zip(runs, of_k, strict=True) if size == k], k, ties)
        for k in candidates
    }


def _best(crowd: Crowd, runs: list[Partition], k: int, ties: list[Tie]) -> NDArray[np.int64]:
    """Of level starts that differ, the one whose labels come first in order."""
    least = min(run.inertia for run in runs)
    best: dict[tuple[int, ...], int] = {}
    for start, run in enumerate(runs):
        if level(run.inertia, least):
            best.setdefault(tuple(_canonical(run.labels, crowd).tolist()), start)
    ordered = sorted(best)
    if len(ordered) > 1:
        where = f"start for {k} groups"
        ties.append(Tie(where, tuple(best[key] for key in ordered), "labels that come first"))
    return np.array(ordered[0], dtype=np.int64)


def _canonical(labels: NDArray[np.int64], crowd: Crowd) -> NDArray[np.int64]:
    """Labels renumbered: most people first, then the lowest participant id; empty ones go."""
    k = int(labels.max()) + 1
    size = np.bincount(labels, weights=crowd.people, minlength=k)
    first = np.full(k, np.iinfo(np.int64).max)
    np.minimum.at(first, labels, crowd.first_row)
    rank = np.empty(k, dtype=np.int64)
    rank[np.lexsort((first, -size))] = np.arange(k)
    return rank[labels]


def _best_k(candidates: list[int], scores: dict[int, float], ties: list[Tie]) -> int:
    if not scores:
        return candidates[0]
    top = max(scores.values())
    best = [k for k, score in scores.items() if level(score, top)]
    if len(best) > 1:
        ties.append(Tie("number of groups", tuple(best), "the smaller number of groups"))
    return min(best)


def _separation(
    values: NDArray[np.float64] | None, crowd: Crowd, groups: NDArray[np.int64]
) -> tuple[float, ...]:
    if values is None:
        return ()
    members = [groups == group for group in range(int(groups.max()) + 1)]
    return tuple(mean_silhouette(values[some], crowd.people[some]) for some in members)

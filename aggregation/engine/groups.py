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

from aggregation.engine.errors import EngineError
from aggregation.engine.ids import distinct
from aggregation.engine.kmeans import Partition, kmeans, silhouette
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.randomness import generator
from aggregation.engine.ties import Tie, level

# Base clusters only sum up the crowd, so a few steps are enough; groups are run until they settle.
_BASE_STEPS = 10
_GROUP_STEPS = 100


@dataclass(frozen=True, eq=False)
class Grouping:
    """Who belongs to which opinion group.

    method      : "kmeans" or "declared".
    labels      : int32[n], 0 to G - 1, or -1 for people in no group.
    ids         : the G names of the groups: as declared, or 0 to G - 1.
    silhouettes : (k, mean silhouette) for every k that was tried; k = 1 has none.
    ties        : ties met in choosing, and the rule that broke them.
    """

    method: str
    labels: NDArray[np.int32]
    ids: tuple[int, ...]
    silhouettes: tuple[tuple[int, float], ...] = ()
    ties: tuple[Tie, ...] = ()
    n_base_clusters: int | None = None

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


@dataclass(frozen=True, eq=False)
class _Crowd:
    """Base clusters: centre, weight (people), and row of the lowest participant id in each."""

    centers: NDArray[np.float64]
    weights: NDArray[np.float64]
    first_row: NDArray[np.int64]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]


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
) -> Grouping:
    """k-means on base clusters, k by the best silhouette (the smaller k if level) unless given.

    positions : float64[n, d].
    min_votes : people with fewer votes (or than all statements, if those are fewer) get no group.
    With fewer places than ``k_min`` every place is a group of its own.
    Raises EngineError("too_few_points") if a fixed ``k`` cannot be had.
    """
    needed = max(1, min(min_votes, matrix.n_statements))
    rows = np.flatnonzero(matrix.votes_by_participant >= needed)
    labels = np.full(matrix.n_participants, -1, dtype=np.int32)
    if not len(rows):
        return Grouping("kmeans", labels, ())
    crowd = _base_clusters(positions[rows], rows, base_clusters, seed)
    places = len(crowd.weights)
    if k is not None and k > places:
        raise EngineError("too_few_points", k=k, points=places)
    candidates = [k] if k else list(range(min(k_min, places), min(k_max, places) + 1))
    ties: list[Tie] = []
    tried = {size: _best_partition(crowd, size, starts, seed, ties) for size in candidates}
    scores = {size: silhouette(crowd.centers, crowd.weights, found) for size, found in tried.items()
              if found.max() > 0}  # fmt: skip
    chosen = _best_k(candidates, scores, ties)
    labels[crowd.rows] = tried[chosen][crowd.labels]
    n_groups = int(tried[chosen].max()) + 1
    return Grouping(
        "kmeans", labels, tuple(range(n_groups)), tuple(scores.items()), tuple(ties), places
    )


def _base_clusters(
    points: NDArray[np.float64], rows: NDArray[np.int64], limit: int, seed: int
) -> _Crowd:
    """At most ``limit`` places that stand for the crowd; all places if there are no more."""
    order = np.lexsort(points.T[::-1])
    ordered = points[order]
    starts_new = np.ones(len(ordered), dtype=bool)
    starts_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    places = ordered[starts_new]
    place_of = np.cumsum(starts_new) - 1
    people = np.bincount(place_of).astype(np.float64)
    if len(places) > limit:
        rng = generator(seed, "base_clusters")
        found = kmeans(places, people, limit, rng, max_steps=_BASE_STEPS)
        # distinct() and not np.unique, whose first call loads masked arrays: 30 ms for nothing.
        used = distinct(found.labels)
        place_of, places = np.searchsorted(used, found.labels)[place_of], found.centers[used]
        people = np.bincount(place_of).astype(np.float64)
    rows_ordered = rows[order]
    first = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(first, place_of, rows_ordered)
    return _Crowd(places, people, first, place_of, rows_ordered)


def _best_partition(
    crowd: _Crowd, k: int, starts: int, seed: int, ties: list[Tie]
) -> NDArray[np.int64]:
    """int64[b], canonical labels of the start with the least inertia.

    Of level starts that differ, the one whose labels come first in order.
    """
    runs: list[Partition] = []
    for start in range(starts):
        rng = generator(seed, "groups", k, start)
        runs.append(kmeans(crowd.centers, crowd.weights, k, rng, max_steps=_GROUP_STEPS))
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


def _canonical(labels: NDArray[np.int64], crowd: _Crowd) -> NDArray[np.int64]:
    """Labels renumbered: most people first, then the lowest participant id; empty ones go."""
    k = int(labels.max()) + 1
    size = np.bincount(labels, weights=crowd.weights, minlength=k)
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

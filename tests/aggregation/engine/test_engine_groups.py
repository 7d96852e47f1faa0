"""Opinion groups: the camps are found, and nothing but votes and seed decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import (
    EngineError,
    Grouping,
    Tie,
    VoteMatrix,
    crowd,
    declared_grouping,
    kmeans_grouping,
    opinion_space,
)
from aggregation.engine.crowd import exact_means
from aggregation.engine.groups import _best_k as best_k
from aggregation.engine.groups import group_people
from aggregation.engine.kmeans import kmeans, kmeans_from, kmeans_side_by_side, nearest
from aggregation.engine.matching import matched
from aggregation.engine.randomness import generator
from aggregation.engine.silhouettes import distances, mean_silhouette, silhouette_values


def group(matrix: VoteMatrix, **settings: Any) -> Grouping:
    return kmeans_grouping(matrix, opinion_space(matrix).positions, **settings)


def everyone_voted(people: int, statements: int = 8) -> VoteMatrix:
    """A matrix in which everyone cast enough votes; what they voted does not matter here."""
    who, what = np.divmod(np.arange(people * statements), statements)
    return VoteMatrix.from_triplets(who, what, np.zeros(len(who)))


def slow_silhouette(points: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    values = []
    for i, own in enumerate(labels):
        distance = np.linalg.norm(points - points[i], axis=1)
        mates = labels == own
        if mates.sum() == 1:
            values.append(0.0)
            continue
        a = distance[mates].sum() / (mates.sum() - 1)
        b = min(distance[labels == other].mean() for other in set(labels) - {own})
        values.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return float(np.mean(values))


def test_clear_camps_are_found_and_their_number_too(camps: Any) -> None:
    matrix, camp = camps(people=150, camps=3)
    found = group(matrix, seed=1)
    assert found.n_groups == 3
    assert found.sizes == (50, 50, 50)
    assert len(set(zip(camp.tolist(), found.labels.tolist(), strict=True))) == 3


def test_more_people_than_base_clusters_give_the_same_camps(camps: Any) -> None:
    matrix, camp = camps(people=600, statements=40, camps=3)
    found = group(matrix, seed=1, base_clusters=20)
    assert found.n_base_clusters == 20
    assert len(set(zip(camp.tolist(), found.labels.tolist(), strict=True))) == 3


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(60)), st.integers(0, 3))
def test_the_order_of_rows_changes_no_label(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(60, 2)).round(1)
    matrix = everyone_voted(60)
    straight = kmeans_grouping(matrix, places, seed=seed, base_clusters=20)
    moved = kmeans_grouping(matrix, places[order], seed=seed, base_clusters=20)
    # Group numbers may depend on who has the lowest id, the partition may not.
    one, other = straight.labels[order].tolist(), moved.labels.tolist()
    assert len(set(zip(one, other, strict=True))) == straight.n_groups == moved.n_groups
    assert straight.silhouettes == moved.silhouettes


def test_groups_are_numbered_by_size_then_by_the_lowest_participant() -> None:
    places = np.array([[9.0, 9], [0, 0], [0, 1], [1, 0], [9, 8], [-9, 9], [-9, 8]])
    found = kmeans_grouping(everyone_voted(7), places, k=3)
    assert found.labels.tolist() == [1, 0, 0, 0, 1, 2, 2]
    assert [found.label(at) for at in range(3)] == ["A", "B", "C"]


def test_people_with_few_votes_get_no_group() -> None:
    who, what = np.nonzero(np.tri(10, 10, dtype=int))
    votes = np.where((who + what) % 3, 1, -1)
    found = group(VoteMatrix.from_triplets(who, what, votes), min_votes=7)
    assert found.labels[:6].tolist() == [-1] * 6
    assert np.all(found.labels[6:] >= 0)
    assert sum(found.sizes) == 4


def test_with_fewer_statements_than_votes_asked_a_full_ballot_is_enough() -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2, 2, 3], [1, 2, 1, 2, 1], [1, -1, -1, 1, 1])
    assert group(matrix, min_votes=7).labels.tolist() == [0, 1, -1]


def test_where_nobody_voted_enough_there_are_no_groups() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [1, 2], [1, 1])
    found = group(matrix, min_votes=2)
    assert found.n_groups == 0
    assert found.labels.tolist() == [-1, -1]


def test_people_in_one_place_are_one_group() -> None:
    found = kmeans_grouping(everyone_voted(5), np.zeros((5, 2)))
    assert (found.n_groups, found.sizes, found.silhouettes) == (1, (5,), ())


def test_a_fixed_number_of_groups_is_kept_or_refused() -> None:
    places = np.array([[0.0, 0], [0, 1], [5, 5], [5, 6]])
    assert kmeans_grouping(everyone_voted(4), places, k=4).sizes == (1, 1, 1, 1)
    with pytest.raises(EngineError) as caught:
        kmeans_grouping(everyone_voted(4), places, k=5)
    assert (caught.value.code, caught.value.params) == ("too_few_points", {"k": 5, "points": 4})


def test_two_places_are_two_groups_however_many_are_tried() -> None:
    places = np.repeat([[0.0, 0], [100, 0]], 10, axis=0)
    found = kmeans_grouping(everyone_voted(20), places, k_min=1, k_max=5)
    assert (found.n_groups, found.silhouettes) == (2, ((2, 1.0),))


def test_partitions_that_are_level_are_recorded_and_decided_by_rule() -> None:
    square = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    found = kmeans_grouping(everyone_voted(4), square, k=2, starts=20)
    assert [tie.where for tie in found.ties] == ["start for 2 groups"]
    # Places in order of their first coordinate: the cut between x = 0 and x = 1 comes first.
    assert found.labels.tolist() == [0, 1, 0, 1]


def test_of_level_numbers_of_groups_the_smaller_is_taken_and_recorded() -> None:
    ties: list[Tie] = []
    assert best_k([2, 3, 4], {2: 0.1, 3: 0.3 + 1e-16, 4: 0.1 + 0.2}, ties) == 3
    assert [(tie.where, tie.candidates) for tie in ties] == [("number of groups", (3, 4))]


def test_declared_groups_are_taken_by_id_and_keep_their_number() -> None:
    matrix = VoteMatrix.from_triplets([5, 3, 4], [1, 1, 1], [1, 1, 1], declared_groups={3: 7, 5: 2})
    found = declared_grouping(matrix, source="group-id")
    assert found.ids == (2, 7)
    assert found.labels.tolist() == [1, -1, 0]
    assert found.sizes == (1, 1)
    assert found.label(1) == "7"


@pytest.mark.parametrize("groups", [None, {}])
def test_declared_groups_that_are_missing_are_named(groups: dict[int, int] | None) -> None:
    matrix = VoteMatrix.from_triplets([1], [1], [1], declared_groups=groups)
    with pytest.raises(EngineError, match='declared groups "group-id"'):
        declared_grouping(matrix, source="group-id")


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_weighted_silhouette_equals_the_plain_one_of_all_people(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(8, 2))
    people = rng.integers(1, 4, 8)
    labels = np.concatenate([[0, 1, 2], rng.integers(0, 3, 5)])
    expected = slow_silhouette(np.repeat(places, people, axis=0), np.repeat(labels, people))
    weights = people.astype(float)
    values = silhouette_values(distances(places), weights, labels)
    found = mean_silhouette(values, weights)
    assert found == pytest.approx(expected, abs=1e-12)


def test_cloning_people_equals_weighting_them() -> None:
    rng = np.random.default_rng(1)
    places = rng.normal(size=(30, 2))
    once = kmeans_grouping(everyone_voted(30), places, k=3, seed=4)
    twice = kmeans_grouping(everyone_voted(60), np.repeat(places, 2, axis=0), k=3, seed=4)
    assert np.repeat(once.labels, 2).tolist() == twice.labels.tolist()


def test_kmeans_ends_where_every_point_is_with_its_nearest_mean() -> None:
    rng = np.random.default_rng(2)
    points, weights = rng.normal(size=(5000, 2)), rng.integers(1, 5, 5000).astype(float)
    found = kmeans(points, weights, 4, generator(0, "groups"), max_steps=500)
    distance = np.sum((points[:, None] - found.centers[None]) ** 2, axis=2)
    assert np.array_equal(found.labels, distance.argmin(axis=1))
    assert np.array_equal(found.labels, nearest(points, found.centers))
    for at, center in enumerate(found.centers):
        mine = found.labels == at
        assert np.allclose(center, np.average(points[mine], axis=0, weights=weights[mine]))
    assert found.inertia == pytest.approx(float(weights @ distance.min(axis=1)))


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1"])
def test_a_seed_that_is_no_whole_number_from_zero_up_is_refused(seed: Any) -> None:
    with pytest.raises(EngineError, match="seed"):
        generator(seed, "space")


def test_each_purpose_draws_its_own_numbers() -> None:
    draws = {
        generator(1, "space").random(),
        generator(1, "groups").random(),
        generator(1, "groups", 2, 0).random(),
        generator(1, "groups", 2, 1).random(),
        generator(2, "groups", 2, 1).random(),
    }
    assert len(draws) == 5


@pytest.mark.parametrize(("axes", "people"), [(1, 3000), (2, 3000), (3, 3000), (2, 7)])
def test_ruling_out_centres_by_block_changes_no_label(axes: int, people: int) -> None:
    rng = np.random.default_rng(axes)
    # On a grid many points lie at the same distance from several centres.
    points = rng.integers(0, 9, (people, axes)).astype(float)
    centers = rng.integers(0, 9, (40, axes)).astype(float)
    distance = np.sum((points[:, None] - centers[None]) ** 2, axis=2)
    assert np.array_equal(nearest(points, centers), distance.argmin(axis=1))
    ordered = points[np.lexsort(points.T)]
    distance = np.sum((ordered[:, None] - centers[None]) ** 2, axis=2)
    assert np.array_equal(nearest(ordered, centers), distance.argmin(axis=1))


def crowded(people: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    camp = rng.integers(0, 3, people)
    return np.asarray(rng.normal(0, 0.4, (people, 2)) + np.array([[0, 0], [3, 0], [0, 3]])[camp])


def grouped(places: NDArray[np.float64], **settings: Any) -> Grouping:
    return group_people(places, np.ones(len(places), dtype=bool), **settings)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=60, max_size=60), st.booleans())
def test_someone_of_weight_two_is_two_people_to_the_bit(times: list[int], cut: bool) -> None:
    places = crowded(60, seed=sum(times))
    rows = np.repeat(np.arange(60), times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "_MOST_PLACES", 36 if cut else 10_000)
        heavy = grouped(places, weights=np.array(times) * 1000, base_clusters=20)
        double = grouped(places[rows], base_clusters=20)
    assert double.labels.tolist() == heavy.labels[rows].tolist()
    assert double.silhouettes == heavy.silhouettes
    assert double.separation == heavy.separation


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(80)), st.booleans())
def test_a_crowd_cut_into_cells_does_not_depend_on_the_order(order: list[int], even: bool) -> None:
    places = crowded(80, seed=1)
    weights = np.full(80, 700) if even else np.arange(80) * 31
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "_MOST_PLACES", 49)
        straight = grouped(places, weights=weights, base_clusters=20)
        moved = grouped(places[order], weights=weights[order], base_clusters=20)
    pairs = set(zip(straight.labels[order].tolist(), moved.labels.tolist(), strict=True))
    assert len(pairs) == straight.n_groups == moved.n_groups
    assert straight.silhouettes == moved.silhouettes
    assert straight.n_base_clusters == 20


def test_a_crowd_cut_into_cells_shows_the_same_camps(monkeypatch: pytest.MonkeyPatch) -> None:
    places = crowded(3000, seed=2)
    whole = grouped(places)
    monkeypatch.setattr(crowd, "_MOST_PLACES", 900)
    cut = grouped(places)
    assert whole.n_groups == cut.n_groups == 3
    assert np.mean(matched(cut.labels, whole.labels) == whole.labels) > 0.99


def test_means_are_exact_in_any_order() -> None:
    rng = np.random.default_rng(3)
    points, mass = rng.normal(size=(500, 2)), rng.integers(0, 3000, 500)
    labels = rng.integers(-1, 4, 500)
    order = rng.permutation(500)
    one = exact_means(points, mass, labels, 5)
    other = exact_means(points[order], mass[order], labels[order], 5)
    assert one.tobytes() == other.tobytes()
    for group in range(4):
        some = labels == group
        assert np.allclose(one[group], np.average(points[some], axis=0, weights=mass[some]))
    assert one[4].tolist() == [0, 0]


def test_starts_side_by_side_end_where_each_ends_alone() -> None:
    rng = np.random.default_rng(5)
    points, weights = rng.normal(size=(70, 2)), rng.integers(1, 9, 70).astype(float)
    starts = [points[rng.choice(70, k, replace=False)] for k in (3, 5, 2, 5)]
    together = kmeans_side_by_side(points, weights, starts, max_steps=100)
    for start, found in zip(starts, together, strict=True):
        alone = kmeans_from(points, weights, start, max_steps=100)
        assert found.labels.tolist() == alone.labels.tolist()
        assert np.allclose(found.centers, alone.centers, atol=1e-12)
        assert found.inertia == pytest.approx(alone.inertia)


def test_people_whose_weight_is_nothing_move_no_group() -> None:
    places = np.vstack([crowded(60, seed=4), [[90.0, 90.0]]])
    weights = np.append(np.full(60, 1000), 0)
    found = grouped(places, weights=weights)
    without = grouped(places[:60])
    assert found.labels[:60].tolist() == without.labels.tolist()
    assert found.labels[60] >= 0


def test_how_well_each_group_is_set_apart_sums_up_to_the_whole() -> None:
    places = np.vstack([crowded(300, seed=6), np.random.default_rng(1).normal(1.2, 0.5, (60, 2))])
    found = grouped(places, k=4)
    shares = np.array(found.sizes) / sum(found.sizes)
    assert len(found.separation) == 4
    assert np.dot(found.separation, shares) == pytest.approx(dict(found.silhouettes)[4])
    assert min(found.separation) < max(found.separation) - 0.1


def test_a_grouping_can_begin_at_an_earlier_one() -> None:
    places = crowded(500, seed=7)
    before = grouped(places, base_clusters=40)
    moved = places + np.random.default_rng(2).normal(0, 0.02, places.shape)
    after = grouped(moved, base_clusters=40, anchor=before.anchor, starts=0)
    assert after.n_groups == before.n_groups == 3
    assert after.labels.tolist() == before.labels.tolist()


def test_an_earlier_grouping_is_taken_over_to_other_people() -> None:
    places = crowded(200, seed=8)
    before = grouped(places, base_clusters=30)
    assert before.anchor is not None
    rows = np.append(np.random.default_rng(3).integers(0, 200, 250), [-1, -1])
    stand = np.vstack([places[rows[:-2]], [[0.1, 0.1], [3.1, 0.1]]])
    after = grouped(stand, base_clusters=30, anchor=before.anchor.taking(rows), starts=0)
    named = matched(after.labels[:-2], before.labels[rows[:-2]])
    assert np.array_equal(named, before.labels[rows[:-2]])


def test_nobody_left_of_an_earlier_grouping_is_no_start_at_all() -> None:
    places = crowded(60, seed=9)
    before = grouped(places)
    assert before.anchor is not None
    strangers = before.anchor.taking(np.full(60, -1))
    found = grouped(places, anchor=strangers)
    assert found.labels.tolist() == before.labels.tolist()

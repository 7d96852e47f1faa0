"""The opinion space: equal to the dense computation that it never does."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import EngineError, OpinionSpace, VoteMatrix, lanczos, opinion_space
from aggregation.engine.opinion_space import find_axes, products_pay, project
from aggregation.engine.statistics import statistics, together


def dense(matrix: VoteMatrix) -> NDArray[np.float64]:
    votes = np.full((matrix.n_participants, matrix.n_statements), np.nan)
    votes[matrix.rows, matrix.indices] = matrix.values
    return votes


def random_matrix(people: int, statements: int, seed: int = 3) -> VoteMatrix:
    rng = np.random.default_rng(seed)
    stance = rng.normal(size=(2, statements))
    lean = rng.normal(size=(people, 2)) @ stance + rng.normal(0, 0.5, (people, statements))
    votes = np.sign(np.round(lean)).astype(int)
    who, what = np.nonzero(rng.random((people, statements)) < 0.6)
    return VoteMatrix.from_triplets(
        who, what, votes[who, what],
        participant_ids=np.arange(people), statement_ids=np.arange(statements),
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(40, 12), (12, 40), (300, 90), (90, 300), (65, 66)])
def test_axes_and_places_equal_a_dense_singular_value_decomposition(
    shape: tuple[int, int],
) -> None:
    matrix = random_matrix(*shape)
    votes = dense(matrix)
    mean = np.nanmean(votes, axis=0)
    filled = np.where(np.isnan(votes), mean, votes) - mean
    _, strengths, axes = np.linalg.svd(filled)
    space = opinion_space(matrix, seed=1)
    assert np.allclose(space.center, mean, atol=1e-12)
    assert np.allclose(np.abs(np.sum(space.components * axes[:2], axis=1)), 1, atol=1e-10)
    shares = strengths[:2] ** 2 / np.sum(strengths**2)
    assert np.allclose(space.explained_variance, shares, atol=1e-12)
    cast = np.sum(~np.isnan(votes), axis=1)
    places = filled @ space.components.T * np.sqrt(matrix.n_statements / cast)[:, None]
    assert np.allclose(space.positions, places, atol=1e-10)


def test_each_axis_has_unit_length_and_its_largest_entry_points_up() -> None:
    space = opinion_space(random_matrix(300, 90), dimensions=3, seed=1)
    assert np.allclose(space.components @ space.components.T, np.eye(3), atol=1e-10)
    largest = np.argmax(np.abs(space.components), axis=1)
    assert np.all(space.components[np.arange(3), largest] > 0)


def test_the_seed_does_not_move_anyone() -> None:
    matrix = random_matrix(300, 90)
    one, other = opinion_space(matrix, seed=1), opinion_space(matrix, seed=2)
    assert np.allclose(one.positions, other.positions, atol=1e-9)


def test_the_same_seed_gives_the_same_bytes() -> None:
    matrix = random_matrix(300, 90)
    one, other = opinion_space(matrix, seed=1), opinion_space(matrix, seed=1)
    assert one.positions.tobytes() == other.positions.tobytes()


def test_axes_that_the_votes_do_not_span_are_zero() -> None:
    rows = np.repeat(np.arange(200), 100)
    columns = np.tile(np.arange(100), 200)
    two_camps = VoteMatrix.from_triplets(rows, columns, np.where(rows % 2, 1, -1))
    space = opinion_space(two_camps, dimensions=3, seed=1)
    assert np.allclose(space.explained_variance, [1, 0, 0])
    assert np.count_nonzero(space.components[1:]) == 0
    assert np.count_nonzero(space.positions[:, 1:]) == 0
    assert len(np.unique(np.round(space.positions[:, 0], 9))) == 2


@pytest.mark.parametrize("value", [1, 0, -1])
def test_where_all_votes_are_equal_everybody_stands_in_the_middle(value: int) -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2], [1, 2, 2], [value] * 3)
    space = opinion_space(matrix)
    assert np.count_nonzero(space.positions) == 0
    assert space.explained_variance.tolist() == [0, 0]


def test_who_cast_no_vote_stands_in_the_middle() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [1, 1], [1, -1], participant_ids=[1, 2, 3])
    assert opinion_space(matrix).positions[2].tolist() == [0, 0]


def test_a_muted_statement_counts_as_a_pass_by_everyone() -> None:
    matrix = random_matrix(40, 12)
    muted = np.arange(12) == 4
    votes = dense(matrix)
    votes[:, 4] = 0
    who, what = np.nonzero(~np.isnan(votes))
    passed = VoteMatrix.from_triplets(who, what, votes[who, what])
    one, other = opinion_space(matrix, muted=muted), opinion_space(passed)
    assert np.allclose(one.positions, other.positions, atol=1e-10)
    assert one.components[0, 4] == 0


def test_an_iteration_that_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanczos, "_MOST_STEPS", 5)
    with pytest.raises(EngineError) as caught:
        opinion_space(random_matrix(300, 90), seed=1)
    assert caught.value.code == "space_not_converged"
    assert "no end after 5 steps" in str(caught.value)


def test_a_warm_start_ends_at_the_same_axes_and_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = random_matrix(400, 120)
    steps = [0]

    def counted(basis: NDArray[np.float64], image: NDArray[np.float64]) -> Any:
        steps[0] += 1
        return without(basis, image)

    without = lanczos._without
    monkeypatch.setattr(lanczos, "_without", counted)
    cold = opinion_space(matrix, seed=1)
    taken, steps[0] = steps[0], 0
    near = cold.components + np.random.default_rng(1).normal(0, 1e-4, cold.components.shape)
    warm = opinion_space(matrix, seed=1, start=near)
    assert steps[0] < taken
    assert np.allclose(warm.components, cold.components, rtol=0, atol=1e-10)
    assert np.allclose(warm.positions, cold.positions, rtol=0, atol=1e-10)


def test_a_start_that_misses_the_strongest_axis_still_finds_it() -> None:
    matrix = random_matrix(400, 120)
    cold = opinion_space(matrix, dimensions=5, seed=1)
    warm = opinion_space(matrix, dimensions=2, seed=1, start=cold.components[3:])
    assert np.allclose(warm.components, cold.components[:2], rtol=0, atol=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_more_statements_than_a_covariance_is_built_for_give_the_same_axes(
    weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = random_matrix(200, 80)
    muted = np.arange(80) == 7
    if weighted:
        matrix = matrix.weighted(np.random.default_rng(3).integers(0, 4000, 200))
    built = opinion_space(matrix, muted=muted)
    monkeypatch.setattr(sys.modules[OpinionSpace.__module__], "MOST_STATEMENTS", 79)
    applied = opinion_space(matrix, muted=muted)
    assert np.allclose(applied.components, built.components, rtol=0, atol=1e-10)
    assert np.allclose(applied.explained_variance, built.explained_variance, rtol=0, atol=1e-12)
    shuffled = np.random.default_rng(1).permutation(200)
    rows = shuffled[matrix.rows]
    moved = VoteMatrix.from_triplets(
        rows, matrix.indices, matrix.values,
        participant_ids=np.arange(200), statement_ids=matrix.statement_ids,
    )  # fmt: skip
    if matrix.weights is not None:
        moved = moved.weighted(matrix.weights[np.argsort(shuffled)])
    again = opinion_space(moved, muted=muted)
    assert again.components.tobytes() == applied.components.tobytes()


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(30)), st.integers(0, 99), st.lists(st.integers(0, 30), max_size=3))
def test_order_and_ranges_change_no_bit(order: list[int], seed: int, cuts: list[int]) -> None:
    matrix = random_matrix(30, 7, seed)
    straight = opinion_space(matrix, seed=seed)
    moved = VoteMatrix.from_triplets(
        np.array(order)[matrix.rows], matrix.indices, matrix.values,
        participant_ids=np.arange(30), statement_ids=matrix.statement_ids,
    )  # fmt: skip
    other = opinion_space(moved, seed=seed)
    assert other.components.tobytes() == straight.components.tobytes()
    assert other.positions[order].tobytes() == straight.positions.tobytes()
    edges = [0, *sorted(cuts), 30]
    parts = [matrix.rows_between(low, high) for low, high in pairwise(edges)]
    axes = find_axes(together([statistics(part) for part in parts]), seed=seed)
    places = [project(part, axes.center, axes.components) for part in parts]
    assert np.concatenate(places).tobytes() == straight.positions.tobytes()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=20, max_size=20), st.integers(0, 99))
def test_a_clone_is_a_weight_of_two(times: list[int], seed: int) -> None:
    matrix = random_matrix(20, 8, seed)
    rows = np.repeat(np.arange(20), times)
    pieces = [matrix.rows_between(int(row), int(row) + 1) for row in rows]
    cloned = VoteMatrix.from_triplets(
        np.repeat(np.arange(len(rows)), [piece.n_votes for piece in pieces]),
        np.concatenate([piece.indices for piece in pieces]),
        np.concatenate([piece.values for piece in pieces]),
        participant_ids=np.arange(len(rows)), statement_ids=np.arange(8),
    )  # fmt: skip
    heavy = opinion_space(matrix.weighted(np.array(times) * 1000), seed=seed)
    double = opinion_space(cloned, seed=seed)
    assert double.components.tobytes() == heavy.components.tobytes()
    assert double.explained_variance.tobytes() == heavy.explained_variance.tobytes()
    assert double.positions.tobytes() == heavy.positions[rows].tobytes()


PRINT_DIGEST = """
import hashlib
import numpy as np
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.opinion_space import opinion_space
rng = np.random.default_rng(1)
who, what = np.nonzero(rng.random((900, 300)) < 0.7)
matrix = VoteMatrix.from_triplets(who, what, rng.integers(-1, 2, len(who)))
space = opinion_space(matrix.weighted(rng.integers(1, 4000, 900)))
print(hashlib.sha256(space.components.tobytes() + space.positions.tobytes()).hexdigest())
"""


def test_the_number_of_processor_cores_changes_no_bit() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env=os.environ | {"OPENBLAS_NUM_THREADS": cores, "OMP_NUM_THREADS": cores},
            capture_output=True, check=True,
        ).stdout
        for cores in ("1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1
    assert len(found.pop()) > 64


@pytest.mark.parametrize("statements", [10, 20])
def test_known_statistics_give_the_same_space(statements: int) -> None:
    matrix = random_matrix(60, statements)
    known = opinion_space(matrix, statistics=statistics(matrix))
    assert known.positions.tobytes() == opinion_space(matrix).positions.tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_few_people_for_each_statement_change_the_way_and_not_the_axes(seed: int) -> None:
    matrix = random_matrix(60, 20, seed)
    assert not products_pay(matrix)
    assert products_pay(matrix) == products_pay(statistics(matrix))
    implicit = opinion_space(matrix, seed=seed)
    computed = find_axes(statistics(matrix), seed=seed)
    assert implicit.components == pytest.approx(computed.components, abs=1e-9)
    # By weight: everyone twice is everyone with twice the weight.
    twice = matrix.weighted(np.full(60, 2000))
    assert products_pay(twice) == (120 > 4 * 20)


def spectrum(*values: float, size: int) -> NDArray[np.float64]:
    """A symmetric matrix with these eigenvalues, the rest 0."""
    rng = np.random.default_rng(len(values) + size)
    axes, _ = np.linalg.qr(rng.normal(size=(size, size)))
    every = np.zeros(size)
    every[: len(values)] = values
    return np.asarray((axes * every) @ axes.T)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (spectrum(9, 4, 3, 1, size=5), [9, 4, 3]),
        (spectrum(9, 4, size=5), [9, 4, 0]),
        (spectrum(7, 7, 7, 1, size=30), [7, 7, 7]),
        (spectrum(*np.arange(200.0, 0, -1), size=200), [200, 199, 198]),
        (spectrum(5, size=200), [5, 0, 0]),
        (spectrum(1e-12, 1e-13, size=60), [1e-12, 1e-13, 0]),
        (spectrum(2, size=1), [2]),
    ],
)
def test_the_strongest_eigenpairs_are_found(
    matrix: NDArray[np.float64], expected: list[float]
) -> None:
    count = len(expected)
    rng = np.random.default_rng(1)
    values, vectors = lanczos.top_eigenpairs(lambda v: matrix @ v, len(matrix), count, rng)
    largest = expected[0]
    assert np.allclose(values / largest, np.array(expected) / largest, atol=1e-12)
    assert np.allclose(vectors @ vectors.T, np.eye(count), atol=1e-9)
    assert np.allclose(matrix @ vectors.T / largest, vectors.T * values / largest, atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_tridiagonal_problem_is_solved_as_lapack_does(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    entry = st.floats(-5, 5).filter(lambda x: x == 0 or abs(x) > 1e-6)
    diagonal = data.draw(st.lists(entry, min_size=size, max_size=size))
    beside = data.draw(st.lists(entry, min_size=size - 1, max_size=size - 1))
    matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    found, vectors = lanczos.tridiagonal_top(diagonal, beside, 3, np.random.default_rng(0))
    expected = np.linalg.eigvalsh(matrix)[::-1][:3]
    assert np.allclose(found, expected, atol=1e-12 * max(1.0, float(np.abs(expected).max())))
    rows = np.array(vectors)
    assert np.allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-9)
    assert np.allclose(matrix @ rows.T, rows.T * np.array(found), atol=1e-9)

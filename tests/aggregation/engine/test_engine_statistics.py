"""Statistics of the votes: exact, and the same however people are cut, ordered or computed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine.gram import Rows, gram_products
from aggregation.engine.statistics import Statistics, statistics, together

ARRAYS = ("counts", "totals", "seen_seen", "vote_seen", "vote_vote")


def votes(people: int, statements: int, seed: int, share: float = 0.5) -> VoteMatrix:
    rng = np.random.default_rng(seed)
    who, what = np.nonzero(rng.random((people, statements)) < share)
    return VoteMatrix.from_triplets(
        who, what, rng.integers(-1, 2, len(who)),
        participant_ids=np.arange(people), statement_ids=np.arange(statements),
    )  # fmt: skip


def dense(matrix: VoteMatrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    seen = np.zeros((matrix.n_participants, matrix.n_statements), dtype=np.int64)
    vote = seen.copy()
    seen[matrix.rows, matrix.indices] = 1
    vote[matrix.rows, matrix.indices] = matrix.values
    return seen, vote


def same(one: Statistics, other: Statistics) -> bool:
    sizes = (one.n_participants, one.n_votes, one.weight) == (
        other.n_participants,
        other.n_votes,
        other.weight,
    )
    return sizes and all(np.array_equal(getattr(one, a), getattr(other, a)) for a in ARRAYS)


def weights_of(kind: str, people: int, rng: Any) -> NDArray[np.int64] | None:
    if kind == "none":
        return None
    most = {"whole": 4, "thousandths": 6000, "huge": 2**31}[kind]
    unit = 1000 if kind == "whole" else 1
    return np.asarray(rng.integers(0, most, people) * unit, dtype=np.int64)


@pytest.mark.parametrize("kind", ["none", "whole", "thousandths", "huge"])
@pytest.mark.parametrize("shape", [(40, 30), (300, 8), (5, 60), (70, 1)])
def test_products_equal_those_of_the_dense_matrix(kind: str, shape: tuple[int, int]) -> None:
    people, statements = shape
    rng = np.random.default_rng(people)
    matrix = votes(people, statements, seed=people).weighted(weights_of(kind, people, rng))
    seen, vote = dense(matrix)
    heavy = np.full(people, 1000) if matrix.weights is None else matrix.weights
    found = statistics(matrix)
    assert np.array_equal(found.seen_seen, seen.T @ (heavy[:, None] * seen))
    assert np.array_equal(found.vote_seen, vote.T @ (heavy[:, None] * seen))
    assert np.array_equal(found.vote_vote, vote.T @ (heavy[:, None] * vote))
    assert np.array_equal(found.counts, matrix.counts())
    assert np.array_equal(found.votes_total, heavy @ vote)
    assert np.array_equal(found.seen_total, np.diag(found.seen_seen))
    assert found.weight == heavy.sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 7, 50, 3000, 2**25]), st.integers(0, 25))
def test_the_way_of_computing_changes_no_number(seed: int, heaviest: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = votes(60, 20, seed, share=rng.random())
    rows = Rows(matrix.indptr, matrix.indices, matrix.values, rng.integers(0, heaviest + 1, 60), 20)
    chosen = gram_products(rows)
    forced = gram_products(rows, dense_from=cut)
    assert all(np.array_equal(a, b) for a, b in zip(chosen.parts, forced.parts, strict=True))


def test_sums_that_fill_their_digit_are_taken_out_in_time() -> None:
    people = 70_000  # more than 15 bits hold, in both ways of computing
    values = np.tile([1, -1], people)
    indices = np.tile(np.array([0, 1], dtype=np.int32), people)
    rows = Rows(np.arange(people + 1) * 2, indices, values.astype(np.int8), np.ones(people, int), 2)
    expected = [[[people, people]] * 2, [[people] * 2, [-people] * 2],
                [[people, -people], [-people, people]]]  # fmt: skip
    for cut in (0, 9):
        assert [part.tolist() for part in gram_products(rows, dense_from=cut).parts] == expected


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 50), max_size=4), st.booleans())
def test_ranges_add_up_to_the_whole(seed: int, cuts: list[int], weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    matrix = votes(50, 15, seed).weighted(rng.integers(0, 4000, 50) if weighted else None)
    edges = [0, *sorted(cuts), 50]
    parts = [statistics(matrix.rows_between(a, b)) for a, b in pairwise(edges)]
    assert same(together(parts), statistics(matrix))
    assert same(together(parts[::-1]), statistics(matrix))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 3), min_size=20, max_size=20))
def test_clones_count_as_weights_do(seed: int, times: list[int]) -> None:
    matrix = votes(20, 9, seed)
    rows = np.repeat(np.arange(20), times)
    whole = [matrix.rows_between(int(row), int(row) + 1) for row in rows]
    cloned = VoteMatrix.from_triplets(
        np.repeat(np.arange(len(rows)), matrix.votes_by_participant[rows]),
        np.concatenate([one.indices for one in whole] or [np.zeros(0, int)]),
        np.concatenate([one.values for one in whole] or [np.zeros(0, int)]),
        participant_ids=np.arange(len(rows)), statement_ids=np.arange(9),
    )  # fmt: skip
    one, other = statistics(cloned), statistics(matrix.weighted(np.array(times) * 1000))
    for name in ARRAYS[1:]:
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert one.weight == other.weight
    assert one.covariance(one.center).tobytes() == other.covariance(other.center).tobytes()


def test_the_covariance_is_that_of_the_filled_and_centred_votes() -> None:
    matrix = votes(80, 12, seed=4)
    seen, vote = dense(matrix)
    found = statistics(matrix)
    mean = vote.sum(axis=0) / seen.sum(axis=0)
    filled = np.where(seen == 1, vote - mean, 0.0)
    covariance = found.covariance(found.center)
    assert np.allclose(found.center, mean, atol=1e-14)
    assert np.allclose(covariance / 1000, filled.T @ filled, atol=1e-10)
    assert np.array_equal(covariance, covariance.T)


def test_statements_with_equal_votes_have_no_covariance_at_all() -> None:
    matrix = VoteMatrix.from_triplets([1, 2, 3, 1, 2, 3], [1, 1, 1, 2, 2, 2], [1, 1, 1, 1, -1, 0])
    found = statistics(matrix)
    assert found.varied.tolist() == [False, True]
    assert np.count_nonzero(found.covariance(found.center)) == 1


@pytest.mark.parametrize("gram", [True, False])
def test_statistics_survive_their_bytes(gram: bool) -> None:
    rng = np.random.default_rng(1)
    matrix = votes(50, 15, seed=2).weighted(rng.integers(0, 2**31, 50))
    found = statistics(matrix, gram=gram)
    again = Statistics.from_bytes(found.to_bytes())
    assert again.has_gram == gram
    assert again.to_bytes() == found.to_bytes()
    assert np.array_equal(again.totals, found.totals)
    if gram:
        assert same(again, found)


def test_nobody_and_nothing_have_statistics_too() -> None:
    nobody = VoteMatrix.from_triplets([], [], [], statement_ids=[4, 5])
    nothing = VoteMatrix.from_triplets([], [], [], participant_ids=[1])
    assert same(statistics(nobody) + statistics(votes(6, 2, 1)), statistics(votes(6, 2, 1)))
    assert statistics(nothing).n_statements == 0
    assert same(Statistics.from_bytes(statistics(nobody).to_bytes()), statistics(nobody))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        statistics(votes(5, 3, 1)) + statistics(votes(5, 4, 1))
    assert caught.value.code == "statistics_do_not_fit"
    bare = statistics(votes(5, 3, 1), gram=False)
    with pytest.raises(EngineError) as caught:
        bare.covariance(bare.center)
    assert caught.value.code == "gram_missing"

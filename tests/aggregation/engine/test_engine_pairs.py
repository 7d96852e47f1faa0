"""Pairwise preferences: equal to counting ballot by ballot, whatever way they are computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine import pairs as module
from aggregation.engine.pairs import Pairs, from_comparisons, from_rankings, pairs

BALLOTS = st.lists(
    st.dictionaries(st.integers(0, 5), st.sampled_from([-1, 0, 1])), min_size=1, max_size=8
)
RANKS = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(-1, m), min_size=m, max_size=m), min_size=1, max_size=7)
)


def profile(ballots: Sequence[dict[int, int]]) -> VoteMatrix:
    cells = [(who, what, vote) for who, own in enumerate(ballots) for what, vote in own.items()]
    who, what, vote = np.array(cells, dtype=np.int64).reshape(-1, 3).T
    return VoteMatrix.from_triplets(
        who, what, vote, participant_ids=range(len(ballots)), statement_ids=range(6)
    )


def counted(ballots: Sequence[dict[int, int]], weights: Sequence[int]) -> Pairs:
    """The definition, one ballot and one pair at a time."""
    prefer, level = np.zeros((6, 6), dtype=np.int64), np.zeros((6, 6), dtype=np.int64)
    for own, weight in zip(ballots, weights, strict=True):
        for one in own:
            for other in own:
                prefer[one, other] += weight * (own[one] > own[other])
                level[one, other] += weight * (one != other and own[one] == own[other])
    return Pairs(prefer, level)


def same(one: Pairs, other: Pairs) -> bool:
    return np.array_equal(one.prefer, other.prefer) and np.array_equal(one.level, other.level)


def random_votes(people: int, statements: int, share: float, seed: int) -> VoteMatrix:
    rng = np.random.default_rng(seed)
    who, what = np.nonzero(rng.random((people, statements)) < share)
    return VoteMatrix.from_triplets(
        who, what, rng.integers(-1, 2, len(who)),
        participant_ids=range(people), statement_ids=range(statements),
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(BALLOTS, st.sampled_from(["dense", "sparse"]), st.data())
def test_counts_are_those_of_the_definition(
    ballots: list[dict[int, int]], method: str, data: st.DataObject
) -> None:
    matrix = profile(ballots)
    assert same(pairs(matrix, method=method), counted(ballots, [1] * len(ballots)))
    weights = data.draw(
        st.lists(st.integers(0, 2**31), min_size=len(ballots), max_size=len(ballots))
    )
    weighted = pairs(matrix.weighted(np.array(weights)), method=method)
    assert same(weighted, counted(ballots, weights))
    assert weighted.unit == 1000


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_ranges_cuts_and_ways_of_computing_change_nothing(share: float) -> None:
    matrix = random_votes(300, 40, share, seed=3)
    whole = pairs(matrix)
    parts = [pairs(matrix.rows_between(a, b)) for a, b in ((0, 7), (7, 200), (200, 300))]
    assert same(parts[2] + parts[0] + parts[1], whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_CELLS", 1000)
        assert same(pairs(matrix, method="dense"), whole)
        assert same(pairs(matrix, method="sparse"), whole)


def test_a_clone_counts_as_a_weight_of_two() -> None:
    matrix = random_votes(30, 12, 0.5, seed=1)
    doubled = pairs(matrix) + pairs(matrix.rows_between(4, 5))
    weights = np.full(30, 1000)
    weights[4] = 2000
    weighted = pairs(matrix.weighted(weights))
    assert np.array_equal(weighted.prefer, 1000 * doubled.prefer)
    assert np.array_equal(weighted.level, 1000 * doubled.level)


def test_only_those_who_saw_both_compare_two_statements() -> None:
    found = pairs(profile([{0: 1, 1: -1}, {0: 1}, {1: 1}, {0: 0, 1: 0}]))
    assert found.prefer[0, 1] == 1
    assert found.prefer[1, 0] == 0
    assert found.compared[0, 1] == 2
    assert found.margins[1, 0] == -1
    assert not found.compared[2].any()


@settings(max_examples=100, deadline=None)
@given(RANKS, st.sampled_from(["not_compared", "last"]))
def test_ranked_ballots_are_counted_pair_by_pair(ranks: list[list[int]], unranked: str) -> None:
    m = len(ranks[0])
    weights = [1000 * number for number in range(len(ranks))]
    found = from_rankings(np.array(ranks), weights=weights, unranked=unranked)
    for one in range(m):
        for other in range(m):
            prefer = level = 0
            for own, weight in zip(ranks, weights, strict=True):
                rank = [place if place >= 0 else 99 for place in own]
                if unranked == "last" or (own[one] >= 0 and own[other] >= 0):
                    prefer += weight * (rank[one] < rank[other])
                    level += weight * (one != other and rank[one] == rank[other])
            assert (found.prefer[one, other], found.level[one, other]) == (prefer, level)


def test_many_equal_ballots_do_not_overflow_the_small_counters() -> None:
    found = from_rankings([[0, 1]] * 1000)
    assert found.prefer.tolist() == [[0, 1000], [0, 0]]


def test_comparisons_are_counted_by_winner_and_loser() -> None:
    found = from_comparisons([0, 0, 2], [1, 1, 0], 3)
    assert found.prefer.tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]
    assert not found.level.any()


@pytest.mark.parametrize(
    ("winners", "losers"), [([0, 1], [1]), ([0], [3]), ([-1], [0]), ([2], [2]), ([0.5], [1])]
)
def test_comparisons_that_make_no_sense_are_refused(winners: list[int], losers: list[int]) -> None:
    with pytest.raises(EngineError, match="comparisons are malformed"):
        from_comparisons(winners, losers, 3)


def test_ballots_that_make_no_sense_are_refused() -> None:
    for bad in ([1, 2], [[0.5, 1.0]]):
        with pytest.raises(EngineError, match="whole numbers"):
            from_rankings(bad)
    for weights in ([1000], [-1, 5], [0.5, 1.0]):
        with pytest.raises(EngineError, match="thousandths"):
            from_rankings([[0, 1], [1, 0]], weights=weights)
    with pytest.raises(EngineError, match="different kinds"):
        from_rankings([[0, 1]]) + from_rankings([[0, 1]], weights=[1000])


def test_nobody_and_nothing_are_counted_too() -> None:
    nobody = pairs(VoteMatrix.from_triplets([], [], [], statement_ids=[4, 9]))
    assert nobody.prefer.tolist() == [[0, 0], [0, 0]]
    assert pairs(VoteMatrix.from_triplets([], [], [])).prefer.shape == (0, 0)

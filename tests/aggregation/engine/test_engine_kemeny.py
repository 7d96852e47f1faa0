"""Kemeny's ranking: equal to going through all rankings, and proven best on larger ones."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, TieBreaker
from aggregation.engine.pairs import Pairs, from_rankings
from aggregation.engine.rankings import linear_orders
from aggregation.engine.rankings.kemeny import disagreements, kemeny
from aggregation.engine.rankings.linear_orders import LinearOrders
from aggregation.engine.rankings.ranking import blocks

RANKS = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(-1, m), min_size=m, max_size=m), min_size=1, max_size=5)
)


def breaker(m: int) -> TieBreaker:
    return TieBreaker(np.zeros(m, dtype=np.int64), np.arange(m))


def all_best(counts: Pairs) -> list[tuple[int, ...]]:
    """Every ranking with the fewest disagreements, by going through all."""
    every = list(permutations(range(counts.n_statements)))
    distances = [disagreements(counts, order) for order in every]
    return [order for order, far in zip(every, distances, strict=True) if far == min(distances)]


def above(order: tuple[int, ...]) -> set[tuple[int, int]]:
    return {(one, other) for place, one in enumerate(order) for other in order[place + 1 :]}


def first_of(best: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Keep those that have 0 above 1 if there are any, then 0 above 2, and so on."""
    for pair in sorted(above(tuple(range(len(best[0]))))):
        best = [order for order in best if pair in above(order)] or best
    (only,) = best
    return only


def cuts(levels: tuple[tuple[int, ...], ...]) -> set[frozenset[int]]:
    """The sets of statements above each border between levels."""
    found, upper = set(), frozenset[int]()
    for level in levels[:-1]:
        upper |= set(level)
        found.add(upper)
    return found


@settings(max_examples=150, deadline=None)
@given(RANKS)
def test_the_ranking_is_the_first_of_the_best_and_tells_what_all_best_share(
    ranks: list[list[int]],
) -> None:
    counts = from_rankings(ranks)
    m = counts.n_statements
    best = all_best(counts)
    found = kemeny(counts, ties=breaker(m))
    assert found.order == first_of(best)
    shared = set.intersection(*map(above, best))
    assert found.scores.tolist() == [sum(one == at for one, _ in shared) for at in range(m)]
    every_cut = [{frozenset(order[:size]) for order in best} for size in range(1, m)]
    assert cuts(found.levels) == {only for sets in every_cut if len(sets) == 1 for only in sets}


def test_a_circle_of_three_is_one_level_and_a_recorded_tie() -> None:
    found = kemeny(from_rankings([[0, 1, 2, 3], [2, 0, 1, 3], [1, 2, 0, 3]]), ties=breaker(4))
    assert found.levels == ((0, 1, 2), (3,))
    assert found.order == (0, 1, 2, 3)
    (tie,) = found.ties
    assert (tie.where, tie.candidates) == ("place 1", (0, 1, 2))
    assert tie.rule.startswith("of all rankings that disagree least")


@pytest.mark.parametrize("agree", [(0, 0, 5), (0, 5, 0)])
def test_among_best_rankings_the_rule_for_ties_decides(agree: tuple[int, ...]) -> None:
    circle = from_rankings([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    found = kemeny(circle, ties=TieBreaker(np.array(agree), np.arange(3)))
    assert found.order[0] == agree.index(5)
    assert found.order in all_best(circle)


def test_no_search_finds_a_better_ranking_of_thirty_statements() -> None:
    rng = np.random.default_rng(2)
    counts = from_rankings(np.argsort(rng.random((31, 30)), axis=1))
    assert max(map(len, blocks(counts.margins))) > 20
    found = disagreements(counts, kemeny(counts, ties=breaker(30)).order)
    tried = []
    for _ in range(30):
        order = [int(at) for at in rng.permutation(30)]
        tried.append(disagreements(counts, tuple(improved(counts.margins, order))))
    assert found <= min(tried)
    assert found >= int(np.minimum(counts.prefer, counts.prefer.T).sum()) // 2


def improved(margins: np.ndarray[Any, Any], order: list[int]) -> list[int]:
    """Move single statements to where they win most, until no move helps."""
    moved = True
    while moved:
        moved = False
        for statement in list(order):
            at = order.index(statement)
            rest = order[:at] + order[at + 1 :]
            # What is gained by standing before each of the rest, from the end backwards.
            gains = np.concatenate([np.cumsum(margins[statement, rest][::-1])[::-1], [0]])
            gains -= np.concatenate([[0], np.cumsum(margins[statement, rest])])
            to = int(np.argmax(gains))
            if gains[to] > gains[at]:
                order = [*rest[:to], statement, *rest[to:]]
                moved = True
    return order


def test_fractional_solutions_are_followed_by_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relaxed problem of these votes has no whole solution."""
    searched = []
    relaxed = LinearOrders._relaxed

    def noted(self: LinearOrders, weights: Any, least: Any, whole: bool) -> Any:
        searched.append(whole)
        return relaxed(self, weights, least, whole)

    monkeypatch.setattr(LinearOrders, "_relaxed", noted)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        margins = np.triu(np.where(rng.random((9, 9)) < 0.5, 1, -1), 1)
        counts = Pairs(np.maximum(margins - margins.T, 0), np.zeros((9, 9), dtype=np.int64))
        found = kemeny(counts, ties=breaker(9))
        if any(searched):
            break
    assert any(searched)
    assert disagreements(counts, found.order) == least_by_subsets(counts.prefer)


def least_by_subsets(prefer: np.ndarray[Any, Any]) -> int:
    """Fewest disagreements, by the best order of every subset that stands on top."""
    m = len(prefer)
    cost = {0: 0}
    for top in range(1, 1 << m):
        members = [at for at in range(m) if top >> at & 1]
        cost[top] = min(
            cost[top ^ 1 << last] + sum(int(prefer[last, at]) for at in members) for last in members
        )
    return cost[(1 << m) - 1]


@pytest.mark.parametrize("seed", range(12))
def test_twelve_statements_are_ranked_as_by_all_subsets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = from_rankings(rng.integers(-1, 4, (9, 12)))
    found = kemeny(counts, ties=breaker(12))
    assert disagreements(counts, found.order) == least_by_subsets(counts.prefer)


def test_large_blocks_are_refused_with_their_size() -> None:
    circle = from_rankings([[0, 1, 2, 3], [2, 0, 1, 3], [1, 2, 0, 3]])
    with pytest.raises(EngineError) as caught:
        kemeny(circle, most=2, ties=breaker(4))
    assert (caught.value.code, caught.value.params) == (
        "kemeny_too_large",
        {"statements": 3, "most": 2},
    )


def test_many_statements_without_circles_are_ranked_whatever_their_number() -> None:
    order = np.random.default_rng(1).permutation(400)
    found = kemeny(from_rankings(np.argsort(order)[None, :]), most=1, ties=breaker(400))
    assert found.order == tuple(order.tolist())


def test_a_search_that_ends_early_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped:
        status = 1

    monkeypatch.setattr(linear_orders, "milp", lambda *_, **__: Stopped())
    with pytest.raises(EngineError, match="not proven best within 7 steps"):
        kemeny(from_rankings([[0, 1, 2], [2, 0, 1], [1, 2, 0]]), nodes=7, ties=breaker(3))


@settings(max_examples=40, deadline=None)
@given(RANKS, st.integers(0, 100))
def test_names_change_nothing(ranks: list[list[int]], seed: int) -> None:
    """Renamed statements that the rule for ties puts in the same order end up alike."""
    counts = from_rankings(ranks)
    m = counts.n_statements
    new = np.random.default_rng(seed).permutation(m)
    agree = np.arange(m)[::-1]
    found = kemeny(counts, ties=TieBreaker(agree, np.arange(m)))
    renamed = kemeny(
        from_rankings(np.array(ranks)[:, new]), ties=TieBreaker(agree[new], np.arange(m))
    )
    assert [int(new[at]) for at in renamed.order] == list(found.order)

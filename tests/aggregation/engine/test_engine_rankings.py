"""Rankings: equal to slow definitions and to pref_voting, with their guarantees on random votes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise, permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import TieBreaker, VoteMatrix
from aggregation.engine.pairs import Pairs, from_rankings, pairs
from aggregation.engine.rankings import (
    borda,
    copeland,
    kemeny,
    minimax,
    ranked_pairs,
    schulze,
)
from aggregation.engine.rankings.ranking import Ranking, blocks, strengths

GOLDEN = json.loads((Path(__file__).parent / "golden" / "rankings.json").read_text())
RANKS = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(-1, 3), min_size=m, max_size=m), min_size=1, max_size=6)
)
KINDS = st.sampled_from(["margins", "winning_votes"])
RELATIONS: tuple[Callable[..., Ranking], ...] = (schulze.schulze, ranked_pairs.ranked_pairs)


def breaker(m: int) -> TieBreaker:
    return TieBreaker(np.zeros(m, dtype=np.int64), np.arange(m))


def ballots(ranks: list[list[int]]) -> Pairs:
    return from_rankings(np.array(ranks))


def rank(rule: Callable[..., Ranking], counts: Pairs, **settings: Any) -> Ranking:
    return rule(counts, ties=breaker(counts.n_statements), **settings)


# Slow definitions


def paths(counts: Pairs, kind: str) -> np.ndarray[Any, Any]:
    """Strength of the strongest path, by going through every path."""
    m, wins = counts.n_statements, strengths(counts, kind)
    best = np.zeros((m, m), dtype=np.int64)
    for length in range(2, m + 1):
        for path in permutations(range(m), length):
            weakest = min(wins[one, next_one] for one, next_one in pairwise(path))
            best[path[0], path[-1]] = max(best[path[0], path[-1]], weakest)
    return best


def locked(order: list[tuple[int, int]], m: int) -> frozenset[tuple[int, int]]:
    """Lock wins in this order, none that closes a circle; all that follows from them."""
    above: set[tuple[int, int]] = set()
    for high, low in order:
        if (low, high) not in above:
            up = {high} | {one for one in range(m) if (one, high) in above}
            down = {low} | {one for one in range(m) if (low, one) in above}
            above |= set(product(up, down))
    return frozenset(above)


def lockings(counts: Pairs, kind: str) -> Iterator[frozenset[tuple[int, int]]]:
    """The outcomes of all orders of equally strong wins."""
    wins = strengths(counts, kind)
    edges = sorted(zip(*np.nonzero(wins), strict=True), key=lambda edge: -wins[edge])
    levels = [
        [(int(high), int(low)) for high, low in level]
        for _, level in groupby(edges, key=lambda edge: wins[edge])
    ]
    for order in product(*(permutations(level) for level in levels)):
        yield locked([edge for level in order for edge in level], counts.n_statements)


def relation(matrix: np.ndarray[Any, Any]) -> set[tuple[int, int]]:
    return {(int(one), int(other)) for one, other in zip(*np.nonzero(matrix), strict=True)}


@settings(max_examples=150, deadline=None)
@given(RANKS, KINDS)
def test_schulze_goes_by_the_strongest_of_all_paths(ranks: list[list[int]], kind: str) -> None:
    counts = ballots(ranks)
    found = rank(schulze.schulze, counts, strength=kind)
    expected = paths(counts, kind)
    beats = expected > expected.T
    assert np.array_equal(found.matrix > found.matrix.T, beats)
    for block in blocks(counts.margins):
        square = np.ix_(block, block)
        assert np.array_equal(found.matrix[square], expected[square])
    assert set(found.levels[0]) == set(np.flatnonzero(~beats.any(axis=0)))
    assert found.scores.tolist() == beats.sum(axis=1).tolist()


@settings(max_examples=150, deadline=None)
@given(RANKS, KINDS)
def test_ranked_pairs_is_one_of_the_outcomes_of_all_orders(
    ranks: list[list[int]], kind: str
) -> None:
    counts = ballots([row[:4] for row in ranks])
    wins = strengths(counts, kind)
    _, equal = np.unique(wins[wins > 0], return_counts=True)
    if np.prod([np.prod(np.arange(1, number + 1)) for number in equal]) > 3000:
        return
    outcomes = set(lockings(counts, kind))
    found = rank(ranked_pairs.ranked_pairs, counts, strength=kind)
    assert frozenset(relation(found.matrix)) in outcomes
    equally_strong = [tie for tie in found.ties if "strong" in tie.where]
    assert bool(equally_strong) >= (len(outcomes) > 1)


@pytest.mark.parametrize("tie_order", [(0, 1, 2), (2, 1, 0)])
def test_equally_strong_wins_go_by_the_rule_for_ties_and_are_recorded(
    tie_order: tuple[int, ...],
) -> None:
    """A circle of three equal wins: 0 over 1, 1 over 2, 2 over 0."""
    counts = ballots([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    agree = np.array([-tie_order.index(at) for at in range(3)])
    ties = TieBreaker(agree, np.arange(3))
    found = ranked_pairs.ranked_pairs(counts, ties=ties)
    assert found.order == ((0, 1, 2) if tie_order[0] == 0 else (2, 0, 1))
    assert [len(level) for level in found.levels] == [1, 1, 1]
    (tie,) = found.ties
    assert tie.where == "order of equally strong wins"
    assert len(tie.candidates) == 2


@settings(max_examples=100, deadline=None)
@given(RANKS)
def test_the_first_block_is_the_smallest_set_that_wins_against_the_rest(
    ranks: list[list[int]],
) -> None:
    margins = ballots(ranks).margins
    m = len(margins)
    found = blocks(margins)
    assert sorted(np.concatenate(found).tolist()) == list(range(m))
    for first, second in pairwise(range(len(found) + 1)):
        later = np.concatenate([*found[second:], np.zeros(0, dtype=np.int64)])
        assert (margins[np.ix_(found[first], later)] > 0).all()
    dominating = [
        chosen
        for size in range(1, m + 1)
        for chosen in map(set, permutations(range(m), size))
        if all(margins[one, other] > 0 for one in chosen for other in set(range(m)) - chosen)
    ]
    assert set(found[0].tolist()) == min(dominating, key=len)


@settings(max_examples=100, deadline=None)
@given(RANKS)
def test_scores_are_those_of_the_definition(ranks: list[list[int]]) -> None:
    counts = ballots(ranks)
    m, margins = counts.n_statements, counts.margins
    others = [[k for k in range(m) if k != j] for j in range(m)]
    wins = [sum(int(np.sign(margins[j, k])) for k in others[j]) for j in range(m)]
    assert rank(copeland.copeland, counts).scores.tolist() == wins
    worst = [-max((int(margins[k, j]) for k in others[j]), default=0) for j in range(m)]
    assert rank(minimax.minimax, counts).scores.tolist() == worst
    lost = [
        -max((int(counts.prefer[k, j]) for k in others[j] if margins[k, j] > 0), default=0)
        for j in range(m)
    ]
    assert rank(minimax.minimax, counts, strength="winning_votes").scores.tolist() == lost
    points = [sum(int(margins[j, k]) for k in others[j]) for j in range(m)]
    assert rank(borda.borda, counts, variant="symmetric").scores.tolist() == points
    for j, share in enumerate(rank(borda.borda, counts).scores.tolist()):
        compared = sum(int(counts.compared[j, k]) for k in others[j])
        assert share == (0.5 + points[j] / (2 * compared) if compared else 0.5) or np.isclose(
            share, 0.5 + points[j] / (2 * compared), rtol=0, atol=1e-15
        )


@settings(max_examples=100, deadline=None)
@given(RANKS, st.sampled_from(RELATIONS), KINDS)
def test_a_copy_next_to_a_statement_changes_no_winner(
    ranks: list[list[int]], rule: Callable[..., Ranking], kind: str
) -> None:
    """Copies that people do tell apart, where no other statement is level with them."""
    m = len(ranks[0])
    rng = np.random.default_rng(len(ranks))
    for original in range(m):
        copied = []
        for row in ranks:
            alone = row[original] >= 0 and row.count(row[original]) == 1
            spread = [3 * rank if rank >= 0 else -1 for rank in row]
            copy = spread[original] + (int(rng.integers(0, 2)) if alone else 0)
            copied.append([*spread[: original + 1], copy, *spread[original + 1 :]])
        before = rank(rule, ballots(ranks), strength=kind).order[0]
        after = rank(rule, ballots(copied), strength=kind).order[0]
        assert (after if after <= original else after - 1) == before


@settings(max_examples=100, deadline=None)
@given(RANKS, KINDS)
def test_an_only_winner_does_not_win_alone_when_all_ballots_are_reversed(
    ranks: list[list[int]], kind: str
) -> None:
    if len(ranks[0]) == 1:
        return
    turned = [[3 - rank if rank >= 0 else -1 for rank in row] for row in ranks]
    for rule, more in (
        (schulze.schulze, {"strength": kind}),
        (copeland.copeland, {}),
        (borda.borda, {}),
    ):
        first = rank(rule, ballots(ranks), **more).levels[0]
        last = rank(rule, ballots(turned), **more).levels[0]
        assert len(first) > 1 or first != last


# What other programs find


@pytest.mark.parametrize("number", range(len(GOLDEN["profiles"])))
def test_rankings_are_those_of_pref_voting(number: int) -> None:
    golden = GOLDEN["profiles"][number]
    counts = from_rankings(golden["ranks"])
    assert_as_golden(counts, golden)
    if golden.get("ranked_pairs_margins") is not None:
        assert rank(ranked_pairs.ranked_pairs, counts).order[0] in golden["ranked_pairs_margins"]
    if golden["strict"]:
        # Borda counts statements below; ours counts those above against them.
        symmetric = rank(borda.borda, counts, variant="symmetric").scores
        most = len(golden["ranks"]) * (counts.n_statements - 1)
        assert ((symmetric + most) / 2).tolist() == golden["borda"]
    if "kemeny" in golden:
        order = list(rank(kemeny.kemeny, counts).order)
        assert order in golden["kemeny"]
        assert kemeny.disagreements(counts, tuple(order)) == golden["kemeny_distance"]


def assert_as_golden(counts: Pairs, golden: dict[str, Any]) -> None:
    smith = blocks(counts.margins)[0].tolist()
    assert smith == sorted(golden["smith"])
    assert (smith[0] if len(smith) == 1 else None) == golden["condorcet"]
    assert rank(copeland.copeland, counts).scores.tolist() == golden["copeland"]
    for kind in ("margins", "winning_votes"):
        found = rank(minimax.minimax, counts, strength=kind).scores
        assert np.minimum(found, 0).tolist() == golden[f"minimax_{kind}"]
        found = rank(schulze.schulze, counts, strength=kind).matrix
        assert sorted(map(list, relation(found > found.T))) == golden[f"schulze_{kind}"]


@pytest.mark.reference_data
def test_real_votes_are_ranked_as_by_pref_voting(reference_data: Path) -> None:
    golden = GOLDEN["real"]
    with (reference_data / golden["file"]).open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = [at for at, name in enumerate(header) if name.isdigit()]
    cells = [
        (who, int(header[at]), int(row[at]))
        for who, row in enumerate(rows)
        for at in columns
        if row[at]
    ]
    who, what, vote = zip(*cells, strict=True)
    counts = pairs(VoteMatrix.from_triplets(who, what, vote))
    assert counts.n_statements == golden["statements"]
    assert_as_golden(counts, golden)

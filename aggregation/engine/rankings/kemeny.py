"""Kemeny's rule: the ranking that disagrees least with all ballots, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.linear_orders import LinearOrders
from aggregation.engine.rankings.ranking import Ranking, blocks, select_best
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker

MOST = 100
"""Statements in one block up to which the best ranking is computed. Of real votes this many take
about a second; without any order in the votes, as of dice, 60 take about five."""
NODES = 10_000
RULE = (
    "of all rankings that disagree least, the one that puts the first statement, by more agree "
    "votes and then the lower id, above the second, the third and so on wherever one of them does"
)


def kemeny(counts: Pairs, *, most: int = MOST, nodes: int = NODES, ties: TieBreaker) -> Ranking:
    """Rank so that as few ballots as possible disagree, summed over all pairs.

    Blocks of which each wins all comparisons with the later ones are ranked apart, which changes
    nothing. In each, a whole-number program finds a best ranking, and then all pairs that the
    best rankings leave open; statements joined by open pairs form a level. What is level is put
    in order so that the result is itself a best ranking.

    most  : statements that one block may have; nodes : steps that the search may take.
    The scores are the numbers of statements below in every best ranking, the matrix the margins.
    Raises EngineError: kemeny_too_large, kemeny_not_proven. Condorcet, Smith; NP-hard in the size
    of a block, O(m²) where every block is a single statement.
    Kemeny 1959, Daedalus 88; Young & Levenglick 1978, SIAM J. Appl. Math. 35, 285-300;
    Reinelt 1985, The Linear Ordering Problem.
    """
    m, places = counts.n_statements, ties.places()
    cut = blocks(counts.margins)
    largest = max((len(block) for block in cut), default=0)
    if largest > most:
        raise EngineError("kemeny_too_large", statements=largest, most=most)
    levels: list[tuple[int, ...]] = []
    order: list[int] = []
    below = np.zeros(m, dtype=np.int64)
    for block in cut:
        ordered = block[np.argsort(places[block])]
        above, always = _best_rankings(counts.margins[np.ix_(ordered, ordered)], nodes)
        below[ordered] = always.sum(axis=1) + m - len(order) - len(ordered)
        positions = np.argsort(-above.sum(axis=1), kind="stable")
        for level in _levels(always[np.ix_(positions, positions)]):
            members = [int(ordered[positions[at]]) for at in level]
            ties.record(members, f"place {len(order) + 1}", RULE)
            levels.append(tuple(sorted(members)))
            order.extend(members)
    return Ranking(
        levels=tuple(levels),
        order=tuple(order),
        ties=tuple(ties.found),
        scores=below.astype(np.float64),
        matrix=counts.margins,
    )


def disagreements(counts: Pairs, order: tuple[int, ...]) -> int:
    """Ballots that put a lower statement above a higher one, summed over all pairs."""
    sequence = np.asarray(order, dtype=np.int64)
    return int(np.tril(counts.prefer[np.ix_(sequence, sequence)]).sum())


def _best_rankings(
    margins: NDArray[np.int64], nodes: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(above, always), both bool[c, c]: the best ranking that is taken, and what all share.

    Statements are in the order of the rule for ties.
    """
    square = (len(margins), len(margins))
    above, always = np.zeros(square, dtype=np.bool_), np.zeros(square, dtype=np.bool_)
    if len(margins) == 1:
        return above, always
    orders = LinearOrders(len(margins), nodes)
    weights = margins[orders.high, orders.low]
    weights = weights // max(int(np.gcd.reduce(weights)), 1)
    found = orders.best(weights)
    orders.at_least(weights, int(weights[found].sum()))
    open_pairs = _open(orders, found)
    if open_pairs.any():
        found = _first(orders, found, open_pairs)
    settled = ~open_pairs
    above[orders.high, orders.low], above[orders.low, orders.high] = found, ~found
    always[orders.high, orders.low] = found & settled
    always[orders.low, orders.high] = ~found & settled
    return above, always


def _open(orders: LinearOrders, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[pairs]: pairs that some best rankings put one way and some the other.

    Asks for the best ranking that differs in most pairs not yet known to be open, until none does.
    """
    differs = np.zeros(len(found), dtype=np.bool_)
    while True:
        other = orders.best(np.where(differs, 0, np.where(found, -1, 1)))
        new = (other != found) & ~differs
        if not new.any():
            return differs
        differs |= new


def _first(
    orders: LinearOrders, found: NDArray[np.bool_], open_pairs: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The best ranking that puts first things first: open pairs are settled one by one, in order.

    A pair goes the way of the rule for ties if some best ranking that agrees with all pairs
    settled so far has it that way.
    """
    for pair in np.flatnonzero(~open_pairs):
        orders.fix(int(pair), bool(found[pair]))
    alike = np.ones(len(found), dtype=np.int64)
    now = orders.best(alike)
    for pair in np.flatnonzero(open_pairs):
        at = int(pair)
        other = now if now[at] else orders.best_with(alike, at)
        now = now if other is None else other
        orders.fix(at, other is not None)
    return now


def _levels(always: NDArray[np.bool_]) -> list[range]:
    """Runs of positions joined by open pairs, for statements in the order of a best ranking."""
    m = len(always)
    # A cut after t is good if everything before it is always above everything after it.
    good = [at for at in range(1, m) if always[:at, at:].all()]
    return [range(low, high) for low, high in pairwise([0, *good, m])]


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, most."""
    most = int(params["most"] or MOST)
    return select_best(
        "kemeny", evidence, params, lambda counts, ties: kemeny(counts, most=most, ties=ties)
    )

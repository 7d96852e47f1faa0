"""Schulze's rule: the strongest path of wins decides between two statements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import (
    MARGINS,
    Ranking,
    blocks,
    layers,
    ranked,
    select_best,
    strengths,
)
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def schulze(counts: Pairs, *, strength: str = MARGINS, ties: TieBreaker) -> Ranking:
    """Rank by strongest paths.

    A path is as strong as the weakest win on it. One statement beats another if its strongest
    path there is stronger than the strongest path back. This never runs in circles; the levels
    are its layers: the unbeaten, the unbeaten among the rest, and so on.

    strength : what makes a win strong, "margins" or "winning_votes".
    The scores are the numbers of statements beaten. The matrix holds the strengths of the
    strongest paths; between blocks, where every direct comparison goes one way and no path leads
    back, that of the direct win. Condorcet, Smith, independence of clones, monotonicity, reversal
    symmetry. O(m³) on whole numbers, within the blocks that no win leads back into.
    Schulze 2011, Social Choice and Welfare 36, 267-303.
    """
    paths = strengths(counts, strength)
    for block in blocks(counts.margins):
        if len(block) > 1:
            square = np.ix_(block, block)
            paths[square] = widest_paths(paths[square])
    beats = paths > paths.T
    return ranked(layers(beats), beats.sum(axis=1).astype(np.float64), paths, ties)


def widest_paths(strength: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[m, m]: strength of the strongest path from each statement to each other one.

    strength : int64[m, m], not negative, 0 for no win. Floyd and Warshall's recurrence, one
    statement on the way at a time and all pairs at once. The diagonal stays 0.
    """
    most = int(strength.max(initial=0))
    # Twice as many numbers fit into a register when they are half as long.
    kind = np.int16 if most < 2**15 else np.int32 if most < 2**31 else np.int64
    paths = strength.astype(kind)
    through = np.empty_like(paths)
    for at in range(len(paths)):
        # Written out first, because numpy is three times faster on two full rows than on a row
        # and a single number.
        np.copyto(through, paths[:, at, None])
        np.minimum(through, paths[at], out=through)
        np.maximum(paths, through, out=paths)
    np.fill_diagonal(paths, 0)
    return paths.astype(np.int64)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, strength."""
    kind = str(params["strength"])
    return select_best(
        "schulze", evidence, params, lambda counts, ties: schulze(counts, strength=kind, ties=ties)
    )

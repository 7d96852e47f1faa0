"""Borda's rule, for ballots with levels and gaps: the share of comparisons won."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import Ranking, by_score, ranked, select_best
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker

SHARE = "share"
SYMMETRIC = "symmetric"
VARIANTS = (SHARE, SYMMETRIC)


def borda(counts: Pairs, *, variant: str = SHARE, ties: TieBreaker) -> Ranking:
    """Rank by comparisons won on single ballots, over all ballots and other statements.

    variant : "symmetric" adds up one point for every statement below and takes one off for every
              statement above, on each ballot. On complete ballots this is Borda's count up to a
              constant; on gappy ones a statement that more people saw has more to win and lose.
              "share" divides: the share of a statement's comparisons that it won, level ones
              counting half. A statement that was never compared has a share of one half.
    The scores are these numbers, the matrix the margins. Both rank complete ballots alike.
    Monotonicity, reversal symmetry; a Condorcet winner need not come first, but a statement that
    loses to all others on complete ballots never does. O(m²).
    Borda 1781; Young 1974, J. Economic Theory 9, 43-52; Gärdenfors 1973, Theory and Decision 4.
    """
    if variant == SYMMETRIC:
        points = counts.margins.sum(axis=1)
        return ranked(by_score(points), points / counts.unit, counts.margins, ties)
    twice_won = 2 * counts.prefer.sum(axis=1) + counts.level.sum(axis=1)
    twice_all = 2 * counts.compared.sum(axis=1)
    shares = [
        Fraction(won, total) if total else Fraction(1, 2)
        for won, total in zip(twice_won.tolist(), twice_all.tolist(), strict=True)
    ]
    scores = np.array([float(share) for share in shares])
    return ranked(by_score(_places(shares)), scores, counts.margins, ties)


def _places(shares: list[Fraction]) -> NDArray[np.int64]:
    """Whole numbers in the order of the fractions, equal for equal ones."""
    place = {share: number for number, share in enumerate(sorted(set(shares)))}
    return np.array([place[share] for share in shares], dtype=np.int64)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, variant."""
    variant = str(params["variant"])
    return select_best(
        "borda", evidence, params, lambda counts, ties: borda(counts, variant=variant, ties=ties)
    )

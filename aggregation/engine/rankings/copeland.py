"""Copeland's rule: wins less losses against all others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import Ranking, by_score, ranked, select_best
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def copeland(counts: Pairs, *, ties: TieBreaker) -> Ranking:
    """Rank by the number of statements won against, less the number lost to.

    The scores are these numbers, the matrix the margins. Condorcet, Smith, monotonicity,
    reversal symmetry; not independent of clones. O(m²).
    Copeland 1951; Saari & Merlin 1996, Economic Theory 8, 51-76.
    """
    score = np.sign(counts.margins).sum(axis=1)
    return ranked(by_score(score), score.astype(np.float64), counts.margins, ties)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes."""
    return select_best(
        "copeland", evidence, params, lambda counts, ties: copeland(counts, ties=ties)
    )

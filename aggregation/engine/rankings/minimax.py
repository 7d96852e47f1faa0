"""Minimax: the statement whose worst defeat is mildest comes first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import (
    MARGINS,
    WINNING_VOTES,
    Ranking,
    by_score,
    ranked,
    select_best,
    strengths,
)
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def minimax(counts: Pairs, *, strength: str = MARGINS, ties: TieBreaker) -> Ranking:
    """Rank by the worst comparison with any other statement.

    strength : "margins" takes the largest margin against a statement, also if it is negative and
               the statement wins all its comparisons; "winning_votes" the votes for the winner of
               its worst defeat, 0 without any.
    The scores are these numbers, negated; the matrix holds what was compared. Condorcet and
    monotonicity; neither Smith nor independence of clones. O(m²).
    Simpson 1969, Kramer 1977; Levin & Nalebuff 1995, J. Economic Perspectives 9, 3-26.
    """
    against = counts.margins if strength == MARGINS else strengths(counts, WINNING_VOTES)
    others = ~np.eye(counts.n_statements, dtype=np.bool_)
    lowest = 0 if counts.n_statements < 2 else np.iinfo(np.int64).min
    worst = against.max(axis=0, where=others, initial=lowest)
    scores = -worst
    return ranked(by_score(scores), scores / counts.unit, against, ties)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, strength."""
    kind = str(params["strength"])
    return select_best(
        "minimax", evidence, params, lambda counts, ties: minimax(counts, strength=kind, ties=ties)
    )

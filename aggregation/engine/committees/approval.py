"""Approval voting: the statements with the most agree votes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated, tie_breaker
from aggregation.engine.ties import CLOSE, Exact, TieBreaker


def approval(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[int, ...]:
    """The columns that most people approve of, best first; at most ``seats``.

    Statements nobody approves of are never taken. Majorities may take every seat. O(nnz + m log m).
    """

    def exact(column: int) -> Fraction:
        return Fraction(int(approved.masses[column]), approved.scale)

    return best(approved.masses / approved.scale, exact, seats, ties=ties)


def best(
    scores: NDArray[np.float64], exact: Exact, seats: int, *, ties: TieBreaker
) -> tuple[int, ...]:
    """The at most ``seats`` columns of highest score above 0, best first.

    Ties are recorded if a seat hangs on them or the order of the seats does. O(m log m).
    """
    some = np.flatnonzero(scores > 0)
    if len(some) > seats:
        # The last seat, and whatever could be level with it.
        last = np.partition(scores[some], -seats)[-seats]
        some = some[scores[some] >= last - CLOSE * max(1.0, float(last))]
    return tuple(ties.ranking(some, scores, exact, "order of the selection")[:seats])


def ranked(
    rule: str,
    evidence: Evidence,
    params: Mapping[str, ParamValue],
    *,
    approved: Approvals,
    columns: tuple[int, ...],
    scores: NDArray[np.float64],
    ties: TieBreaker,
) -> Selection:
    """The selection of a rule that takes the statements of highest score.

    columns : best first. scores : float64[m].
    """
    ids, people = evidence.matrix.statement_ids, approved.people
    return seated(
        rule,
        evidence,
        params,
        columns=columns,
        scores=[float(scores[at]) for at in columns],
        steps=[
            Step(int(ids[at]), float(scores[at]), (("supporters", int(people[at])),))
            for at in columns
        ],
        ties=ties,
        all_scores=scores,
    )


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen (a policy of ``approvals``)."""
    approved = approvals(evidence.matrix, str(params["unseen"]))
    ties = tie_breaker(evidence)
    columns = approval(approved, int(params["seats"] or 0), ties=ties)
    scores = approved.masses / approved.scale
    return ranked(
        "approval", evidence, params, approved=approved, columns=columns, scores=scores, ties=ties
    )

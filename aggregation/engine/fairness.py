"""Which properties of fair representation the selections of a run have, and who got less."""

from __future__ import annotations

from typing import Any

import numpy as np

from aggregation.engine.committees.approvals import approvals
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan
from aggregation.engine.properties import check
from aggregation.engine.steps import taking_part


def fairness(matrix: VoteMatrix, plan: Plan, outcome: Outcome) -> tuple[dict[str, Any], ...]:
    """A verdict for each selection that is not empty and each property the plan asks for.

    matrix : as it was given to the run. Rules without a number of seats are held to the number of
    statements they selected. Plain data: rule, index, seats, property, holds, bound and
    counterexample, in which people are counted, not named.
    """
    asked = plan.properties.names() if plan.properties is not None else ()
    if not asked:
        return ()
    approved, ids = approvals(taking_part(matrix, plan).matrix), outcome.statement_ids
    found: list[dict[str, Any]] = []
    for index, selection in enumerate(outcome.selections):
        columns = np.searchsorted(ids, np.array(selection.statements, dtype=np.int64)).tolist()
        seats = int(dict(selection.params).get("seats") or len(columns))
        for name in asked if columns else ():
            verdict = check(name, approved, columns, min(seats, len(ids)))
            head = {"rule": selection.rule, "index": index, "seats": seats}
            found.append(head | verdict.to_dict(ids))
    return tuple(found)

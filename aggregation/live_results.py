"""What of an open round's state is written down: coverage by group always, results only where the
plan shows them to everybody."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from aggregation.engine import Plan
from aggregation.engine.consensus import consensus
from aggregation.engine.live import LiveState

# Results of fewer people than this would say who voted what.
LEAST_PEOPLE: Final = 10
_FALLBACK_VOTES, _FALLBACK_MEASURE = 5, "gac_polis"


def votes_needed(plan: Plan) -> int:
    """Votes that every group must have cast before a statement is compared."""
    return max(int(_threshold(plan).get("min_group_votes", _FALLBACK_VOTES)), 1)


def measure_shown(plan: Plan) -> str:
    """The measure of common ground: that of the plan's first threshold rule."""
    return str(_threshold(plan).get("measure", _FALLBACK_MEASURE))


def _threshold(plan: Plan) -> dict[str, Any]:
    rules = (rule for rule in plan.rules if rule.id == "threshold")
    return dict(next((rule.settings for rule in rules), {}))


def group_coverage(state: LiveState) -> list[dict[str, float]]:
    """For each group: people, least and median votes on a statement, statements with too few."""
    needed = votes_needed(state.plan)
    found = []
    for size, counts in zip(state.grouping.sizes, state.group_counts, strict=True):
        votes = counts.sum(axis=1)
        known = len(votes) > 0
        found.append(
            {
                "people": int(size),
                "least": int(votes.min()) if known else 0,
                "median": float(np.median(votes)) if known else 0.0,
                "below": int((votes < needed).sum()),
                "needed": needed,
            }
        )
    return found


def results(state: LiveState) -> dict[str, Any] | None:
    """Counts by statement and group with the measure of common ground; None for too few people.

    Statements by number: [number, [agree, disagree, pass], [the same for each group], measure].
    """
    people = int(np.count_nonzero(state.taking_part))
    if people < LEAST_PEOPLE:
        return None
    measure = measure_shown(state.plan)
    common = consensus(state.group_counts).measure(measure)
    return {
        "people": people,
        "sizes": [int(size) for size in state.grouping.sizes],
        "measure": measure,
        "needed": votes_needed(state.plan),
        "statements": [
            [
                number,
                state.counts[at].tolist(),
                state.group_counts[:, at].tolist(),
                None if math.isnan(common[at]) else float(common[at]),
            ]
            for at, number in enumerate(state.matrix.statement_ids.tolist())
        ],
    }

"""Every statement on which all groups agree strongly enough."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.params import ParamValue
from aggregation.engine.selection import (
    NOT_ENOUGH_EVIDENCE,
    NOT_SELECTED,
    SELECTED,
    Decision,
    Evidence,
    Selection,
    Step,
    frozen_params,
    tie_breaker,
)
from aggregation.engine.ties import exceeds


def threshold(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """Select the statements whose measure is above a bound in the plan, highest first.

    params : measure ("gac_polis", "gac_raw" or "min_group"), above (strictly), min_group_votes.
    A statement on which some group cast fewer than ``min_group_votes`` votes is neither in nor
    out: there is not enough evidence. Near the bound and between near scores, exact fractions
    decide. O(G · m).
    CCAI 2023 used gac_raw above 0.723 (arXiv:2406.07814).
    """
    measure, above = str(params["measure"]), float(params["above"] or 0.0)
    scores = evidence.consensus.measure(measure)
    needed = _votes_needed(measure, int(params["min_group_votes"] or 0))
    enough = _enough(evidence.consensus.voters, needed)
    exact = evidence.consensus.exact(measure)
    known = np.flatnonzero(enough)
    passed = np.zeros(len(scores), dtype=bool)
    passed[known] = exceeds(scores[known], above, lambda at: exact(int(known[at])))
    ties = tie_breaker(evidence)
    order = ties.ranking(np.flatnonzero(passed), scores, exact, "order of the selection")
    ids = evidence.matrix.statement_ids
    decisions = tuple(
        _decide(evidence, at, scores, needed, bool(enough[at]), bool(passed[at]), measure, above)
        for at in range(len(ids))
    )
    return Selection(
        rule="threshold",
        params=frozen_params(params),
        statements=tuple(int(ids[at]) for at in order),
        scores=tuple(float(scores[at]) for at in order),
        decisions=decisions,
        trace=tuple(Step(int(ids[at]), float(scores[at])) for at in order),
        ties=tuple(ties.found),
    )


def _votes_needed(measure: str, asked: int) -> int:
    """A share of no votes does not exist; only the smoothed measure can do without any."""
    return asked if measure == "gac_polis" else max(asked, 1)


def _enough(seen: NDArray[np.int64], needed: int) -> NDArray[np.bool_]:
    if not len(seen):
        return np.zeros(seen.shape[1], dtype=bool)
    return np.asarray(seen.min(axis=0) >= needed)


def _decide(
    evidence: Evidence,
    at: int,
    scores: NDArray[np.float64],
    needed: int,
    enough: bool,
    passed: bool,
    measure: str,
    above: float,
) -> Decision:
    statement = int(evidence.matrix.statement_ids[at])
    score = None if np.isnan(scores[at]) else float(scores[at])
    if enough:
        status, reason = (
            (SELECTED, "above_threshold") if passed else (NOT_SELECTED, "not_above_threshold")
        )
        return Decision(statement, status, score, reason, (("measure", measure), ("above", above)))
    seen = evidence.consensus.voters[:, at]
    if not len(seen):
        return Decision(statement, NOT_ENOUGH_EVIDENCE, score, "no_groups")
    least = int(np.argmin(seen))
    found = (
        ("group", evidence.group_ids[least]),
        ("votes", int(seen[least])),
        ("needed", needed),
    )
    return Decision(statement, NOT_ENOUGH_EVIDENCE, score, "too_few_votes", found)

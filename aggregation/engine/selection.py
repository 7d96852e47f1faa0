"""What a rule picked, and for every statement why it is in or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import Consensus
from aggregation.engine.matrix import AGREE, VoteMatrix
from aggregation.engine.params import ParamValue
from aggregation.engine.ties import Tie, TieBreaker

SELECTED = "selected"
NOT_SELECTED = "not_selected"
NOT_ENOUGH_EVIDENCE = "not_enough_evidence"

# Why a statement has its status. Pages translate by code; the words here are for everyone else.
REASONS: dict[str, str] = {
    "above_threshold": "{measure} is above {above}.",
    "not_above_threshold": "{measure} is not above {above}.",
    "too_few_votes": "Group {group} cast {votes} votes on it; {needed} are needed.",
    "no_groups": "There are no opinion groups to compare.",
    "won_seat": "It won seat {seat}.",
    "no_seat_left": "All seats went to statements that added more.",
    "not_affordable": "Those who agree with it had too little left to pay for a seat.",
    "ranked_below": "All seats went to statements ranked above it.",
    "too_few_votes_in_all": "It has {votes} votes; {needed} are needed.",
    "nobody_agreed": "Nobody agreed with it.",
    "nobody_voted": "Nobody voted on it.",
}


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a rule may look at.

    matrix    : the votes of the people in the run.
    counts    : int64[m, 3], agree, disagree and pass in all, people and not weights.
    consensus : agreement by group.
    group_ids : names of the groups.
    seed      : start of random draws, for rules that need any.
    support   : int64[m], agree votes by weight, which break ties; those of ``counts`` if None.
    """

    matrix: VoteMatrix
    counts: NDArray[np.int64]
    consensus: Consensus
    group_ids: tuple[int, ...]
    seed: int = 0
    support: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Decision:
    """Status of one statement: SELECTED, NOT_SELECTED or NOT_ENOUGH_EVIDENCE, and the reason.

    score  : what the rule compared, None if it could not be computed.
    reason : a key of REASONS; ``params`` fills it.
    """

    statement_id: int
    status: str
    score: float | None
    reason: str
    params: tuple[tuple[str, ParamValue], ...] = ()

    def __str__(self) -> str:
        return REASONS[self.reason].format(**dict(self.params))


@dataclass(frozen=True)
class Step:
    """One step of a rule: the statement taken, its score then, and rule-specific numbers."""

    statement_id: int
    score: float
    detail: tuple[tuple[str, ParamValue], ...] = ()


@dataclass(frozen=True)
class Selection:
    """Outcome of one rule.

    statements, scores : the picked statement ids, best first, and the score of each.
    decisions          : one per statement of the run, in order of id.
    trace              : what the rule did, step by step. ties : level statements and the rule used.
    """

    rule: str
    params: tuple[tuple[str, ParamValue], ...]
    statements: tuple[int, ...]
    scores: tuple[float, ...]
    decisions: tuple[Decision, ...]
    trace: tuple[Step, ...]
    ties: tuple[Tie, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON."""
        return {
            "rule": self.rule,
            "params": dict(self.params),
            "statements": list(self.statements),
            "scores": list(self.scores),
            "decisions": [
                {
                    "statement": d.statement_id,
                    "status": d.status,
                    "score": d.score,
                    "reason": d.reason,
                    "params": dict(d.params),
                }
                for d in self.decisions
            ],
            "trace": [
                {"statement": s.statement_id, "score": s.score, **dict(s.detail)}
                for s in self.trace
            ],
            "ties": [tie_dict(tie) for tie in self.ties],
        }


def tie_dict(tie: Tie) -> dict[str, Any]:
    """Plain Python for JSON."""
    return {"where": tie.where, "candidates": list(tie.candidates), "rule": tie.rule}


def frozen_params(params: Mapping[str, ParamValue]) -> tuple[tuple[str, ParamValue], ...]:
    """Settings in order of name, hashable."""
    return tuple(sorted(params.items()))


def seated(
    rule: str,
    evidence: Evidence,
    params: Mapping[str, ParamValue],
    *,
    columns: Sequence[int],
    scores: Sequence[float],
    steps: Sequence[Step],
    ties: TieBreaker,
    all_scores: NDArray[np.float64] | None = None,
    left: str = "no_seat_left",
) -> Selection:
    """The selection of a rule that fills seats.

    columns, scores : positions of the statements that won, in order of seats, and their scores.
    steps           : what the rule did, in its own order. ties : with all that it met.
    all_scores      : float64[m], what the rule compared, where the losers have a score too.
    left            : reason of a statement that somebody agreed with and that won no seat.
    """
    ids = evidence.matrix.statement_ids.tolist()
    place = {column: number for number, column in enumerate(columns)}
    decisions: list[Decision] = []
    for at, (agree, disagree, passed) in enumerate(evidence.counts.tolist()):
        score = None if all_scores is None or np.isnan(all_scores[at]) else float(all_scores[at])
        if at in place:
            won, detail = float(scores[place[at]]), (("seat", place[at] + 1),)
            decisions.append(Decision(ids[at], SELECTED, won, "won_seat", detail))
        elif not agree + disagree + passed:
            decisions.append(Decision(ids[at], NOT_ENOUGH_EVIDENCE, None, "nobody_voted"))
        else:
            decisions.append(
                Decision(ids[at], NOT_SELECTED, score, left if agree else "nobody_agreed")
            )
    return Selection(
        rule=rule,
        params=frozen_params(params),
        statements=tuple(ids[column] for column in columns),
        scores=tuple(float(score) for score in scores),
        decisions=tuple(decisions),
        trace=tuple(steps),
        ties=tuple(ties.found),
    )


def tie_breaker(evidence: Evidence) -> TieBreaker:
    """The declared rule of this run: more agree votes first, then the lower statement id."""
    support = evidence.counts[:, AGREE] if evidence.support is None else evidence.support
    return TieBreaker(support, evidence.matrix.statement_ids)

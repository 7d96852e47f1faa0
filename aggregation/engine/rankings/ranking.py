"""A ranking with its ties, and how the best of it fill the seats of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.matrix import AGREE
from aggregation.engine.pairs import Pairs, pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import (
    NOT_ENOUGH_EVIDENCE,
    Evidence,
    Selection,
    Step,
    seated,
    tie_breaker,
)
from aggregation.engine.ties import Tie, TieBreaker

MARGINS = "margins"
WINNING_VOTES = "winning_votes"
STRENGTHS = (MARGINS, WINNING_VOTES)

Details = tuple[tuple[tuple[str, ParamValue], ...], ...]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Statements from best to last, as positions 0 to m - 1.

    levels  : what the rule itself says: level statements together, best level first.
    order   : the same with ties broken. ties : those broken, and by which rule.
    scores  : float64[m], the number the rule goes by.
    matrix  : int64[m, m], what explains a pair; each rule says what its entries are.
    details : for every statement, further numbers by name; empty if there are none.
    """

    levels: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    ties: tuple[Tie, ...]
    scores: NDArray[np.float64]
    matrix: NDArray[np.int64]
    details: Details = ()


def ranked(
    levels: Sequence[Sequence[int]],
    scores: NDArray[np.float64],
    matrix: NDArray[np.int64],
    ties: TieBreaker,
    details: Details = (),
) -> Ranking:
    """The ranking of these levels; ``ties`` breaks and records what is level."""
    order: list[int] = []
    for level in levels:
        order.extend(ties.order(level, f"place {len(order) + 1}"))
    return Ranking(
        levels=tuple(tuple(sorted(level)) for level in levels),
        order=tuple(order),
        ties=tuple(ties.found),
        scores=scores,
        matrix=matrix,
        details=details,
    )


def by_score(scores: NDArray[np.int64]) -> list[list[int]]:
    """Levels of equal whole scores, highest first."""
    falling = np.argsort(-scores, kind="stable")
    cuts = np.flatnonzero(np.diff(scores[falling])) + 1
    return [level.tolist() for level in np.split(falling, cuts) if len(level)]


def layers(beats: NDArray[np.bool_]) -> list[list[int]]:
    """Levels of a strict partial order: the unbeaten, then the unbeaten among the rest, ...

    beats : bool[m, m], without circles. Nobody is level with, or above, one who beats them. O(m²).
    """
    losses = beats.sum(axis=0)
    levels: list[list[int]] = []
    while True:
        level = np.flatnonzero(losses == 0)
        if not len(level):
            return levels
        levels.append(level.tolist())
        losses -= beats[level].sum(axis=0)
        losses[level] = -1


def blocks(margins: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The finest cut into blocks, each of which wins every comparison with all later ones.

    The first block is the Smith set: the smallest set that wins against everyone outside it.
    A set of k wins all k (m - k) comparisons outwards exactly if its points, two for a win and one
    for a tie, are k (k - 1) + 2 k (m - k); and then its members have the most points. O(m²).
    """
    m = len(margins)
    points = 2 * np.count_nonzero(margins > 0, axis=1) + np.count_nonzero(margins == 0, axis=1) - 1
    falling = np.argsort(-points, kind="stable")
    k = np.arange(1, m + 1)
    wins_all = np.cumsum(points[falling]) == k * (k - 1) + 2 * k * (m - k)
    return [np.sort(block) for block in np.split(falling, k[wins_all]) if len(block)]


def strengths(counts: Pairs, kind: str) -> NDArray[np.int64]:
    """int64[m, m]: how strongly j wins against k, 0 where it does not.

    kind : "margins", ballots for j over k less those for k over j; or "winning_votes", ballots
           for j over k. They differ where ballots are silent or level on a pair.
    """
    wins = counts.margins > 0
    return np.where(wins, counts.prefer if kind == WINNING_VOTES else counts.margins, 0)


Rank = Callable[[Pairs, TieBreaker], Ranking]


def select_best(
    rule: str, evidence: Evidence, params: Mapping[str, ParamValue], rank: Rank
) -> Selection:
    """Rank the statements with enough votes, and select the best of them.

    params : seats; min_votes, fewer votes are not enough evidence to rank a statement; and those
             of the rule. Statements that nobody voted on are never ranked.
    Only ties that touch a seat are kept.
    """
    votes = evidence.counts.sum(axis=1)
    needed = max(int(params["min_votes"] or 0), 1)
    columns = np.flatnonzero(votes >= needed)
    ids = evidence.matrix.statement_ids[columns]
    counted = pairs(evidence.matrix).among(columns)
    ranking = rank(counted, TieBreaker(evidence.counts[columns, AGREE], ids))
    best = ranking.order[: int(params["seats"] or 0)]
    every = np.full(len(votes), np.nan)
    every[columns] = ranking.scores
    won = {int(ids[at]) for at in best}
    touched = tie_breaker(evidence)
    touched.found.extend(tie for tie in ranking.ties if won.intersection(tie.candidates))
    chosen = seated(
        rule,
        evidence,
        params,
        columns=[int(columns[at]) for at in best],
        scores=[float(ranking.scores[at]) for at in best],
        steps=_steps(ranking, counted, best, ids),
        ties=touched,
        all_scores=every,
        left="ranked_below",
    )
    return _without_evidence(chosen, votes, needed)


def _steps(
    ranking: Ranking, counted: Pairs, best: Sequence[int], ids: NDArray[np.int64]
) -> list[Step]:
    """For every seat: pairwise wins, losses and draws against all that were ranked."""
    wins = np.count_nonzero(counted.margins > 0, axis=1)
    losses = np.count_nonzero(counted.margins < 0, axis=1)
    rest = len(ids) - 1 - wins - losses
    steps = []
    for at in best:
        detail: tuple[tuple[str, ParamValue], ...] = (
            ("wins", int(wins[at])),
            ("losses", int(losses[at])),
            ("level", int(rest[at])),
        )
        own = ranking.details[at] if ranking.details else ()
        steps.append(Step(int(ids[at]), float(ranking.scores[at]), detail + own))
    return steps


def _without_evidence(chosen: Selection, votes: NDArray[np.int64], needed: int) -> Selection:
    """Statements with too few votes to be ranked are neither in nor out."""
    decisions = tuple(
        replace(
            decision,
            status=NOT_ENOUGH_EVIDENCE,
            score=None,
            reason="too_few_votes_in_all",
            params=(("votes", int(count)), ("needed", needed)),
        )
        if 0 < count < needed
        else decision
        for decision, count in zip(chosen.decisions, votes.tolist(), strict=True)
    )
    return replace(chosen, decisions=decisions)

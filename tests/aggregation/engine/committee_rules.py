"""The committee rules that take statements one by one, as tests call them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aggregation.engine import TieBreaker, VoteMatrix, consensus
from aggregation.engine.committees.approval import approval
from aggregation.engine.committees.approvals import Approvals, approval_ties
from aggregation.engine.committees.reverse_sequential_pav import reverse_sequential_pav
from aggregation.engine.committees.satisfaction_approval import satisfaction_approval, splits
from aggregation.engine.committees.sequential_pav import sequential_pav
from aggregation.engine.committees.sequential_phragmen import sequential_phragmen
from aggregation.engine.selection import Evidence

Won = list[tuple[int, float]]
Rule = Callable[[Approvals, int, TieBreaker], Won]


def _approval(approved: Approvals, seats: int, ties: TieBreaker) -> Won:
    scores = approved.masses / approved.scale
    return [(at, float(scores[at])) for at in approval(approved, seats, ties=ties)]


def _satisfaction(approved: Approvals, seats: int, ties: TieBreaker) -> Won:
    scores = splits(approved).scores
    return [(at, float(scores[at])) for at in satisfaction_approval(approved, seats, ties=ties)]


def _pav(approved: Approvals, seats: int, ties: TieBreaker) -> Won:
    return [(seat.column, seat.score) for seat in sequential_pav(approved, seats, ties=ties)]


def _reverse(approved: Approvals, seats: int, ties: TieBreaker) -> Won:
    found = reverse_sequential_pav(approved, seats, ties=ties)
    return [(place.column, place.score) for place in found]


def _phragmen(approved: Approvals, seats: int, ties: TieBreaker) -> Won:
    return [(seat.column, seat.load) for seat in sequential_phragmen(approved, seats, ties=ties)]


RULES: dict[str, Rule] = {
    "approval": _approval,
    "satisfaction_approval": _satisfaction,
    "sequential_pav": _pav,
    "reverse_sequential_pav": _reverse,
    "sequential_phragmen": _phragmen,
}


def won(rule: str, approved: Approvals, seats: int) -> tuple[Won, TieBreaker]:
    """Columns and scores in order of seats, and the ties met."""
    ties = approval_ties(approved, np.arange(approved.n_statements))
    return RULES[rule](approved, seats, ties), ties


def evidence(matrix: VoteMatrix) -> Evidence:
    """What a rule looks at, all people in one group."""
    everyone = np.zeros(matrix.n_participants, dtype=np.int32)
    return Evidence(matrix, matrix.counts(), consensus(matrix.group_counts(everyone, 1)), (0,))

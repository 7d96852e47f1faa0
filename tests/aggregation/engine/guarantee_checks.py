"""What rules promise, checked on the selections they make.

Each check takes a case, votes with a rule and its settings, and says what is wrong, or None.
``CHECKS`` has them by the id under which rules claim them in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from aggregation.engine import RULES, Evidence, Selection, VoteMatrix, consensus
from aggregation.engine.committees.approvals import approvals
from aggregation.engine.committees.thiele import thiele_score
from aggregation.engine.params import read
from aggregation.engine.properties import PROPERTIES, check
from tests.aggregation.engine import ranking_checks


@dataclass(frozen=True)
class Case:
    """A rule, its settings but for the seats, and the votes of people in groups."""

    rule: str
    settings: Mapping[str, Any]
    matrix: VoteMatrix
    groups: tuple[int, ...]
    seats: int

    def selection(self, seats: int | None = None) -> Selection:
        rule = RULES[self.rule]
        given = dict(self.settings)
        if any(param.name == "seats" for param in rule.params):
            given["seats"] = seats or self.seats
        labels = np.array(self.groups, dtype=np.int32)
        by_group = self.matrix.group_counts(labels, int(labels.max(initial=0)) + 1)
        names = tuple(range(len(by_group)))
        evidence = Evidence(self.matrix, self.matrix.counts(), consensus(by_group), names)
        return rule.select(evidence, read(rule.params, given, ""))

    def columns(self, seats: int | None = None) -> list[int]:
        ids = self.selection(seats).statements
        return np.searchsorted(self.matrix.statement_ids, ids).tolist()


Check = Callable[[Case], str | None]

# What the score of an exact rule counts for each person: statements up to the seats, or one.
LEVELS: dict[str, Callable[[int], int]] = {
    "exact_pav": lambda seats: seats,
    "chamberlin_courant": lambda seats: 1,
}


def gives_its_due(name: str, case: Case) -> str | None:
    verdict = check(name, approvals(case.matrix), case.columns(), case.seats)
    return None if verdict.holds else str(verdict.counterexample or "not decided")


def independent(case: Case) -> str | None:
    """Each statement alone gets the same answer."""
    together = {each.statement_id: each.status for each in case.selection().decisions}
    for statement, status in together.items():
        alone = replace(case, matrix=case.matrix.restrict(statements=[statement]))
        found = alone.selection().decisions[0].status
        if found != status:
            return f"{statement} is {status}, alone it is {found}"
    return None


def committee_monotone(case: Case) -> str | None:
    fewer, more = case.columns(case.seats), case.columns(case.seats + 1)
    if set(fewer) <= set(more):
        return None
    return f"{case.seats} seats take {fewer}, one more takes {more}"


def optimal(case: Case) -> str | None:
    approved, chosen = approvals(case.matrix), case.columns()
    levels = LEVELS.get(case.rule, LEVELS["exact_pav"])(case.seats)
    reached = thiele_score(approved, chosen, levels)
    for other in combinations(range(approved.n_statements), len(chosen)):
        if thiele_score(approved, other, levels) > reached:
            return f"{other} score higher than {chosen}"
    return None


def ranked(name: str, case: Case) -> str | None:
    def pick(matrix: VoteMatrix, seats: int) -> tuple[int, ...]:
        groups = (0,) * matrix.n_participants
        return replace(case, matrix=matrix, groups=groups).selection(seats).statements

    return ranking_checks.CHECKS[name](case.matrix.weighted(None), pick)


CHECKS: dict[str, Check] = {
    "independent": independent,
    "committee_monotone": committee_monotone,
    "optimal": optimal,
    **{name: partial(gives_its_due, name) for name in PROPERTIES},
    **{name: partial(ranked, name) for name in ranking_checks.CHECKS},
}

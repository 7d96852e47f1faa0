"""One statement of a run, with its neighbours and everything there is to know about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregation.models import Run
from aggregation.report.groups import Group
from aggregation.report.lines import Decision, GroupVotes, Line
from aggregation.report.steadiness import Steady
from aggregation.words import rule_in_words, rule_name


@dataclass(frozen=True)
class Judged:
    """One rule on the statement: its words, its decision, and how steady that is."""

    name: str
    words: str
    decision: Decision
    steady: Steady | None


@dataclass(frozen=True)
class StatementPage:
    """``before`` and ``after`` are the statements with the numbers beside it."""

    line: Line
    by_group: Sequence[tuple[Group, GroupVotes]]
    judged: Sequence[Judged]
    before: Line | None
    after: Line | None


def statement_page(
    run: Run, statements: Sequence[Line], of: Sequence[Group], number: int
) -> StatementPage | None:
    """The page of a statement, or None if the run has none of that number."""
    at = next((at for at, line in enumerate(statements) if line.number == number), None)
    if at is None:
        return None
    line = statements[at]
    known = {votes.label: votes for votes in line.groups}
    return StatementPage(
        line=line,
        by_group=[(group, known[group.label]) for group in of if group.label in known],
        judged=[_judged(run, line, index) for index in sorted(line.decisions)],
        before=statements[at - 1] if at else None,
        after=statements[at + 1] if at + 1 < len(statements) else None,
    )


def _judged(run: Run, line: Line, index: int) -> Judged:
    settings = dict(run.plan["rules"][index])
    rule = settings.pop("id")
    words = rule_in_words(rule, settings)
    return Judged(rule_name(rule), words, line.decisions[index], line.steady.get(index))

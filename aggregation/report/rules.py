"""The rules of a plan side by side: what each selected, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregation.models import Run
from aggregation.report.lines import Decision, Line
from aggregation.words import promises, rule_in_words, rule_name


@dataclass(frozen=True)
class RuleColumn:
    """One rule of the plan. ``letter`` heads its column; the first rule drafts."""

    index: int
    letter: str
    name: str
    words: str
    promises: Sequence[str]
    selected: int


@dataclass(frozen=True, slots=True)
class Shared:
    """Statements that two rules both select, and the share of those that either selects."""

    both: int
    share: float | None


@dataclass(frozen=True)
class Row:
    """One statement with the decision of every rule, in the order of the plan."""

    line: Line
    decisions: Sequence[Decision]
    selected_by: int

    @property
    def contested(self) -> bool:
        return 0 < self.selected_by < len(self.decisions)


def columns(run: Run, statements: Sequence[Line]) -> list[RuleColumn]:
    """Every rule of the plan with how many statements it selected."""
    found = []
    for index, spec in enumerate(run.plan["rules"]):
        settings = {name: value for name, value in spec.items() if name != "id"}
        found.append(
            RuleColumn(
                index=index,
                letter=str(index + 1),
                name=rule_name(spec["id"]),
                words=rule_in_words(spec["id"], settings),
                promises=promises(spec["id"]),
                selected=sum(line.selected_by(index) for line in statements),
            )
        )
    return found


def rows(statements: Sequence[Line], rules: int, show: str) -> list[Row]:
    """Statements by how many rules select them, then by their place under the first that does.

    show : "any" selected by some rule, "contested" by some and not by all, "all" every one.
    """
    found = [_row(line, rules) for line in statements]
    if show == "any":
        found = [row for row in found if row.selected_by]
    elif show == "contested":
        found = [row for row in found if row.contested]
    return sorted(found, key=_place)


def _row(line: Line, rules: int) -> Row:
    decisions = [line.decisions[at] for at in range(rules) if at in line.decisions]
    return Row(line, decisions, sum(decision.selected for decision in decisions))


def _place(row: Row) -> tuple[int, int, int, int]:
    for decision in row.decisions:
        if decision.rank is not None:
            return -row.selected_by, decision.index, decision.rank, row.line.number
    return 0, 0, 0, row.line.number


def overlap(statements: Sequence[Line], rules: int) -> list[list[Shared]]:
    """For each pair of rules what both select; on the diagonal what one selects."""
    chosen = [{line.number for line in statements if line.selected_by(at)} for at in range(rules)]
    return [[_shared(here, there) for there in chosen] for here in chosen]


def _shared(here: set[int], there: set[int]) -> Shared:
    both, either = len(here & there), len(here | there)
    return Shared(both, both / either if either else None)

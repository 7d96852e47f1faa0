"""What would change the outcome: other people, a few other ballots, another plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregation.models import Run
from aggregation.report.lines import Line, by_number
from aggregation.report.steadiness import RARE, SURE, Resampling, RuleSteadiness, resampling
from aggregation.words import rule_name, variant_in_words

CLOSEST_SHOWN = 10


@dataclass(frozen=True)
class Variant:
    """The selection of the first rule had the plan been another. ``kind`` says in what."""

    kind: str
    words: str
    selected: int
    added: Sequence[Line]
    dropped: Sequence[Line]

    @property
    def changed(self) -> int:
        return len(self.added) + len(self.dropped)


@dataclass(frozen=True)
class RuleChange:
    """One rule when people are drawn anew: statements by how often it selects them.

    firm : in 95 of 100 draws or more. open : less often, but selected in fact or in 5 of 100.
    closest : where so few people, voting otherwise, would change it. selected : as it is.
    """

    index: int
    name: str
    found: RuleSteadiness
    selected: int
    firm: Sequence[Line]
    open: Sequence[Line]
    closest: Sequence[Line]


@dataclass(frozen=True)
class Change:
    """All that would change the outcome. Both parts may be missing."""

    resampling: Resampling | None
    rules: Sequence[RuleChange]
    variants: Sequence[Variant]

    @property
    def drafting(self) -> RuleChange | None:
        """The first rule of the plan, None if it was not resampled."""
        return next((rule for rule in self.rules if rule.index == 0), None)


def change_of(run: Run, statements: Sequence[Line]) -> Change:
    """What a run says about its own steadiness; empty for a run whose plan asked for none."""
    found = resampling(run)
    rules = [_rule(run, one, statements) for one in found.rules] if found else []
    table = by_number(statements)
    return Change(found, rules, [_variant(one, table) for one in _variants(run)])


def _rule(run: Run, found: RuleSteadiness, statements: Sequence[Line]) -> RuleChange:
    def frequency(line: Line) -> float:
        return line.frequency(found.index) or 0.0

    ordered = sorted(statements, key=lambda line: (-frequency(line), line.number))
    flips = [line for line in statements if line.steady[found.index].flip is not None]
    return RuleChange(
        index=found.index,
        name=rule_name(run.plan["rules"][found.index]["id"]),
        found=found,
        selected=sum(line.selected_by(found.index) for line in statements),
        firm=[line for line in ordered if frequency(line) >= SURE],
        open=[
            line
            for line in ordered
            if frequency(line) < SURE and (line.selected_by(found.index) or frequency(line) >= RARE)
        ],
        closest=sorted(flips, key=lambda line: (line.steady[found.index].flip or 0, line.number))[
            :CLOSEST_SHOWN
        ],
    )


def _variants(run: Run) -> Sequence[Mapping[str, Any]]:
    return (run.summary or {}).get("variants") or ()


def _variant(found: Mapping[str, Any], table: Mapping[int, Line]) -> Variant:
    kind, label = found["kind"], found["label"]
    return Variant(
        kind=kind,
        words=variant_in_words(kind, label["code"], label["params"]),
        selected=found["selected"],
        added=[table[number] for number in found["added"] if number in table],
        dropped=[table[number] for number in found["dropped"] if number in table],
    )

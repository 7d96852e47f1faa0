"""Looking for statements: in which order, which of them, and the lists of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aggregation.models import Run
from aggregation.report.lines import Line
from deliberation.texts import fold

FALLBACK_MEASURE = "gac_polis"
FALLBACK_VOTES = 5


def measure_of(run: Run) -> str:
    """The measure by which common ground is shown: that of the plan's first threshold rule."""
    return str(_threshold(run).get("measure", FALLBACK_MEASURE))


def votes_needed(run: Run) -> int:
    """Votes that every group must have cast before a statement is compared."""
    return max(int(_threshold(run).get("min_group_votes", FALLBACK_VOTES)), 1)


def _threshold(run: Run) -> Mapping[str, Any]:
    rules = (rule for rule in run.plan["rules"] if rule["id"] == "threshold")
    return next(rules, {})


def uniting(statements: Sequence[Line], measure: str, votes: int, most: int) -> list[Line]:
    """Statements with the most common ground, best first."""
    known = [line for line in statements if line.enough(votes) and line.measures[measure]]
    return sorted(known, key=lambda line: (-(line.measures[measure] or 0), line.number))[:most]


def dividing(statements: Sequence[Line], votes: int, most: int) -> list[Line]:
    """Statements on which the groups differ most, the widest gap first."""
    known = [line for line in statements if line.enough(votes) and line.spread]
    return sorted(known, key=lambda line: (-(line.spread or 0), line.number))[:most]


def unsure(statements: Sequence[Line], votes: int, most: int) -> list[Line]:
    """Statements that most people pass on, with at least so many votes."""
    known = [line for line in statements if line.total >= votes and line.passed]
    return sorted(known, key=lambda line: (-(line.pass_share or 0), line.number))[:most]


def uncertain(statements: Sequence[Line], most: int) -> list[Line]:
    """Statements about which the votes say least: the widest interval of some group first."""
    known = [line for line in statements if line.widest is not None]
    return sorted(known, key=lambda line: (-(line.widest or 0), line.number))[:most]


def chosen(statements: Sequence[Line], rule: int, status: str) -> list[Line]:
    """Statements to which a rule gave this status; selected ones in the order of their rank."""
    found = [
        line
        for line in statements
        if rule in line.decisions and line.decisions[rule].status == status
    ]
    return sorted(found, key=lambda line: (line.decisions[rule].rank or 0, line.number))


def containing(statements: Sequence[Line], words: str) -> list[Line]:
    """Statements with all these words, in any order and case; a number finds its statement."""
    wanted = fold(words).split()
    if not wanted:
        return list(statements)
    if len(wanted) == 1 and wanted[0].removeprefix("#").isdecimal():
        number = int(wanted[0].removeprefix("#")[:9])
        exact = [line for line in statements if line.number == number]
        if exact:
            return exact
    texts = ((line, fold(line.text)) for line in statements)
    return [line for line, text in texts if all(word in text for word in wanted)]


# How the table can be sorted: name → (key, whether large comes first).
_SORTS: dict[str, tuple[Callable[[Line, str, int], float | None], bool]] = {
    "common": (lambda line, measure, rule: line.measures[measure], True),
    "divide": (lambda line, measure, rule: line.spread, True),
    "agree": (lambda line, measure, rule: line.share, True),
    "unsure": (lambda line, measure, rule: line.pass_share, True),
    "range": (lambda line, measure, rule: line.widest, True),
    "steady": (lambda line, measure, rule: line.frequency(rule), True),
    "votes": (lambda line, measure, rule: line.total, True),
    "number": (lambda line, measure, rule: line.number, False),
}
SORTS = tuple(_SORTS)


def in_order(statements: Sequence[Line], sort: str, measure: str, rule: int = 0) -> list[Line]:
    """Sorted by one of ``SORTS``; statements without a value come last."""
    key, large_first = _SORTS[sort]

    def place(line: Line) -> tuple[bool, float, int]:
        value = key(line, measure, rule)
        missing = value is None
        number = 0.0 if value is None else float(value)
        return missing, -number if large_first else number, line.number

    return sorted(statements, key=place)

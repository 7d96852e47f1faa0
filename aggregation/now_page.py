"""Results so far, from the row that a worker wrote down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from aggregation.engine.consensus import wilson_interval
from aggregation.models import LiveFinding
from aggregation.report.finding import in_order
from aggregation.report.lines import GroupVotes, Line
from aggregation.words import group_letter, measure_in_words, measure_name
from deliberation.models import Round, Statement
from deliberation.models.statements import Origin


@dataclass(frozen=True)
class Now:
    """How an open round stands. ``lines`` come with the most common ground first."""

    as_of: datetime
    people: int
    groups: Sequence[tuple[int, str, int]]
    lines: Sequence[Line]
    measure: str
    measure_name: str
    measure_words: str
    needed: int


def now_page(round: Round) -> Now | None:
    """None until a worker has counted the votes of ten people."""
    live = LiveFinding.objects.filter(round=round).first()
    if live is None or live.results is None:
        return None
    found = live.results
    confidence = float(round.plan.get("confidence", 0.95))
    texts = {s.number: s for s in Statement.objects.counting().filter(round=round)}
    lines = [
        _line(texts[number], counts, groups, {found["measure"]: value}, confidence)
        for number, counts, groups, value in found["statements"]
        if number in texts
    ]
    enough = [line for line in lines if line.enough(found["needed"])]
    others = [line for line in lines if not line.enough(found["needed"])]
    return Now(
        as_of=live.as_of,
        people=found["people"],
        groups=[(at, group_letter(at), size) for at, size in enumerate(found["sizes"])],
        lines=[*in_order(enough, "common", found["measure"]), *others],
        measure=found["measure"],
        measure_name=measure_name(found["measure"]),
        measure_words=measure_in_words(found["measure"]),
        needed=found["needed"],
    )


def _line(
    statement: Statement,
    counts: Sequence[int],
    groups: Sequence[Sequence[int]],
    measures: Mapping[str, float | None],
    confidence: float,
) -> Line:
    agree, disagree, passed = counts
    low, high = _bounds(counts, confidence)
    return Line(
        statement.number,
        statement.text,
        statement.language,
        statement.origin == Origin.PANEL,
        agree,
        disagree,
        passed,
        low,
        high,
        measures=measures,
        groups=tuple(_group(at, votes, confidence) for at, votes in enumerate(groups)),
    )


def _group(label: int, counts: Sequence[int], confidence: float) -> GroupVotes:
    agree, disagree, passed = counts
    low, high = _bounds(counts, confidence)
    share = agree / sum(counts) if sum(counts) else None
    return GroupVotes(label, group_letter(label), agree, disagree, passed, share, low, high)


def _bounds(counts: Sequence[int], confidence: float) -> tuple[float | None, float | None]:
    """Wilson's interval of the share of agreement; none without votes."""
    if not sum(counts):
        return None, None
    found: Any = wilson_interval(np.array(counts[0]), np.array(sum(counts)), confidence)
    return float(found[0]), float(found[1])

"""The watch page from what workers wrote down: a few rows, whatever the number of votes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aggregation.charts.columns import Column, columns
from aggregation.models import LiveFinding
from aggregation.words import group_letter
from deliberation import figures
from deliberation.models import Round, RoundWatch, Statement
from deliberation.selectors.queue import QueueState, queue_state
from deliberation.selectors.watching import watched

# Beyond so many hours the page counts by day.
_HOURS_SHOWN: Final = 48


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table with a bar: what, how many (None: too few to be told), percent."""

    what: str
    count: int | None
    width: float
    note: str = ""
    short: bool = False


@dataclass(frozen=True)
class Span:
    """One hour or day: votes, changes, people who joined, statements proposed."""

    name: str
    counts: tuple[int, int, int, int]


@dataclass(frozen=True)
class Series:
    """One picture over time. ``top`` is its highest value."""

    title: str
    columns: Sequence[Column]
    total: int
    top: int


@dataclass(frozen=True)
class OverTime:
    """Pictures over the same spans, and the table with all of their numbers."""

    pictures: Sequence[Series]
    spans: Sequence[Span]
    daily: bool


@dataclass(frozen=True)
class Seen:
    """A statement with how often it was shown and voted on."""

    number: int
    text: str
    language: str
    shown: int
    votes: int


@dataclass(frozen=True)
class GroupRow:
    """An opinion group: people, and how many votes its people cast on a statement."""

    label: int
    letter: str
    people: int
    least: int
    median: float
    below: int
    needed: int


@dataclass(frozen=True)
class Feature:
    """What people say of themselves, against what the panel is to be made of."""

    name: str
    drawn: bool
    wanted: bool
    rows: Sequence[Row]


@dataclass(frozen=True)
class Sources:
    """The rows that the page is made of. Cheap to read, and all that its fingerprint needs."""

    round: Round
    watch: RoundWatch | None
    live: LiveFinding | None
    queue: QueueState

    def fingerprint(self, *more: str) -> str:
        """Changes when the page does."""
        known = (
            self.round.stage,
            self.watch and self.watch.as_of.isoformat(),
            self.live and self.live.as_of.isoformat(),
            (self.queue.waiting, self.queue.overdue, str(self.queue.oldest_at)),
            more,
        )
        return f'"{hashlib.sha256(json.dumps(known).encode()).hexdigest()[:24]}"'


def sources(round: Round) -> Sources:
    """Three queries over small tables."""
    live = LiveFinding.objects.filter(round=round).defer("results").first()
    return Sources(round, watched(round), live, queue_state(round))


def watch_page(found: Sources) -> dict[str, Any]:
    """What the template shows. Nothing but the queue before the first look of a worker."""
    context: dict[str, Any] = {"queue": found.queue, "watch": found.watch}
    if found.watch is None:
        return context
    seen = found.watch.figures
    return context | {
        "people": seen["people"],
        "way": _way(seen["people"]),
        "per_person": _per_person(seen["per_person"], seen["people"]["target"]),
        "over_time": _over_time(seen["hours"], found.watch.as_of),
        "coverage": seen["statements"],
        "showings": _showings(seen["statements"]),
        "least_seen": _least_seen(found.round, seen["statements"]["least_seen"]),
        "groups": _groups(found.live),
        "live": found.live,
        "features": [_feature(one) for one in seen["quotas"]],
        "flags": seen["flags"],
        "bursts": [
            (figures.moment(datetime.fromisoformat(hour)), networks, people)
            for hour, networks, people in seen["flags"]["bursts"]
        ],
    }


def _way(people: dict[str, Any]) -> list[Row]:
    """From those wanted to those who finished, as bars of the same scale."""
    steps = [
        (_("Wanted"), people["wanted"]),
        (_("Joined"), people["joined"]),
        (_("Voted at least once"), people["voted"]),
        (_("Voted on enough statements"), people["finished"]),
    ]
    top = max([count or 0 for _name, count in steps] + [1])
    return [Row(name, n, _width(n, top)) for name, n in steps if n is not None]


def _per_person(bins: Sequence[Sequence[int]], target: int) -> list[Row]:
    top = max([count for _first, _last, count in bins] + [1])
    return [Row(_votes(first, last), n, _width(n, top)) for first, last, n in bins]


def _votes(first: int, last: int) -> str:
    if last < 0:
        return _("%(n)d or more") % {"n": first}
    return str(first) if first == last else f"{first}–{last}"


def _over_time(hours: Sequence[Sequence[Any]], as_of: datetime) -> OverTime | None:
    known = {datetime.fromisoformat(hour): tuple(counts) for hour, *counts in hours}
    if not known:
        return None
    first = min(known)
    daily = as_of - first > timedelta(hours=_HOURS_SHOWN)
    step = timedelta(days=1) if daily else timedelta(hours=1)
    start = first.replace(hour=0) if daily else first
    places = {hour: int((hour - start) / step) for hour in known}
    end = max(int((as_of - start) / step), *places.values())
    table = [[0, 0, 0, 0] for _at in range(end + 1)]
    for hour, counts in known.items():
        for at, n in enumerate(counts):
            table[places[hour]][at] += n
    spans = [
        Span(_span(start + at * step, daily), (row[0], row[1], row[2], row[3]))
        for at, row in enumerate(table)
    ]
    titles = ((_("Votes"), 0), (_("People who joined"), 2), (_("Statements proposed"), 3))
    return OverTime([_series(title, [row[at] for row in table]) for title, at in titles],
                    spans, daily)  # fmt: skip


def _series(title: str, values: Sequence[int]) -> Series:
    return Series(title, columns(values), sum(values), max(values))


def _span(when: datetime, daily: bool) -> str:
    return figures.day(when) if daily else figures.moment(when.astimezone(UTC))


def _showings(found: dict[str, Any]) -> dict[str, Any]:
    """How many statements were shown how often; those below what was wanted are not filled."""
    bins = found["bins"]
    enough = [first >= found["wanted"] for first, _last, _n in bins]
    names = [_votes(first, last) for first, last, _n in bins]
    return {
        "columns": columns([n for _first, _last, n in bins], strong=enough),
        "rows": [(name, n) for name, (_first, _last, n) in zip(names, bins, strict=True)],
        "first": bins[0][0] if bins else 0,
        "last": bins[-1][1] if bins else 0,
    }


def _least_seen(round: Round, rows: Sequence[Sequence[int]]) -> list[Seen]:
    """With their texts, unless they do not count any more."""
    numbers = [number for number, _shown, _votes in rows]
    texts = {
        statement.number: statement
        for statement in Statement.objects.counting().filter(round=round, number__in=numbers)
    }
    return [
        Seen(number, texts[number].text, texts[number].language, shown, votes)
        for number, shown, votes in rows
        if number in texts
    ]


def _groups(live: LiveFinding | None) -> list[GroupRow]:
    return [
        GroupRow(label=label, letter=group_letter(label), **group)
        for label, group in enumerate(live.group_coverage if live else [])
    ]


def _feature(found: dict[str, Any]) -> Feature:
    rows = [_value(row) for row in found["rows"]]
    wanted = found["drawn"] or any(row.get("share") is not None for row in found["rows"])
    most = [row.get("maximum") or 0 for row in found["rows"]]
    top = max([row.count or 0 for row in rows] + most + [1])
    scaled = [Row(row.what, row.count, _width(row.count, top), row.note, row.short) for row in rows]
    return Feature(found["name"], found["drawn"], wanted, scaled)


def _value(row: dict[str, Any]) -> Row:
    """What is wanted of one value, in words; ``short`` where too few have come for sure."""
    people = row["people"]
    if "minimum" in row:
        least, most = row["minimum"], row["maximum"]
        note = str(least) if least == most else _("%(least)d to %(most)d") % {
            "least": least, "most": most,
        }  # fmt: skip
        return Row(row["value"], people, 0, note, people is not None and people < least)
    share = row.get("share")
    return Row(row["value"], people, 0, "" if share is None else figures.percent(100 * share))


def _width(count: int | None, top: int) -> float:
    return round(100 * (count or 0) / top, 2)


def people_in_words(count: int | None) -> str:
    """“12 people”, or that there are too few to be told."""
    if count is None:
        return _("fewer than 10")
    return ngettext("%(n)d person", "%(n)d people", count) % {"n": count}

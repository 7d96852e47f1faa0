"""The charts of a report as files of their own, each with its title and where it is from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_bidi, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from aggregation.charts.bars import Bar, bars
from aggregation.charts.maps import map_with_key
from aggregation.charts.shares import Dot, Strip, strips
from aggregation.charts.svg import Page, Words, document
from aggregation.models import Run
from aggregation.report import finding
from aggregation.report.change import change_of
from aggregation.report.groups import Group, groups
from aggregation.report.lines import GroupVotes, Line, lines
from aggregation.report.page import opinion_map
from deliberation import figures

_SHOWN = 6
_BARS_SHOWN = 20

# The drawing and its height, or nothing to show.
Drawing = tuple[str, float] | None
Draw = Callable[[Run, Sequence[Line], Sequence[Group], Page], Drawing]


def _map(run: Run, statements: Sequence[Line], known: Sequence[Group], page: Page) -> Drawing:
    names = [(group.label, group.letter, _called(group)) for group in known]
    return map_with_key(opinion_map(run, known), names, page) if known else None


def _unites(run: Run, statements: Sequence[Line], known: Sequence[Group], page: Page) -> Drawing:
    measure, needed = finding.measure_of(run), finding.votes_needed(run)
    return _shares(finding.uniting(statements, measure, needed, _SHOWN), page)


def _divides(run: Run, statements: Sequence[Line], known: Sequence[Group], page: Page) -> Drawing:
    return _shares(finding.dividing(statements, finding.votes_needed(run), _SHOWN), page)


def _steady(run: Run, statements: Sequence[Line], known: Sequence[Group], page: Page) -> Drawing:
    rule = change_of(run, statements).drafting
    if rule is None:
        return None
    shown = [
        Bar(
            line.text,
            line.frequency(rule.index) or 0.0,
            figures.percent(100 * (line.frequency(rule.index) or 0.0)),
            strong=line.selected_by(rule.index),
        )
        for line in (*rule.open, *rule.firm)[:_BARS_SHOWN]
    ]
    return bars(shown, page) if shown else None


@dataclass(frozen=True)
class Picture:
    """One chart of the report. ``draw`` gives nothing where there is nothing to show."""

    title: str | Promise
    lead: str | Promise
    draw: Draw


PICTURES: Final[dict[str, Picture]] = {
    "map": Picture(
        gettext_lazy("Map of opinions"),
        gettext_lazy("The closer two people stand, the more alike they voted."),
        _map,
    ),
    "unites": Picture(
        gettext_lazy("What unites"),
        gettext_lazy("Share of each group that agrees, and the range in which it may lie."),
        _unites,
    ),
    "divides": Picture(
        gettext_lazy("What divides"),
        gettext_lazy("Share of each group that agrees, and the range in which it may lie."),
        _divides,
    ),
    "steady": Picture(
        gettext_lazy("How sure the selection is"),
        gettext_lazy(
            "How often each statement is selected when the people are drawn again, the least sure "
            "ones. Filled bars: selected in fact."
        ),
        _steady,
    ),
}


def picture(run: Run, name: str) -> str | None:
    """One of ``PICTURES`` as a file; None if the run has nothing to show in it."""
    known, statements = PICTURES[name], lines(run)
    page = Page(get_language_bidi())
    drawn = known.draw(run, statements, groups(run, statements), page)
    return _document(run, str(known.title), str(known.lead), drawn) if drawn else None


def statement_picture(run: Run, number: int) -> str | None:
    """Votes on one statement as a file; None if the run has no such statement."""
    line = next((line for line in lines(run) if line.number == number), None)
    if line is None:
        return None
    dots = [_dot(votes) for votes in line.groups] or [_everyone(line)]
    drawn = strips([Strip("", dots)], Page(get_language_bidi()), _scale())
    lead = _("Share of each group that agrees, and the range in which it may lie.")
    return _document(run, figures.quoted(line.text), lead, drawn)


def _document(run: Run, title: str, lead: str, drawn: tuple[str, float]) -> str:
    words = Words(title, lead, _source(run), get_language() or "en", get_language_bidi())
    return document(words, *drawn)


def _source(run: Run) -> str:
    """Where a picture is from, when it travels alone."""
    people = (run.summary or {})["participants"]
    words = ngettext(
        "%(title)s · %(n)d person voted · run %(run)d of the plan %(plan)s, %(day)s · Folkmoot",
        "%(title)s · %(n)d people voted · run %(run)d of the plan %(plan)s, %(day)s · Folkmoot",
        people,
    ) % {
        "title": run.round.deliberation.title,
        "n": people,
        "run": run.pk,
        "plan": figures.quoted(run.plan["name"]),
        "day": figures.day(run.finished_at) if run.finished_at else "",
    }
    if run.round.deliberation.simulated:
        played = _("Demonstration: the votes here come from a program that plays a panel.")
        return f"{words}. {played}"
    return words


def _shares(found: Sequence[Line], page: Page) -> Drawing:
    if not found:
        return None
    shown = [Strip(line.text, [_dot(votes) for votes in line.groups]) for line in found]
    return strips(shown, page, _scale())


def _scale() -> list[str]:
    return [figures.percent(0), figures.percent(50), figures.percent(100)]


def _dot(votes: GroupVotes) -> Dot:
    words = share_in_words(votes.share, votes.low, votes.high)
    return Dot(votes.label, votes.letter, votes.share, votes.low, votes.high, words)


def _everyone(line: Line) -> Dot:
    words = share_in_words(line.share, line.low, line.high)
    return Dot(0, _("All"), line.share, line.low, line.high, words)


def share_in_words(share: float | None, low: float | None, high: float | None) -> str:
    """“82 % (75–88)”."""
    if share is None or low is None or high is None:
        return _("no votes")
    between = f"{figures.fixed(100 * low, 0)}–{figures.fixed(100 * high, 0)}"
    return f"{figures.percent(100 * share)} ({between})"


def _called(group: Group) -> str:
    people = ngettext("%(n)d person", "%(n)d people", group.size) % {"n": group.size}
    name = f" · {group.name}" if group.name else ""
    return f"{group.letter}{name} · {people}"

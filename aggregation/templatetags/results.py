"""Template tags of runs and reports: status, shapes of groups, shares, measures."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from aggregation import words
from aggregation.failures import why_failed
from aggregation.models import Run
from aggregation.opinion_map import outline
from aggregation.report.groups import Group
from aggregation.report.lines import GroupVotes, Line
from aggregation.selectors import newest_official
from deliberation import figures
from deliberation.models import Deliberation
from deliberation.models.rounds import Phase
from deliberation.templatetags.look import grouped, vote_segments

register = template.Library()

register.filter("grouped", grouped)
register.filter("step_words", words.step_in_words)
register.filter("why_failed", why_failed)
register.filter("measure_name", words.measure_name)


@register.simple_tag
def group_mark(label: int) -> SafeString:
    """The shape of a group, beside its name. Hidden from screen readers: the letter says it."""
    return format_html(
        '<svg class="mark mark--{}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        label % 5,
        outline(label),
    )


@register.filter
def percent(share: float | None) -> str:
    """0.874 is “87 %”, with a space that does not break; “–” where there is none."""
    return "–" if share is None else figures.percent(100 * share)


@register.filter
def interval(votes: GroupVotes | Line) -> str:
    """Where the share of agreement may lie, in percent: “73–82”."""
    if votes.low is None or votes.high is None:
        return "–"
    return f"{figures.fixed(100 * votes.low, 0)}–{figures.fixed(100 * votes.high, 0)}"


@register.filter
def points(spread: float | None) -> str:
    """A difference of shares in percentage points."""
    return "–" if spread is None else figures.fixed(100 * spread, 0)


@register.filter
def measured(line: Line, measure: str) -> str:
    """The value of one measure, three digits."""
    return figures.fixed(line.measures[measure], 3)


@register.filter
def in_hundred(share: float | None) -> str:
    """A frequency as “87 of 100”; “–” where there is none."""
    if share is None:
        return "–"
    # Rounded, but “never” and “always” are said only where they are true.
    near = min(max(round(100 * share), 0 if share == 0 else 1), 100 if share == 1 else 99)
    return _("%(n)s of 100") % {"n": figures.fixed(near, 0)}


@register.filter
def score(value: float) -> str:
    """What a rule compared, with at most three digits after the mark."""
    return figures.decimal(round(value, 3))


@register.inclusion_tag("aggregation/tags/range_bar.html")
def range_bar(votes: GroupVotes | Line) -> dict[str, object]:
    """Votes as one bar, with the range in which the share of agreement may lie."""
    return {
        "segments": vote_segments(votes.agree, votes.disagree, votes.passed),
        "range": _range(votes),
    }


@register.filter
def at(found: Mapping[int, object], index: int) -> object:
    """What stands at a place, or nothing."""
    return found.get(index)


@register.filter
def signed_points(gap: float | None) -> str:
    """A difference of shares in percentage points with its sign: “+12”."""
    if gap is None:
        return "–"
    number = round(100 * gap)
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"\u200e{sign}{figures.fixed(abs(number), 0)}"


@register.simple_tag
def sort_name(sort: str, measure: str) -> str:
    """By what a table can be sorted, in words."""
    return {
        "common": words.measure_name(measure),
        "divide": _("How much it divides"),
        "agree": _("Agreement of everyone"),
        "unsure": _("How many pass"),
        "range": _("Where votes say least"),
        "steady": _("How sure the selection is"),
        "votes": _("Number of votes"),
        "number": _("Number of the statement"),
    }[sort]


@register.inclusion_tag("aggregation/tags/report_nav.html")
def report_nav(run: Run, here: str) -> dict[str, object]:
    """The parts of a report, and which one this is."""
    deliberation = run.round.deliberation
    parts = [
        ("report_run", _("Summary")),
        ("report_statements", _("All statements")),
        ("report_rules", _("Rule by rule")),
        ("report_change", _("What would change it")),
        ("report_moderation", _("Moderation")),
        ("report_method", _("Method")),
        ("report_data", _("Data")),
    ]
    return {"deliberation": deliberation, "run": run, "here": here, "parts": parts}


@register.inclusion_tag("aggregation/tags/report_head.html")
def report_head(run: Run, official: bool) -> dict[str, object]:
    """Which run a page shows, and a warning where it is not the official one."""
    return {"run": run, "deliberation": run.round.deliberation, "official": official}


@register.inclusion_tag("aggregation/tags/frequency_bar.html")
def frequency_bar(share: float | None, selected: bool) -> dict[str, object]:
    """How often something is selected, as a bar; the words stand beside it."""
    return {"width": round(100 * (share or 0), 2), "selected": selected}


@register.simple_tag
def group_title(group: Group) -> SafeString:
    """“Group A”, with the name that the organisers gave it."""
    title = _("Group %(letter)s") % {"letter": group.letter}
    return format_html("{}: <bdi>{}</bdi>", title, group.name) if group.name else escape(title)


@register.simple_tag
def group_words(group: Group) -> str:
    """The same without markup, for the title of a page."""
    title = _("Group %(letter)s") % {"letter": group.letter}
    return f"{title}: {group.name}" if group.name else title


@register.filter
def unweighted(line: Line, measure: str) -> str:
    """The same if everyone counted once, three digits."""
    return figures.fixed(line.unweighted.get(measure), 3)


@register.inclusion_tag("aggregation/tags/group_bars.html")
def group_bars(line: Line) -> dict[str, object]:
    """One slim bar per group, with the share of agreement as a number."""
    return {"rows": [(votes, _segments(votes), _range(votes)) for votes in line.groups]}


def _segments(votes: GroupVotes) -> object:
    return vote_segments(votes.agree, votes.disagree, votes.passed)


def _range(votes: GroupVotes | Line) -> tuple[float, float] | None:
    """Ends of the line that shows where the share may lie, in percent of the bar."""
    if votes.low is None or votes.high is None:
        return None
    return round(100 * votes.low, 2), round(100 * votes.high, 2)


@register.inclusion_tag("aggregation/tags/run_status.html")
def run_status(deliberation: Deliberation) -> dict[str, object]:
    """For the organiser's workspace: the official run and what to do with it. Empty until closed.

    The newest round is the one the workspace shows.
    """
    round = deliberation.rounds.order_by("-number").first()
    if round is None or round.phase != Phase.CLOSED:
        return {"closed": False}
    return {"closed": True, "run": newest_official(round), "deliberation": deliberation}

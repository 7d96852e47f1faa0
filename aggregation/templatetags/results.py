"""Template tags of runs and reports: status, shapes of groups, shares, measures."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aggregation import words
from aggregation.opinion_map import outline
from aggregation.selectors import GroupVotes, Line, newest_official
from deliberation import figures
from deliberation.models import Deliberation
from deliberation.models.rounds import Phase
from deliberation.templatetags.look import grouped, vote_segments

register = template.Library()

register.filter("grouped", grouped)
register.filter("step_words", words.step_in_words)
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
def interval(votes: GroupVotes) -> str:
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


@register.inclusion_tag("aggregation/tags/group_bars.html")
def group_bars(line: Line) -> dict[str, object]:
    """One slim bar per group, with the share of agreement as a number."""
    return {"rows": [(votes, _segments(votes)) for votes in line.groups]}


def _segments(votes: GroupVotes) -> object:
    return vote_segments(votes.agree, votes.disagree, votes.passed)


@register.inclusion_tag("aggregation/tags/run_status.html")
def run_status(deliberation: Deliberation) -> dict[str, object]:
    """For the organiser's workspace: the official run and what to do with it. Empty until closed.

    The newest round is the one the workspace shows.
    """
    round = deliberation.rounds.order_by("-number").first()
    if round is None or round.phase != Phase.CLOSED:
        return {"closed": False}
    return {"closed": True, "run": newest_official(round), "deliberation": deliberation}

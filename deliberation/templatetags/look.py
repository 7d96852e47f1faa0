"""Template tags of the look: vote bars, icons, the strip of pages, Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from deliberation import markdown as md
from deliberation.access import current_participant
from deliberation.models import Deliberation
from deliberation.models.rounds import OPEN_PHASES, Phase

register = template.Library()

# Drawn with currentColor and no fill; each shape can be told from the others without colour.
_ICONS: Final = {
    "agree": '<path d="M4 12.5 9.5 18 20 6.5"/>',
    "disagree": '<path d="M6 6l12 12M18 6 6 18"/>',
    "pass": '<path d="M5 12h14"/>',
    "undo": '<path d="M9 7 4 12l5 5M4 12h10a5 5 0 0 1 0 10h-3"/>',
}

_NUMBER: Final = re.compile(r"(?<![#&\w])[0-9]+\b")  # not those of an escaped character


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small picture beside a word, hidden from screen readers: the word says it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        mark_safe(_ICONS[name]),  # noqa: S308 - a literal of this file
    )


@register.simple_tag
def source_url() -> str:
    """Where the source of this site is offered, as its licence asks; empty if not set."""
    return str(settings.SOURCE_URL)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown that people wrote, as sanitised HTML. Put it into a ``.prose`` element."""
    return md.render(text)


@register.filter
def grouped(number: int) -> str:
    """34563 is “34,563”, as the language groups digits."""
    return number_format(number, force_grouping=True)


@register.filter
def numbers_linked(words: str) -> SafeString:
    """Each number of a statement in a line of the moderation log leads to the lines about it."""
    linked = _NUMBER.sub(r'<a href="?n=\g<0>#lines">\g<0></a>', escape(words))
    return mark_safe(linked)  # noqa: S308 - escaped above


@dataclass(frozen=True)
class Segment:
    """One part of a vote bar. ``start`` and ``width`` are percentages of the bar."""

    kind: str
    word: str
    count: int
    share: int
    start: float
    width: float


def vote_segments(agree: int, disagree: int, passes: int) -> list[Segment]:
    """Agree from the start, pass in the middle, disagree to the end. Empty without votes."""
    total = agree + disagree + passes
    if total == 0:
        return []
    parts = (
        ("agree", _("agree"), agree),
        ("pass", _("pass"), passes),
        ("disagree", _("disagree"), disagree),
    )
    segments, before = [], 0
    for kind, word, count in parts:
        start, width = round(100 * before / total, 3), round(100 * count / total, 3)
        segments.append(Segment(kind, word, count, round(100 * count / total), start, width))
        before += count
    return segments


@register.inclusion_tag("deliberation/tags/vote_bar.html")
def vote_bar(agree: int, disagree: int, passes: int) -> dict[str, object]:
    """Three counts as one bar, with the same numbers in words below it."""
    return {
        "segments": vote_segments(agree, disagree, passes),
        "total": agree + disagree + passes,
    }


@register.inclusion_tag("deliberation/tags/vote_key.html")
def vote_key() -> dict[str, object]:
    """What the patterns of the vote bars mean. Once per page that shows bars."""
    return {}


@register.inclusion_tag("deliberation/tags/deliberation_nav.html", takes_context=True)
def deliberation_nav(
    context: template.Context, deliberation: Deliberation, here: str
) -> dict[str, object]:
    """The strip of pages under the header. ``here`` is the URL name of this page.

    Voting is there for who sits on a seat, and so are their own pages; the report once the
    round is closed, results before that only where the plan shows them to everybody, and the
    constitution once it is published.
    """
    request = context.get("request")
    seated = request is not None and current_participant(request, deliberation) is not None
    newest = deliberation.rounds.order_by("-number").values_list("phase", "show_results").first()
    phase, open_results = newest or (None, False)
    pages = [
        ("deliberation", _("Overview"), True),
        ("vote", _("Vote"), seated and phase in OPEN_PHASES),
        ("own_votes", _("Your votes"), seated and phase != Phase.DRAFT),
        ("your_part", _("Your part"), seated),
        ("statements", _("Statements"), phase != Phase.DRAFT),
        ("results_now", _("So far"), open_results and phase in OPEN_PHASES),
        ("report", _("Report"), phase == Phase.CLOSED),
        ("constitution", _("Constitution"), deliberation.published_at is not None),
        ("moderation_log", _("Log"), phase != Phase.DRAFT),
    ]
    return {
        "deliberation": deliberation,
        "here": here,
        "pages": [(name, word) for name, word, shown in pages if shown],
    }

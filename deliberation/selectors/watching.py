"""How an open round goes: what workers wrote down, and what an organiser should look at."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation.models import Round, RoundWatch
from deliberation.models.rounds import Phase

from .queue import queue_state


def watched(round: Round) -> RoundWatch | None:
    """What a worker last saw of the round; None before the first look."""
    found = RoundWatch.objects.filter(round=round).first()
    return found if found and found.figures else None


def concerns(round: Round) -> list[str]:
    """Short sentences for the workspace; empty when all is well.

    Two queries over small tables, whatever the number of votes.
    """
    if not round.is_open:
        return []
    seen = watched(round)
    return [
        *_queue(round),
        *(_coverage(seen, round.phase) if seen else []),
        *(_people(seen) if seen else []),
    ]


def _queue(round: Round) -> list[str]:
    late = queue_state(round).overdue
    if not late:
        return []
    words = ngettext(
        "%(n)d statement waits for a moderator longer than promised.",
        "%(n)d statements wait for a moderator longer than promised.",
        late,
    )
    return [words % {"n": late}]


def _coverage(seen: RoundWatch, phase: str) -> list[str]:
    """Statements that lag behind. While all are still new, as few showings are no concern."""
    found = seen.figures["statements"]
    lagging = phase == Phase.VOTE or found["shown"]["median"] >= found["wanted"]
    if not found["under"] or not lagging:
        return []
    words = ngettext(
        "%(n)d statement was shown fewer than %(wanted)d times.",
        "%(n)d statements were shown fewer than %(wanted)d times.",
        found["under"],
    )
    return [words % {"n": found["under"], "wanted": found["wanted"]}]


def _people(seen: RoundWatch) -> list[str]:
    people, sentences = seen.figures["people"], []
    if people["silent"]:
        words = ngettext(
            "%(n)d person joined more than a day ago and has not voted.",
            "%(n)d people joined more than a day ago and have not voted.",
            people["silent"],
        )
        sentences.append(words % {"n": people["silent"]})
    if any(feature["unmet"] for feature in seen.figures["quotas"]):
        words = _("The quotas of the lottery are not met by those who have joined so far.")
        sentences.append(words)
    return sentences

"""How far an open round has come, as its organisers may see it: coverage, never results."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.timezone import now

from aggregation.models import LiveFinding
from deliberation.models import Round, VoteEvent


@dataclass(frozen=True)
class Coverage:
    """What a worker last saw of the round, None if nothing yet; how old that is, and whether
    there are newer votes."""

    found: LiveFinding | None
    minutes: int
    newer: bool


def coverage(round: Round) -> Coverage:
    """The state of an open round as it is known."""
    found = LiveFinding.objects.filter(round=round).defer("results").first()
    minutes = int((now() - found.as_of).total_seconds() // 60) if found else 0
    return Coverage(found, max(minutes, 0), has_newer_votes(round, found))


def has_newer_votes(round: Round, found: LiveFinding | None) -> bool:
    """Whether anything was cast, changed or taken back since."""
    events = VoteEvent.objects.filter(round=round)
    if found is not None:
        events = events.filter(pk__gt=found.last_event).order_by("pk")
    return events.exists()

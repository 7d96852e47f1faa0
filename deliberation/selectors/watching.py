"""What an organiser should look at while a round is open, in a few sentences."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now
from django.utils.translation import ngettext

from deliberation.models import Round

from .queue import waiting_statements


def concerns(round: Round) -> list[str]:
    """Short sentences for the workspace; empty when all is well. No query scans votes."""
    if not round.is_open:
        return []
    return [*_queue(round)]


def _queue(round: Round) -> list[str]:
    promised = now() - timedelta(hours=round.moderation_hours)
    late = waiting_statements(round).filter(created_at__lt=promised).count()
    if not late:
        return []
    words = ngettext(
        "%(n)d statement waits for a moderator longer than promised.",
        "%(n)d statements wait for a moderator longer than promised.",
        late,
    )
    return [words % {"n": late}]

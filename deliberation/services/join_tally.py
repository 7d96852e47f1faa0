"""How many people came by the open link from one network in one hour, to notice bursts.

The network is hashed with a key that changes every day, and nothing leads to a participant.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from deliberation.models import Deliberation, JoinTally

from . import limits

KEPT: Final = timedelta(days=21)
_TALLY: Final = limits.Limit("join-tally", every=0, burst=0)  # only for its name in the hash


def count(deliberation: Deliberation, network: str) -> None:
    """One more person. network : as ``limits.network`` gives it."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deliberation_jointally (deliberation_id, network, hour, joined) "
            "VALUES (%s, %s, %s, 1) ON CONFLICT (deliberation_id, network, hour) "
            "DO UPDATE SET joined = deliberation_jointally.joined + 1",
            [
                deliberation.pk,
                limits.key(_TALLY, network, now),
                now.replace(minute=0, second=0, microsecond=0),
            ],
        )


def sweep() -> int:
    """Delete what is some weeks old; returns how many rows went."""
    gone, _each = JoinTally.objects.filter(hour__lt=timezone.now() - KEPT).delete()
    return gone

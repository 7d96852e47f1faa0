"""Advisory locks, and the order in which they are taken.

Order: owner, then round, then panel, then participant, then rows. Votes take the round's lock
shared, by trigger (see the guards migration); closing takes it exclusive and so waits for votes
in flight.
"""

from __future__ import annotations

from django.db import connection

ROUND = 7001
PANEL = 7002
PARTICIPANT = 7003
OWNER = 7004  # of a deliberation that is being made
CLAIMS = 7005  # of a round; taken alone, in a transaction of its own


def hold(space: int, key: int) -> None:
    """Hold the lock until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [space, key])


def share(space: int, key: int) -> None:
    """Hold the lock together with others who share it, as votes do with that of their round."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [space, key])

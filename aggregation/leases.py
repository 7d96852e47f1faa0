"""Who works on a run: claimed by compare-and-set, held by a lease, renewed while working.

Time is the database's, so that workers with wrong clocks agree.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from aggregation.models import Run, RunStatus

MAX_ATTEMPTS = 3

log = structlog.get_logger(__name__)


class LostLease(Exception):
    """Someone else has this run now. Whatever was computed here is not saved."""


@dataclass(frozen=True)
class Claim:
    """One worker's hold on one run. ``name`` is unique to this attempt."""

    run_id: int
    name: str

    def row(self) -> QuerySet[Run]:
        """The run, as long as this claim holds."""
        return Run.objects.filter(pk=self.run_id, status=RunStatus.RUNNING, claimed_by=self.name)

    def renew(self, **changes: object) -> None:
        """Hold the run for another lease, and write ``changes``. Raises LostLease."""
        if not self.row().update(lease_until=Now() + lease(), **changes):
            raise LostLease


def lease() -> timedelta:
    """How long a worker may be silent before its run is given to another."""
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


def due() -> Q:
    """Runs that wait for a worker, and runs whose worker has gone silent."""
    return Q(status=RunStatus.QUEUED) & (Q(not_before=None) | Q(not_before__lte=Now())) | expired()


def expired() -> Q:
    """Runs whose worker has gone silent."""
    return Q(status=RunStatus.RUNNING, lease_until__lt=Now())


def claim(run_id: int, worker: str) -> Claim | None:
    """Take the run if it is due and has attempts left; None if it is not for us."""
    mine = Claim(run_id, f"{worker[:100]} {token_hex(4)}")
    taken = Run.objects.filter(due(), pk=run_id, attempts__lt=MAX_ATTEMPTS).update(
        status=RunStatus.RUNNING,
        claimed_by=mine.name,
        lease_until=Now() + lease(),
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", Now()),
        progress=0,
        step="",
    )
    return mine if taken else None


@contextmanager
def kept_alive(mine: Claim) -> Iterator[None]:
    """Renew the lease from a second thread, so that no long step looks like a dead worker."""
    stop = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(mine, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew_until(mine: Claim, stop: threading.Event) -> None:
    """A lost lease is noticed where the findings are saved; a failed renewal is tried again."""
    while not stop.wait(lease().total_seconds() / 3):
        try:
            mine.renew()
        except LostLease:
            break
        except DatabaseError as error:
            log.warning("lease not renewed", run=mine.run_id, error=str(error))
            connection.close()
    # Connections belong to threads, and this thread ends here.
    connection.close()

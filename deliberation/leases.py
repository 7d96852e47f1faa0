"""A lease: how long a worker may be silent about what it works on, and how it is held.

Whoever claims a piece of work writes until when it is theirs. Time is the database's, so that
workers with wrong clocks agree.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

log = structlog.get_logger(__name__)


class LostLease(Exception):
    """Someone else has this now, or it was stopped. Whatever was computed here is not saved."""


class Held(Protocol):
    """A worker's hold on a piece of work. What it prints as stands in the log."""

    def renew(self) -> None:
        """Hold it for another lease. Raises LostLease."""


def lease() -> timedelta:
    """How long a worker may be silent before its work is given to another."""
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


@contextmanager
def kept_alive(mine: Held) -> Iterator[None]:
    """Renew the lease from a second thread, so that no long step looks like a dead worker.

    Not beyond the time limit: a worker that hangs is given up like one that died.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(mine, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew_until(mine: Held, stop: threading.Event) -> None:
    """A lost lease is noticed where results are saved; a failed renewal is tried again."""
    end = time.monotonic() + settings.RUN_TIME_LIMIT_SECONDS
    while not stop.wait(lease().total_seconds() / 3) and time.monotonic() < end:
        try:
            mine.renew()
        except LostLease:
            break
        except DatabaseError as error:
            log.warning("lease not renewed", held=repr(mine), error=type(error).__name__)
            connection.close()
    # Connections belong to threads, and this thread ends here.
    connection.close()

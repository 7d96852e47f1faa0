"""Messages to workers. The row is the truth and a message only a hint, so none may hurt."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from celery import current_app
from kombu.exceptions import KombuError

EXECUTE = "aggregation.execute_run"
EXECUTE_PART = "aggregation.execute_part"
QUEUE = "aggregate"
# With Redis gone a request waits this long, in seconds, and not longer.
PATIENCE = 1

log = structlog.get_logger(__name__)


def send(run_id: int, *, expires: float | None = None) -> bool:
    """Ask a worker to execute the run. False if the message could not be sent.

    Nothing is lost then: the sweep finds the row (see ``runs.sweep``).
    expires : seconds after which a worker drops the message unread.
    """
    return _send(EXECUTE, [run_id], expires) == 1


def send_parts(part_ids: Iterable[int], *, expires: float | None = None) -> int:
    """Ask workers to execute these parts of a run, one message each. Returns how many were sent."""
    return _send(EXECUTE_PART, part_ids, expires)


def _send(task: str, ids: Iterable[int], expires: float | None) -> int:
    sent = 0
    with current_app.connection_for_write(connect_timeout=PATIENCE) as connection:
        connection.transport_options = {
            **connection.transport_options,
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "max_retries": 1,
            "interval_start": 0,
        }
        try:
            for one in ids:
                current_app.send_task(
                    task, [one], queue=QUEUE, expires=expires, connection=connection, retry=False
                )
                sent += 1
        except (KombuError, OSError, *connection.connection_errors) as error:
            log.warning("message not sent; the sweep will", task=task, error=str(error))
    return sent

"""Messages to workers. The row is the truth and a message only a hint, so none may hurt."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import KombuError

EXECUTE = "aggregation.execute_run"
QUEUE = "aggregate"
# With Redis gone a request waits this long, in seconds, and not longer.
PATIENCE = 1

log = structlog.get_logger(__name__)


def send(run_id: int, *, expires: float | None = None) -> bool:
    """Ask a worker to execute the run. False if the message could not be sent.

    Nothing is lost then: the sweep finds the row (see ``runs.sweep``).
    expires : seconds after which a worker drops the message unread.
    """
    with current_app.connection_for_write(connect_timeout=PATIENCE) as connection:
        connection.transport_options = {
            **connection.transport_options,
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "max_retries": 1,
            "interval_start": 0,
        }
        try:
            current_app.send_task(
                EXECUTE, [run_id], queue=QUEUE, expires=expires, connection=connection, retry=False
            )
        except (KombuError, OSError, *connection.connection_errors) as error:
            log.warning("message not sent; the sweep will", run=run_id, error=str(error))
            return False
    return True

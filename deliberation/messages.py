"""Messages to workers. The row is the truth and a message only a hint, so none may hurt."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

# With Redis gone a request waits this long, in seconds, and not longer.
_PATIENCE = 1

log = structlog.get_logger(__name__)


def hint(task: str, args: Sequence[object] = (), *, queue: str = "default") -> bool:
    """Ask a worker to begin now. False if that could not be said; the schedule asks again."""
    with current_app.connection_for_write(connect_timeout=_PATIENCE) as connection:
        connection.transport_options = {
            **connection.transport_options,
            "socket_connect_timeout": _PATIENCE,
            "socket_timeout": _PATIENCE,
            "max_retries": 1,
            "interval_start": 0,
        }
        try:
            current_app.send_task(task, list(args), queue=queue, connection=connection, retry=False)
        except (KombuError, OSError, *connection.connection_errors) as error:
            log.warning("message not sent; the schedule will", task=task, error=str(error))
            return False
    return True


def hint_on_commit(task: str, args: Sequence[object] = (), *, queue: str = "default") -> None:
    """``hint``, once the rows that the worker looks for can be seen."""
    transaction.on_commit(lambda: hint(task, args, queue=queue) and None)

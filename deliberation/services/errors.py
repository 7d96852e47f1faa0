"""What a service says when it refuses. ``message`` is for people, ``status`` for HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from deliberation.models import Statement


class ServiceError(Exception):
    """A refusal that a person can act on. Nothing was changed."""

    status = 400

    def __init__(self, message: str | Promise, *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field


class Invalid(ServiceError):
    """What was typed does not hold."""

    status = 422


class Duplicate(Invalid):
    """The same statement is already there."""

    def __init__(self, message: str | Promise, *, existing: Statement) -> None:
        super().__init__(message, field="text")
        self.existing = existing


class WrongPhase(ServiceError):
    """Right person, wrong time."""

    status = 409


class NotAllowed(ServiceError):
    """Wrong person."""

    status = 403


class ConsentChanged(WrongPhase):
    """Another consent text is in force; the person has to read it first."""


class NoSeat(NotAllowed):
    """The seat was given up, withdrawn or never was."""


class TooMany(ServiceError):
    """Too many requests in a short time. ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, message: str | Promise, *, retry_after: int, field: str = "") -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class Gone(ServiceError):
    """A link that was used up, revoked or has expired."""

    status = 410

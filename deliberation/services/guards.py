"""From the database's own refusals to words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from .errors import ConsentChanged, Invalid, NoSeat, ServiceError, WrongPhase
from .limits import too_many

_WORDS: dict[str, tuple[type[ServiceError], object, str]] = {
    "FM001": (WrongPhase, _("Voting is closed. Your earlier votes are kept and count."), ""),
    "FM002": (WrongPhase, _("This record can only grow. Nothing in it can be changed."), ""),
    "FM003": (WrongPhase, _("This is frozen. It can no longer be changed."), ""),
    "FM004": (Invalid, _("This text is too long."), "text"),
    "FM005": (NoSeat, _("You have no seat in this deliberation, or you have left it."), ""),
    "FM006": (ConsentChanged, _("The text you agreed to was changed. Please read it first."), ""),
    "FM008": (WrongPhase, _("This statement is not open for votes."), ""),
    "FM010": (WrongPhase, _("Voting is paused. Your earlier votes are kept and count."), ""),
    "FM009": (Invalid, _("There is no vote to take back."), ""),
}


@contextmanager
def in_words() -> Iterator[None]:
    """Turn a refusal by one of our triggers into a ServiceError; let all else through.

    Wrap it around ``transaction.atomic()``, not inside, so that everything is rolled back.
    """
    try:
        yield
    except DatabaseError as error:
        code = getattr(error.__cause__, "sqlstate", None)
        if code == "FM007":
            seconds = error.__cause__.diag.message_detail  # type: ignore[union-attr]
            raise too_many(int(seconds)) from error
        if code not in _WORDS:
            raise
        kind, message, field = _WORDS[code]
        raise kind(str(message), field=field) from error

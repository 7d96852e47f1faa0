"""Seats as the organiser sees them. Nothing here leads from a seat to a ballot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Seat
from deliberation.models.panels import SeatKind


@dataclass(frozen=True)
class SeatRow:
    """A seat and whether its link still works. ``state`` is "free", "taken" or "revoked"."""

    number: int
    state: str
    label: str
    kind: str
    since: datetime


def seat_row(seat: Seat) -> SeatRow:
    """What a seat's line says."""
    if seat.revoked_at:
        state, label, since = "revoked", _("Revoked"), seat.revoked_at
    elif seat.taken_at:
        state, label, since = "taken", _("Taken"), seat.taken_at
    else:
        state, label, since = "free", _("Free"), seat.created_at
    return SeatRow(seat.number, state, label, str(SeatKind(seat.kind).label), since)


def seat_counts(deliberation: Deliberation) -> dict[str, int]:
    """How many seats are free, taken and revoked, and the highest number so far."""
    seats = deliberation.panel.seats.all()
    revoked = seats.exclude(revoked_at=None).count()
    free = seats.filter(revoked_at=None, taken_at=None).count()
    highest = seats.order_by("-number").values_list("number", flat=True).first() or 0
    return {
        "free": free,
        "taken": seats.count() - revoked - free,
        "revoked": revoked,
        "highest": highest,
    }

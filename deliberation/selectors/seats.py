"""Seats as the organiser sees them. Nothing here leads from a seat to a ballot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Seat
from deliberation.models.panels import SeatKind


@dataclass(frozen=True)
class SeatRow:
    """A seat and whether its link still works.

    ``state`` is "free", "taken", "waiting" (someone sits here and has a new link) or "revoked".
    """

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
    elif hasattr(seat, "participant"):
        state, label, since = "waiting", _("New link not used yet"), seat.participant.joined_at
    else:
        state, label, since = "free", _("Free"), seat.created_at
    return SeatRow(seat.number, state, label, str(SeatKind(seat.kind).label), since)


def link_mark(seat: Seat) -> str:
    """Names the link a seat has now without giving it away; empty if it has none."""
    return salted_hmac("folkmoot.link", bytes(seat.token_hash or b"")).hexdigest()[:16]


def seat_counts(deliberation: Deliberation) -> dict[str, int]:
    """How many invited seats are free, taken and revoked; seats by the open link; the last number.

    ``highest`` is the highest seat number of any kind so far, 0 if there is none.
    """
    seats = deliberation.panel.seats.all()
    invited = seats.filter(kind=SeatKind.INVITED)
    in_use = invited.filter(revoked_at=None)
    free = in_use.filter(taken_at=None, participant=None).count()
    return {
        "free": free,
        "taken": in_use.count() - free,
        "revoked": invited.exclude(revoked_at=None).count(),
        "others": seats.exclude(kind=SeatKind.INVITED).count(),
        "highest": seats.order_by("-number").values_list("number", flat=True).first() or 0,
    }


def listed_seats(deliberation: Deliberation, *, every: bool) -> QuerySet[Seat]:
    """Seats with a link of their own, newest first; or ``every`` seat, whoever took it how."""
    seats = deliberation.panel.seats.select_related("participant").order_by("-number")
    return seats if every else seats.filter(kind=SeatKind.INVITED)

"""Seats: given out, taken once, given anew, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import (
    Contact,
    Deliberation,
    Participant,
    Round,
    Seat,
    User,
    VendorReference,
)
from deliberation.models.panels import SeatKind
from deliberation.phases import PARTICIPANT, allows

from . import locks
from .audit import record
from .consent import keep_version
from .errors import Gone, Invalid, NotAllowed, WrongPhase
from .recruiting import seat_link_token
from .tokens import new_token, token_hash
from .vendors import vendor_seat, xid_hash


@dataclass(frozen=True)
class IssuedSeat:
    """A seat and the secret of its link, which is shown once and then forgotten."""

    number: int
    token: str


def issue_seats(*, deliberation: Deliberation, count: int, actor: User | None) -> list[IssuedSeat]:
    """Make ``count`` numbered seats, each with a secret link. At most 10,000 at a time."""
    if not 1 <= count <= 10_000:
        raise Invalid(_("Choose a number from 1 to 10,000."), field="count")
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        first = _next_number(deliberation)
        issued = [IssuedSeat(first + i, new_token()) for i in range(count)]
        Seat.objects.bulk_create(
            Seat(
                panel=deliberation.panel,
                number=seat.number,
                kind=SeatKind.INVITED,
                token_hash=token_hash(seat.token),
            )
            for seat in issued
        )
        record(
            deliberation=deliberation,
            actor=actor,
            action="seats.issued",
            subject=f"seats {first} to {first + count - 1}",
        )
    return issued


def find_seat(deliberation: Deliberation, token: str) -> Seat | None:
    """The seat of a link, taken or not, unless it was revoked."""
    return (
        Seat.objects.select_related("participant")
        .filter(
            panel__deliberation=deliberation, token_hash=token_hash(token), revoked_at__isnull=True
        )
        .first()
    )


def find_seats(deliberation: Deliberation, tokens: Sequence[str]) -> list[tuple[str, Seat]]:
    """The seats of many links with the secret of each, by number; unknown ones are left out."""
    by_hash = {token_hash(token): token for token in tokens}
    seats = Seat.objects.filter(
        panel__deliberation=deliberation, token_hash__in=list(by_hash), revoked_at__isnull=True
    )
    return [(by_hash[bytes(seat.token_hash or b"")], seat) for seat in seats.order_by("number")]


def take_seat(
    *,
    deliberation: Deliberation,
    token: str | None,
    consent_hash: str,
    xid: str | None = None,
    at: datetime | None = None,
) -> Participant:
    """Sit down: by the secret of a seat link, by a vendor's xid, or else by the open link.

    consent_hash : SHA-256 hex of the consent text that was shown and agreed to.
    Raises Gone (used, revoked or unknown link), NotAllowed (no open or vendor link) or WrongPhase.
    """
    now = at or timezone.now()
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        round = deliberation.rounds.order_by("-number").first()
        if round is None or not _may_join(round, token):
            raise WrongPhase(_("Nobody can join at the moment."))
        seat = _seat_for(deliberation, token, xid)
        seat.taken_at = now
        seat.save(update_fields=["taken_at"])
        keep_version(deliberation=deliberation, text=round.consent_text)
        highest = deliberation.participants.aggregate(highest=Max("number"))["highest"]
        return Participant.objects.create(
            deliberation=deliberation,
            seat=seat,
            number=(highest or 0) + 1,
            joined_at=now,
            consent_hash=consent_hash,
            consented_at=now,
        )


def resume_seat(*, deliberation: Deliberation, token: str) -> Participant:
    """Go on as the person on a seat whose link was issued anew. Works once, in every phase.

    Raises Gone if the link was used, replaced or revoked, or if nobody sits there.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        seat = _claimed_seat(deliberation, token)
        participant = Participant.objects.filter(seat=seat, withdrawn_at=None).first()
        if participant is None:
            raise Gone(_("The person on this seat has left."))
        seat.taken_at = timezone.now()
        seat.save(update_fields=["taken_at"])
    return participant


def reissue_seat(*, seat: Seat, actor: User | None) -> IssuedSeat:
    """A new link for a seat; the old one and the device that used it stop working.

    The participant, if there is one, keeps number and votes. Their own link ends, too: what was
    lost may have been both. Raises Gone for a seat that was revoked or whose person has left.
    """
    deliberation = seat.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        seat.refresh_from_db()
        participant = Participant.objects.filter(seat=seat).first()
        if seat.revoked_at or (participant and participant.withdrawn_at):
            raise Gone(_("This seat was given up. Issue a new seat instead."))
        seat.link_version += 1
        issued = IssuedSeat(seat.number, _new_link(seat))
        seat.token_hash, seat.taken_at = token_hash(issued.token), None
        seat.save(update_fields=["token_hash", "taken_at", "link_version"])
        Participant.objects.filter(seat=seat).update(
            session_version=F("session_version") + 1, return_hash=None
        )
        record(
            deliberation=deliberation,
            actor=actor,
            action="seat.reissued",
            subject=f"seat {seat.number}",
        )
    return issued


def _new_link(seat: Seat) -> str:
    """Links of people whom we write to can be computed again for each letter; others are chance."""
    return seat_link_token(seat) if Contact.objects.filter(seat=seat).exists() else new_token()


def revoke_seat(*, seat: Seat, actor: User | None) -> None:
    """Make a seat's link useless. Votes that were cast stay."""
    with transaction.atomic():
        seat.revoked_at = timezone.now()
        seat.save(update_fields=["revoked_at"])
        Participant.objects.filter(seat=seat).update(session_version=0)
        record(
            deliberation=seat.panel.deliberation,
            actor=actor,
            action="seat.revoked",
            subject=f"seat {seat.number}",
        )


def _may_join(round: Round, token: str | None) -> bool:
    # Invited people may sit down before the round opens; the other ways wait for it.
    if token is None:
        return round.is_open
    return allows(round.stage, PARTICIPANT, "join")


def _seat_for(deliberation: Deliberation, token: str | None, xid: str | None) -> Seat:
    if token is not None:
        seat = _claimed_seat(deliberation, token)
        if hasattr(seat, "participant"):
            raise Gone(_("Someone sits here already. Go on as that person, or ask for a new seat."))
        return seat
    return _open_seat(deliberation) if xid is None else _vendor_seat(deliberation, xid)


def _open_seat(deliberation: Deliberation) -> Seat:
    if not deliberation.panel.open_link:
        raise NotAllowed(_("This panel is by invitation. You need a seat link."))
    return Seat.objects.create(
        panel=deliberation.panel, number=_next_number(deliberation), kind=SeatKind.OPEN
    )


def _vendor_seat(deliberation: Deliberation, xid: str) -> Seat:
    panel = deliberation.panel
    if not panel.vendor_link:
        raise NotAllowed(_("This panel is by invitation. You need a seat link."))
    if vendor_seat(panel, xid) is not None:
        raise Gone(_("You have joined already, on another device or in another browser."))
    seat = Seat.objects.create(
        panel=panel,
        number=_next_number(deliberation),
        kind=SeatKind.VENDOR,
        xid_hash=xid_hash(panel, xid),
    )
    VendorReference.objects.create(seat=seat, xid=xid)
    return seat


def _claimed_seat(deliberation: Deliberation, token: str) -> Seat:
    seat = find_seat(deliberation, token)
    if seat is None:
        raise Gone(_("This link is not valid, or it was withdrawn."))
    if seat.taken_at is not None:
        raise Gone(_("This seat is taken. A seat link works once."))
    return seat


def _next_number(deliberation: Deliberation) -> int:
    highest = deliberation.panel.seats.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1

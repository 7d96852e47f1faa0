"""Inviting people: a seat and a letter for each, reminders, and what the panel page sets.

Lock order: the panel's lock, then rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from deliberation.models import Contact, Deliberation, Outgoing, Panel, Participant, Seat, User
from deliberation.models.panels import SeatKind
from deliberation.models.recruiting import Answer, MailKind, MailState

from . import locks, outbox
from .audit import record
from .tokens import computed_token, token_hash

# Nobody gets two letters within this time, however often someone asks for reminders.
BETWEEN_LETTERS: Final = timedelta(days=3)
# Letters that carry a seat link.
WITH_LINK: Final = (MailKind.SEAT, MailKind.DRAWN, MailKind.REMINDER)

# Seats and whose they are, in one statement: a list may have a hundred thousand people.
_SEATS: Final = """
    WITH wanted AS (
        SELECT * FROM unnest(%(numbers)s::int[], %(hashes)s::bytea[], %(contacts)s::bigint[])
            AS w(number, hash, contact)
    ), made AS (
        INSERT INTO deliberation_seat (panel_id, number, kind, token_hash, created_at, link_version)
        SELECT %(panel)s, number, %(kind)s, hash, %(now)s, 1 FROM wanted RETURNING id, number
    )
    UPDATE deliberation_contact c SET seat_id = made.id
    FROM made JOIN wanted USING (number) WHERE c.id = wanted.contact
"""


def seat_link_token(seat: Seat) -> str:
    """The secret of an invited contact's seat link, the same in each letter.

    It is computed from panel, seat number and ``link_version``, since the database keeps only its
    hash. A new link raises the version, and every letter from then on carries the new one.
    """
    return computed_token("seat", seat.panel_id, seat.number, seat.link_version)


def invite(
    *, deliberation: Deliberation, contacts: Sequence[Contact], kind: str, actor: User | None
) -> int:
    """A seat for each contact that has none, and a letter for each that has an address.

    kind : "seat", or "drawn" for people drawn by lot. Who was written to before is left out, and
    who wants no letters gets none. Returns how many contacts got a seat or a letter.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        wanted = _still_there(deliberation, contacts)
        seated = _give_seats(deliberation, [c for c in wanted if c.seat_id is None])
        written = _write(deliberation, wanted, kind)
        touched = seated | written
        if touched:
            record(
                deliberation=deliberation,
                actor=actor,
                action="people.invited",
                people=len(touched),
                letters=len(written),
                kind=kind,
            )
    return len(touched)


def invite_all(*, deliberation: Deliberation, actor: User | None) -> int:
    """Invite every contact that is not in a lottery's pool. Returns how many that were."""
    waiting = invitable(deliberation.panel).only("pk")
    with transaction.atomic():
        return invite(
            deliberation=deliberation, contacts=list(waiting), kind=MailKind.SEAT, actor=actor
        )


def invitable(panel: Panel) -> QuerySet[Contact]:
    """Contacts that are on no seat yet, or on one that they were never written about."""
    letters = Outgoing.objects.filter(contact=OuterRef("pk"), kind__in=WITH_LINK)
    unwritten = Q(no_letters_at=None, seat__revoked_at=None, seat__participant=None) & ~Q(email="")
    return Contact.objects.filter(
        Q(seat=None) | unwritten & ~Exists(letters), panel=panel, pool_member=None
    )


def remindable(panel: Panel, now: datetime | None = None) -> QuerySet[Contact]:
    """Whom a reminder may go to: invited, written to some days ago, not here yet, not unwilling."""
    quiet_since = (now or timezone.now()) - BETWEEN_LETTERS
    letters = Outgoing.objects.filter(contact=OuterRef("pk"), kind__in=WITH_LINK)
    return (
        Contact.objects.filter(
            Exists(letters.filter(state=MailState.SENT)),
            ~Exists(letters.exclude(state=MailState.SENT)),
            ~Exists(letters.filter(created_at__gt=quiet_since)),
            panel=panel,
            seat__revoked_at=None,
            seat__participant=None,
            no_letters_at=None,
        )
        .exclude(email="")
        .exclude(Q(seat=None) | Q(seat__drawn_member__answer=Answer.DECLINED))
    )


def on_paper(panel: Panel) -> QuerySet[Contact]:
    """People with a seat whom only paper reaches and who are not here yet, by seat number."""
    people = Contact.objects.filter(panel=panel, seat__revoked_at=None, seat__participant=None)
    return (
        only_paper_reaches(people)
        .exclude(seat=None)
        .select_related("seat__panel__deliberation", "seat__drawn_member__member")
        .order_by("seat__number")
    )


def only_paper_reaches(people: QuerySet[Contact]) -> QuerySet[Contact]:
    """Those of them who have no e-mail address, or whose last letter came back and who have a
    postal one. Who wants no letters is left out."""
    letters = Outgoing.objects.filter(contact=OuterRef("pk")).order_by("-pk")
    came_back = Q(last_letter=MailState.BOUNCED) & ~Q(postal_address="")
    last = Subquery(letters.values("state")[:1])
    return people.alias(last_letter=last).filter(Q(email="") | came_back, no_letters_at=None)


def remind(*, deliberation: Deliberation, actor: User | None, now: datetime | None = None) -> int:
    """A reminder to everyone who may get one (``remindable``). Returns how many."""
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        people = list(remindable(deliberation.panel, now).only("pk"))
        sent = outbox.enqueue_many(
            kind=MailKind.REMINDER, deliberation=deliberation, contacts=people
        )
        if sent:
            record(deliberation=deliberation, actor=actor, action="people.reminded", letters=sent)
    return sent


def try_again(*, deliberation: Deliberation, actor: User | None) -> int:
    """Send the letters to contacts that were given up, as after a mail server's bad day."""
    with transaction.atomic():
        letters = deliberation.outgoing.filter(contact__isnull=False)
        sent = outbox.send_failed_again(letters)
        if sent:
            record(
                deliberation=deliberation, actor=actor, action="people.tried_again", letters=sent
            )
    return sent


def change_panel(*, panel: Panel, actor: User | None, **changes: Any) -> Panel:
    """Set columns of the panel, such as ``open_link`` or ``delete_contacts_on``."""
    with transaction.atomic():
        locks.hold(locks.PANEL, panel.deliberation_id)
        panel.refresh_from_db()
        changed = {name: v for name, v in changes.items() if getattr(panel, name) != v}
        if changed:
            for name, value in changed.items():
                setattr(panel, name, value)
            panel.save(update_fields=list(changed))
            record(
                deliberation=panel.deliberation,
                actor=actor,
                action="panel.changed",
                fields=sorted(changed),
            )
    return panel


def _still_there(deliberation: Deliberation, contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts as they are now, in the order they were added; others' are left out."""
    keys = [contact.pk for contact in contacts]
    found = Contact.objects.select_for_update(of=("self",)).filter(panel=deliberation.panel)
    # One array instead of a hundred thousand parameters.
    named = found.extra(where=["deliberation_contact.id = ANY(%s)"], params=[keys])
    return list(named.only("seat_id", "email", "no_letters_at").order_by("pk"))


def _give_seats(deliberation: Deliberation, contacts: list[Contact]) -> set[int]:
    """An invited seat for each; returns the primary keys of the contacts."""
    panel = deliberation.panel
    first = (panel.seats.aggregate(highest=Max("number"))["highest"] or 0) + 1
    seats = [Seat(panel=panel, number=first + n) for n in range(len(contacts))]
    with connection.cursor() as cursor:
        cursor.execute(
            _SEATS,
            {
                "panel": panel.pk,
                "kind": SeatKind.INVITED,
                "now": timezone.now(),
                "numbers": [seat.number for seat in seats],
                "hashes": [token_hash(seat_link_token(seat)) for seat in seats],
                "contacts": [contact.pk for contact in contacts],
            },
        )
    return {contact.pk for contact in contacts}


def _write(deliberation: Deliberation, contacts: list[Contact], kind: str) -> set[int]:
    """A first letter for who has an address and had none; returns their primary keys."""
    before = Outgoing.objects.filter(deliberation=deliberation, kind__in=WITH_LINK)
    written = set(before.values_list("contact", flat=True))
    here = set(
        Participant.objects.filter(
            deliberation=deliberation, seat__contact__isnull=False
        ).values_list("seat__contact", flat=True)
    )
    letters = [
        c
        for c in contacts
        if c.email and c.no_letters_at is None and c.pk not in written and c.pk not in here
    ]
    outbox.enqueue_many(kind=kind, deliberation=deliberation, contacts=letters)
    return {contact.pk for contact in letters}

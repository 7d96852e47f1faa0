"""How to reach people: taken from a list, changed, taken off, deleted on the promised day.

No audit line names anyone: it says how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation import postal
from deliberation.contact_lists import Problem, read_rows
from deliberation.models import Contact, Deliberation, Outgoing, Panel, Seat, User
from deliberation.models.recruiting import MailKind, MailState
from deliberation.people_lists import check_people, postal_addresses, read_language

from . import locks, outbox
from .audit import record
from .errors import Gone, Invalid
from .panels import reissue_seat

COLUMNS: Final = ("e-mail", "name", "reference", "language", *postal.COLUMNS)


@dataclass(frozen=True, slots=True)
class NewContact:
    """A row of a list that holds, and the line it stands on."""

    line: int
    email: str
    name: str
    reference: str
    language: str
    postal_address: str = ""


@dataclass(slots=True)
class Review:
    """What importing a list would do. ``known`` are lines whose address is there already."""

    new: list[NewContact] = field(default_factory=list)
    known: list[NewContact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = ""
    separator: str = ""
    left_out: list[str] = field(default_factory=list)

    @property
    def importable(self) -> bool:
        return bool(self.new) and not self.problems

    @property
    def unreachable(self) -> int:
        """How many have neither an e-mail nor a postal address."""
        return sum(not (person.email or person.postal_address) for person in self.new)


def review(*, panel: Panel, data: bytes, language: str) -> Review:
    """Read a list and say what it would do, without doing it.

    language : of people whose line names none.
    """
    table = read_rows(data, required=[], optional=COLUMNS)
    addresses = postal_addresses(table)
    problems = [*table.problems, *check_people(table, addresses)]
    broken = {problem.line for problem in problems}
    found = Review(
        problems=sorted(problems, key=lambda p: p.line),
        encoding=table.encoding,
        separator=table.separator,
        left_out=table.left_out,
    )
    there = _known(panel)
    for line, row, address in zip(table.line_numbers, table.rows, addresses, strict=True):
        if line not in broken:
            person = _person(line, row, address, language)
            (found.known if person.email in there else found.new).append(person)
    return found


def add_contacts(
    *, deliberation: Deliberation, people: Sequence[NewContact], actor: User | None
) -> int:
    """Add them all, or none. Addresses that are there by now are skipped. Returns how many."""
    panel = deliberation.panel
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        there = _known(panel)
        rows = [
            Contact(
                panel=panel,
                email=p.email,
                name=p.name,
                reference=p.reference,
                postal_address=p.postal_address,
                language=p.language,
            )
            for p in people
            if p.email not in there
        ]
        Contact.objects.bulk_create(rows, batch_size=5000)
        if rows:
            record(
                deliberation=deliberation, actor=actor, action="contacts.added", people=len(rows)
            )
    return len(rows)


def edit_contact(
    *,
    contact: Contact,
    email: str,
    name: str,
    reference: str,
    postal_address: str,
    language: str,
    actor: User | None,
) -> bool:
    """Change how to reach someone. A new address forgets letters that came back from the old.

    Returns whether anything changed. Raises Invalid(field "email") for an address that another
    contact has, or if nothing at all would be left.
    """
    given = {
        "email": email.lower(),
        "name": name,
        "reference": reference,
        "postal_address": postal_address,
        "language": language,
    }
    if not (email or name or reference or postal_address):
        raise Invalid(_("Write an address, a name or a reference."), field="email")
    changed = {key: value for key, value in given.items() if getattr(contact, key) != value}
    if not changed:
        return False
    try:
        with transaction.atomic():
            Contact.objects.filter(pk=contact.pk).update(**changed)
            if "email" in changed:
                # What came back from the old address says nothing of the new one.
                lost = [MailState.BOUNCED, MailState.FAILED]
                Outgoing.objects.filter(contact=contact, state__in=lost).delete()
            record(
                deliberation=contact.panel.deliberation,
                actor=actor,
                action="contact.edited",
                fields=sorted(changed),
            )
    except IntegrityError as error:
        raise Invalid(_("Someone else on the list has this address."), field="email") from error
    contact.refresh_from_db()
    return True


def write_again(*, contact: Contact, actor: User | None) -> None:
    """Send someone their seat link once more; a new one if theirs was used or given up by chance.

    With a new link the device that used the old one is signed out; number and votes stay.
    Raises Invalid without an address or seat, or if they want no letters; Gone for a seat that
    was revoked.
    """
    deliberation = contact.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        contact.refresh_from_db()
        seat = _writable_seat(contact)
        if seat.taken_at is not None:
            reissue_seat(seat=seat, actor=actor)
        outbox.enqueue(kind=MailKind.SEAT, deliberation=deliberation, contact=contact)
        record(deliberation=deliberation, actor=actor, action="contact.written_again")


def _writable_seat(contact: Contact) -> Seat:
    if not contact.email:
        raise Invalid(_("There is no e-mail address to write to."), field="email")
    if contact.no_letters_at:
        raise Invalid(_("This person has asked for no more letters."))
    if contact.seat is None:
        raise Invalid(_("This person was not invited yet."))
    if contact.seat.revoked_at:
        raise Gone(_("This seat was given up. Issue a new seat instead."))
    return contact.seat


def stop_letters(*, contact: Contact) -> None:
    """This person wants no more letters; what waits for them is not sent."""
    with transaction.atomic():
        Contact.objects.filter(pk=contact.pk, no_letters_at=None).update(
            no_letters_at=timezone.now()
        )
        Outgoing.objects.filter(contact=contact, state=MailState.QUEUED).delete()


def remove_contact(*, contact: Contact, actor: User | None) -> None:
    """Forget one person. Their seat and their votes stay."""
    deliberation = contact.panel.deliberation
    with transaction.atomic():
        contact.delete()
        record(deliberation=deliberation, actor=actor, action="contacts.deleted", people=1)


def delete_contacts(*, panel: Panel, actor: User | None) -> int:
    """Forget everyone, with all letters and lists. Seats and votes stay. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        locks.hold(locks.PANEL, panel.deliberation_id)
        panel.list_uploads.all().delete()
        Outgoing.objects.filter(contact__panel=panel).delete()
        cursor.execute(
            "UPDATE deliberation_poolmember m SET contact_id = NULL FROM deliberation_contact c "
            "WHERE m.contact_id = c.id AND c.panel_id = %s",
            [panel.pk],
        )
        # Without the ORM, which would read every row first.
        cursor.execute("DELETE FROM deliberation_contact WHERE panel_id = %s", [panel.pk])
        gone = int(cursor.rowcount)
        if gone:
            record(
                deliberation=panel.deliberation,
                actor=actor,
                action="contacts.deleted",
                people=gone,
            )
    return gone


def delete_due(*, today: date | None = None) -> int:
    """Forget everyone whose day has come (``Panel.delete_contacts_on``). Returns how many."""
    day = today or timezone.localdate()
    panels = Panel.objects.filter(delete_contacts_on__lte=day, contacts__isnull=False).distinct()
    return sum(delete_contacts(panel=panel, actor=None) for panel in panels)


def _known(panel: Panel) -> set[str]:
    """The addresses that are there."""
    return set(panel.contacts.exclude(email="").values_list("email", flat=True))


def _person(line: int, row: dict[str, str], address: str, language: str) -> NewContact:
    return NewContact(
        line=line,
        email=row["e-mail"].lower(),
        name=row["name"],
        reference=row["reference"],
        language=read_language(row["language"]) or language,
        postal_address=address,
    )

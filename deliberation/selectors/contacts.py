"""Contacts as whoever may see them sees them. Nothing here leads from a person to a ballot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Contact, Outgoing, Panel, Participant, PoolMember
from deliberation.models.recruiting import MailKind, MailState
from deliberation.postal import on_one_line
from deliberation.services.recruiting import WITH_LINK

# How far someone is, and the words for it. In the order of the filter.
STATES: Final[dict[str, Promise]] = {
    "new": _("Not invited yet"),
    "waiting": _("Letter waits to be sent"),
    "sent": _("Letter sent"),
    "paper": _("Invited, without e-mail"),
    "joined": _("Has taken the seat"),
    "bounced": _("Letter came back"),
    "failed": _("Letter could not be sent"),
    "stopped": _("Wants no letters"),
    "pool": _("In the pool of the lottery"),
    "revoked": _("Seat revoked"),
}
# States in which something went wrong.
TROUBLE: Final = frozenset({"bounced", "failed", "stopped", "revoked"})


@dataclass(frozen=True)
class ContactRow:
    """One line of the list. ``since`` is when the last letter went out, if one did."""

    pk: int
    title: str
    under: str
    reference: str
    language: str
    state: str
    label: str
    since: datetime | None
    problem: str
    reminders: int

    @property
    def trouble(self) -> bool:
        return self.state in TROUBLE


def contacts(panel: Panel, *, search: str = "", state: str = "") -> QuerySet[Contact]:
    """The contacts of a panel with their ``state``, newest first; some of them, if so wished.

    search : part of a name, an address or a reference. state : one of STATES.
    """
    found = _with_state(panel.contacts.all())
    if search:
        found = found.filter(
            Q(email__icontains=search)
            | Q(name__icontains=search)
            | Q(reference__icontains=search)
            | Q(postal_address__icontains=search)
        )
    if state in STATES:
        found = found.filter(Q(("state", state)))
    return found.order_by("-pk")


def state_counts(panel: Panel) -> dict[str, int]:
    """How many people are how far. States without anyone are left out."""
    found = _with_state(panel.contacts.all()).order_by().values_list("state")
    counted: dict[str, int] = dict(found.annotate(Count("pk")))
    return {state: counted[state] for state in STATES if counted.get(state)}


def contact_rows(page: Iterable[Contact]) -> list[ContactRow]:
    """What the lines of a page say."""
    found = list(page)
    reminders = dict(
        Outgoing.objects.filter(contact__in=found, kind=MailKind.REMINDER, state=MailState.SENT)
        .values_list("contact")
        .annotate(Count("pk"))
    )
    return [_row(contact, reminders.get(contact.pk, 0)) for contact in found]


def letters_of(contact: Contact) -> QuerySet[Outgoing]:
    """Every letter to this person, newest first."""
    return contact.outgoing.order_by("-pk")


def _row(contact: Any, reminders: int) -> ContactRow:
    address = on_one_line(contact.postal_address)
    title = contact.name or contact.email or contact.reference or address
    under = contact.email or address
    return ContactRow(
        pk=contact.pk,
        title=title,
        under=under if under != title else "",
        reference=contact.reference if contact.reference != title else "",
        language=contact.language,
        state=contact.state,
        label=str(STATES[contact.state]),
        since=contact.letter_at,
        problem=contact.letter_problem or "",
        reminders=reminders,
    )


def _with_state(found: QuerySet[Contact]) -> QuerySet[Any]:
    letters = Outgoing.objects.filter(contact=OuterRef("pk"), kind__in=WITH_LINK).order_by("-pk")
    seated = Participant.objects.filter(seat=OuterRef("seat"))
    pooled = PoolMember.objects.filter(contact=OuterRef("pk"))
    return found.annotate(
        letter=Subquery(letters.values("state")[:1]),
        letter_at=Subquery(letters.values("sent_at")[:1]),
        letter_problem=Subquery(letters.values("problem")[:1]),
        state=Case(
            When(Exists(seated), then=Value("joined")),
            When(no_letters_at__isnull=False, then=Value("stopped")),
            When(Exists(pooled) & Q(seat=None), then=Value("pool")),
            When(seat=None, then=Value("new")),
            When(seat__revoked_at__isnull=False, then=Value("revoked")),
            When(email="", then=Value("paper")),
            When(letter__in=[MailState.QUEUED, MailState.SENDING], then=Value("waiting")),
            When(letter__isnull=False, then=F("letter")),
            default=Value("new"),
            output_field=CharField(),
        ),
    )

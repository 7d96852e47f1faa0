"""Who is on the panel, by which way, in numbers. Counts only: no names, no ballots."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count

from deliberation.models import Contact, DrawnMember, Panel, PoolMember, Seat
from deliberation.models.panels import SeatKind
from deliberation.services import outbox
from deliberation.services.recruiting import WITH_LINK, invitable, on_paper, remindable


@dataclass(frozen=True)
class Invitations:
    """The list of contacts in numbers. ``letters`` has a number for each state of a letter."""

    people: int
    invitable: int
    remindable: int
    invited: int
    joined: int
    on_paper: int
    letters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PanelState:
    """Every way onto the panel, in numbers of people.

    ``here`` is how many sit on the panel now. ``printed`` are seat links that were issued without
    a contact: how many, and how many of them were used.
    """

    here: int
    by_open_link: int
    by_vendor: int
    printed: int
    printed_used: int
    pool: int
    drawn: int
    invitations: Invitations


def panel_state(panel: Panel) -> PanelState:
    """The numbers of the panel page: a handful of counts."""
    sitting = panel.deliberation.participants.filter(withdrawn_at=None)
    by_kind: dict[str, int] = dict(
        sitting.order_by().values_list("seat__kind").annotate(Count("pk"))
    )
    loose = Seat.objects.filter(
        panel=panel, kind=SeatKind.INVITED, contact=None, drawn_member=None, revoked_at=None
    )
    return PanelState(
        here=sum(by_kind.values()),
        by_open_link=by_kind.get(SeatKind.OPEN, 0),
        by_vendor=by_kind.get(SeatKind.VENDOR, 0),
        printed=loose.count(),
        printed_used=loose.exclude(participant=None).count(),
        pool=PoolMember.objects.filter(pool__panel=panel, withdrawn_at=None).count(),
        drawn=DrawnMember.objects.filter(draw__pool__panel=panel).count(),
        invitations=invitations(panel),
    )


def invitations(panel: Panel) -> Invitations:
    """The numbers of people on the list, whoever drew or wrote them there."""
    people = Contact.objects.filter(panel=panel)
    listed = people.filter(pool_member=None)
    invited = people.exclude(seat=None)
    return Invitations(
        people=listed.count(),
        invitable=invitable(panel).count(),
        remindable=remindable(panel).count(),
        invited=invited.count(),
        joined=invited.exclude(seat__participant=None).count(),
        on_paper=on_paper(panel).count(),
        letters=outbox.counts(
            panel.deliberation.outgoing.filter(contact__isnull=False, kind__in=WITH_LINK)
        ),
    )

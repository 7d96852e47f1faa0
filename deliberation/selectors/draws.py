"""Draws for those who make them: how far they are, who was drawn, what people answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Contact, Deliberation, Draw, DrawnMember, Outgoing, Panel, Pool
from deliberation.models.recruiting import Answer, DrawState
from deliberation.postal import on_one_line
from deliberation.services.draws import UNDER_WAY, open_places, seat_joined
from deliberation.services.pools import eligible


@dataclass(frozen=True, slots=True)
class LotteryState:
    """A lottery in a few numbers, for the workspace and for pages that lead to it.

    pool_size    : people who can be drawn, or could when nothing was drawn yet
    places_free  : seats of the panel that nobody holds any more; 0 before the first draw
    """

    seats: int
    pool_size: int
    strata: int
    frozen_at: datetime | None
    under_way: bool
    draws: int
    drawn: int
    accepted: int
    declined: int
    waiting: int
    places_free: int
    sign_up: bool

    @property
    def made(self) -> bool:
        """Whether the panel was drawn."""
        return self.draws > 0


def lottery_state(panel: Panel) -> LotteryState | None:
    """None where no lottery is being prepared."""
    pool = Pool.objects.filter(panel=panel).first()
    if pool is None:
        return None
    strata, people = panel.strata.count(), eligible(pool).count()
    if not (strata or people or pool.sign_up or pool.frozen_at):
        return None
    draws = list(pool.draws.values_list("state", flat=True))
    said = answers(pool)
    return LotteryState(
        seats=pool.seats,
        pool_size=people,
        strata=strata,
        frozen_at=pool.frozen_at,
        under_way=any(state in UNDER_WAY for state in draws),
        draws=draws.count(DrawState.DONE),
        drawn=said.drawn,
        accepted=said.accepted,
        declined=said.declined,
        waiting=said.waiting,
        places_free=open_places(pool),
        sign_up=pool.sign_up,
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What people who were drawn have said. The three add up to ``drawn``."""

    drawn: int
    accepted: int
    declined: int
    waiting: int


def answers(pool: Pool, draw: Draw | None = None) -> Answers:
    """Of all draws, or of one. Who sat down has accepted."""
    drawn = DrawnMember.objects.filter(draw__pool=pool)
    if draw is not None:
        drawn = drawn.filter(draw=draw)
    found = drawn.aggregate(
        drawn=Count("pk"),
        accepted=Count("pk", filter=seat_joined()),
        declined=Count("pk", filter=Q(answer=Answer.DECLINED)),
    )
    return Answers(**found, waiting=found["drawn"] - found["accepted"] - found["declined"])


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One person who was drawn. Name and address for those only who may see them."""

    pk: int
    number: int
    name: str
    email: str
    reference: str
    postal_address: str
    values: list[str]
    seat: int | None
    state: str
    words: str
    letter: str


def drawn_rows(draw: Draw, *, contacts: bool) -> list[DrawnRow]:
    """Everyone on the panel that was drawn, by their number in the pool."""
    people = (
        DrawnMember.objects.filter(draw=draw)
        .select_related("member__contact", "seat")
        .order_by("member__number")
    )
    names = [stratum["stratum"] for stratum in draw.quotas]
    letters = _letters(people) if contacts else {}
    return [_row(drawn, names, contacts, letters) for drawn in people]


def _row(drawn: DrawnMember, names: list[str], contacts: bool, letters: dict[int, str]) -> DrawnRow:
    contact = drawn.member.contact if contacts else None
    state = answer_state(drawn)
    return DrawnRow(
        pk=drawn.pk,
        number=drawn.member.number,
        name=contact.name if contact else "",
        email=contact.email if contact else "",
        reference=contact.reference if contact else "",
        postal_address=on_one_line(contact.postal_address) if contact else "",
        values=[drawn.member.values.get(name, "") for name in names] if contacts else [],
        seat=drawn.seat.number if drawn.seat else None,
        state=state,
        words=str(_STATES[state]),
        letter=_letter(drawn, contact, letters) if contact else "",
    )


def _letter(drawn: DrawnMember, contact: Contact, letters: dict[int, str]) -> str:
    on_paper = drawn.seat is not None and not contact.email
    return letters.get(contact.pk, str(_("On paper")) if on_paper else "")


def answer_state(drawn: DrawnMember) -> str:
    """One of: joined, accepted, declined, silent, invited, drawn."""
    if drawn.answer == Answer.DECLINED:
        return "declined" if drawn.answered_at else "silent"
    if drawn.seat is not None and drawn.seat.taken_at is not None:
        return "joined"
    if drawn.answer == Answer.ACCEPTED:
        return "accepted"
    return "invited" if drawn.seat is not None else "drawn"


_STATES: Final[dict[str, Promise]] = {
    "joined": _("Has taken the seat"),
    "accepted": _("Comes"),
    "declined": _("Cannot come"),
    "silent": _("Gave no answer in time"),
    "invited": _("Invited, no answer yet"),
    "drawn": _("Drawn, not invited yet"),
}


def _letters(people: QuerySet[DrawnMember]) -> dict[int, str]:
    """Contact → state of the newest letter, in words."""
    from_contacts = people.exclude(member__contact=None).values("member__contact")
    found: dict[int, str] = {}
    for letter in Outgoing.objects.filter(contact__in=from_contacts).order_by("pk"):
        found[letter.contact_id or 0] = str(letter.get_state_display())
    return found


def has_public_lottery(deliberation: Deliberation) -> bool:
    """Whether anyone may read about a lottery: people can sign up, or a pool was fixed."""
    public = Q(sign_up=True) | Q(frozen_at__isnull=False)
    return Pool.objects.filter(public, panel__deliberation=deliberation).exists()

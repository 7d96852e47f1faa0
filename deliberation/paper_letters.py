"""Letters on paper, for people whom no e-mail reaches: the same words as in the e-mail.

Links stand as a square for the camera, and as an address to type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import reverse

from deliberation.letter_texts import Wording, filled, wording
from deliberation.links import absolute
from deliberation.models import Contact, PoolMember, Round, Seat
from deliberation.models.recruiting import Answer, MailKind
from deliberation.print_sheets import Slip, to_type
from deliberation.seat_letters import seat_link, stop_token
from deliberation.services.pools import member_token
from deliberation.services.recruiting import seat_link_token


@dataclass(frozen=True, slots=True)
class PaperLetter:
    """One letter. ``kind`` is that of the e-mail it stands for.

    subject, text : the words between greeting and link, as the organisers or we wrote them
    slip          : the link to answer or to sit down; None where there is nothing to answer
    ending        : the address, to be typed, at which the reader ends the letters
    """

    person: Contact
    kind: str
    subject: str
    text: str
    slip: Slip | None
    ending: str

    @property
    def lottery(self) -> bool:
        """Whether it tells of a lot that was drawn."""
        return self.kind in (MailKind.DRAWN, MailKind.NOT_DRAWN)


def invited(round: Round, people: Iterable[Contact], request: HttpRequest) -> list[PaperLetter]:
    """A letter for each of these people with a seat (``services.recruiting.on_paper``).

    Who was drawn by lot and has not answered is asked; the others get the link to their seat.
    People whose link cannot be used any more are left out.
    """
    words, slug = _words(round), round.deliberation.slug
    letters = []
    for person in people:
        seat = person.seat
        if seat is None or seat_link(seat) is None:
            continue
        member = _asked(seat)
        kind = MailKind.SEAT if member is None else MailKind.DRAWN
        if member is None:
            path = reverse("seat", args=[slug, seat_link_token(seat)])
            ending = reverse("stop_letters", args=[stop_token(person.pk)])
        else:
            token = member_token(member.pool_id, member.number)
            path = reverse("answer", args=[slug, token])
            ending = reverse("sign_up_link", args=[slug, token])
        said = words(kind, person.language)
        slip = Slip(seat.number, absolute(path, request))
        typed = to_type(absolute(ending, request))
        letters.append(PaperLetter(person, kind, said.subject, said.text, slip, typed))
    return letters


def not_drawn(round: Round, people: Iterable[Contact], request: HttpRequest) -> list[PaperLetter]:
    """A letter for each of these people of a pool (``services.draws.thanked_on_paper``)."""
    words, kind = _words(round), MailKind.NOT_DRAWN
    letters = []
    for person in people:
        token = member_token(person.pool_member.pool_id, person.pool_member.number)
        leaving = reverse("sign_up_link", args=[round.deliberation.slug, token])
        said, typed = words(kind, person.language), to_type(absolute(leaving, request))
        letters.append(PaperLetter(person, kind, said.subject, said.text, None, typed))
    return letters


def _asked(seat: Seat) -> PoolMember | None:
    """Who sits here by lot and has not said yet whether they come."""
    drawn = getattr(seat, "drawn_member", None)
    return drawn.member if drawn is not None and drawn.answer == Answer.OPEN else None


def _words(round: Round) -> Callable[[str, str], Wording]:
    """Kind and language → the words of a letter, each looked up once."""

    @cache
    def found(kind: str, language: str) -> Wording:
        return filled(wording(round.deliberation, kind, language), round)

    return found

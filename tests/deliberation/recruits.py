"""What tests of recruiting share: contacts on a list, and a deliberation they are invited to."""

from __future__ import annotations

from deliberation.models import Contact, Deliberation, Seat
from deliberation.services.contacts import NewContact, add_contacts
from deliberation.services.panels import take_seat
from deliberation.services.recruiting import invite_all, seat_link_token
from deliberation.services.rounds import consent_hash
from tests.factories import the_round


def person(n: int | str, **changes: str) -> NewContact:
    """Someone with an address of their own."""
    line = n if isinstance(n, int) else 2
    wanted = {"email": f"p{n}@example.org", "name": f"Person {n}"}
    return NewContact(line=line, **({"reference": "", "language": "en"} | wanted | changes))


def listed(deliberation: Deliberation, *people: NewContact) -> list[Contact]:
    """These people as contacts; three of them if none are named."""
    wanted = people or tuple(person(n) for n in range(1, 4))
    add_contacts(deliberation=deliberation, people=wanted, actor=None)
    return list(Contact.objects.filter(panel=deliberation.panel).order_by("pk"))


def invited(deliberation: Deliberation, *people: NewContact) -> list[Contact]:
    """These people with seats and letters that wait."""
    listed(deliberation, *people)
    invite_all(deliberation=deliberation, actor=None)
    return list(Contact.objects.filter(panel=deliberation.panel).order_by("pk"))


def sit_down(contact: Contact) -> None:
    """Take the seat by the link of the letter."""
    seat = Seat.objects.get(contact=contact)
    deliberation = seat.panel.deliberation
    take_seat(
        deliberation=deliberation,
        token=seat_link_token(seat),
        consent_hash=consent_hash(the_round(deliberation)),
    )

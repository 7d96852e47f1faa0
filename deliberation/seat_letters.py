"""The letters that bring someone their seat link, and the link that ends them."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from deliberation.letter_texts import wording, written
from deliberation.mailing import envelope
from deliberation.models import Contact, Outgoing, Participant, Seat
from deliberation.models.rounds import Phase
from deliberation.services.recruiting import seat_link_token
from deliberation.services.tokens import computed_token, refuse_sample, token_hash


def seat_letter(outgoing: Outgoing) -> EmailMessage | None:
    """The seat link of an invited contact. None once they are here or the seat was given up."""
    return _letter(outgoing)


def reminder(outgoing: Outgoing) -> EmailMessage | None:
    """The same link once more, for who has not come yet."""
    return _letter(outgoing)


def seat_link(seat: Seat) -> str | None:
    """The whole address of a contact's seat link; None if it cannot be used.

    It cannot if the seat was revoked, if someone used the link, or if it was made by chance and
    is not known any more.
    """
    token = seat_link_token(seat)
    if seat.revoked_at or seat.taken_at or seat.token_hash is None:
        return None
    if not hmac.compare_digest(token_hash(token), bytes(seat.token_hash)):
        return None
    slug = seat.panel.deliberation.slug
    return str(settings.MAIL_LINKS) + reverse("seat", args=[slug, token])


def ending(contact: Contact) -> str:
    """The address at which a contact says that they want no more letters."""
    return str(settings.MAIL_LINKS) + reverse("stop_letters", args=[stop_token(contact.pk)])


def stop_token(contact_id: int) -> str:
    """The secret in that address: it names the contact and proves that we wrote it."""
    return f"{contact_id}-{computed_token('stop', contact_id)}"


def contact_of(token: str) -> Contact | None:
    """Whose letters this link ends; None if it is not ours, or the contact was deleted.

    Raises Gone for the link of a sample.
    """
    refuse_sample(token)
    pk, _dash, _secret = token.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    if not hmac.compare_digest(token.encode(), stop_token(int(pk)).encode()):
        return None
    return Contact.objects.select_related("panel__deliberation").filter(pk=int(pk)).first()


def _letter(outgoing: Outgoing) -> EmailMessage | None:
    contact = outgoing.contact
    seat = contact.seat if contact else None
    if contact is None or seat is None or not contact.email or contact.no_letters_at:
        return None
    round = outgoing.deliberation.rounds.latest("number")
    link = seat_link(seat)
    if link is None or round.phase == Phase.CLOSED:
        return None
    # Their old device was lost: the new link leads back to the same votes.
    again = Participant.objects.filter(seat=seat).exists()
    words = wording(outgoing.deliberation, outgoing.kind, contact.language, again=again)
    around = {"name": contact.name, "link": link, "ending": ending(contact)}
    letter = written(outgoing.kind, contact.language, words, context=around, round=round)
    return envelope(
        outgoing,
        to=contact.email,
        language=contact.language,
        subject=letter.subject,
        body=letter.text,
        ending=around["ending"],
    )

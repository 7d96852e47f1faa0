"""The letters that bring someone their seat link, and the link that ends them."""

from __future__ import annotations

import hmac
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.mailing import compose
from deliberation.models import Contact, Outgoing, Participant, Round, Seat
from deliberation.models.rounds import Phase
from deliberation.services.recruiting import seat_link_token
from deliberation.services.tokens import computed_token, token_hash

_INVITED: Final = _("Your seat on a panel")
_REMINDED: Final = _("Your seat is still free")


def seat_letter(outgoing: Outgoing) -> EmailMessage | None:
    """The seat link of an invited contact. None once they are here or the seat was given up."""
    return _letter(outgoing, _INVITED, "seat.txt")


def reminder(outgoing: Outgoing) -> EmailMessage | None:
    """The same link once more, for who has not come yet."""
    return _letter(outgoing, _REMINDED, "reminder.txt")


def sample_letter(round: Round, language: str) -> str:
    """What the first letter says, with a name and a link that are made up."""
    deliberation = round.deliberation
    here = str(settings.MAIL_LINKS)
    context = {
        "deliberation": deliberation,
        "round": round,
        "site": here,
        "name": "…",
        "link": here + reverse("seat", args=[deliberation.slug, "…"]).replace("%E2%80%A6", "…"),
        "ending": here + reverse("stop_letters", args=["…"]).replace("%E2%80%A6", "…"),
    }
    with translation.override(language):
        return render_to_string("mail/seat.txt", context).strip()


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
    """Whose letters this link ends; None if it is not ours, or the contact was deleted."""
    pk, _dash, _secret = token.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    if not hmac.compare_digest(token.encode(), stop_token(int(pk)).encode()):
        return None
    return Contact.objects.select_related("panel__deliberation").filter(pk=int(pk)).first()


def _letter(outgoing: Outgoing, subject: Promise, template: str) -> EmailMessage | None:
    contact = outgoing.contact
    seat = contact.seat if contact else None
    if contact is None or seat is None or not contact.email or contact.no_letters_at:
        return None
    round = outgoing.deliberation.rounds.latest("number")
    link = seat_link(seat)
    if link is None or round.phase == Phase.CLOSED:
        return None
    return compose(
        outgoing,
        to=contact.email,
        language=contact.language,
        subject=subject,
        template=template,
        context=_words(contact, seat, round, link),
        ending=ending(contact),
    )


def _words(contact: Contact, seat: Seat, round: Round, link: str) -> dict[str, Any]:
    return {
        "name": contact.name,
        "round": round,
        "link": link,
        # Their old device was lost: the new link leads back to the same votes.
        "again": Participant.objects.filter(seat=seat).exists(),
    }

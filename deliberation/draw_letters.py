"""Letters of a lottery, as plain text in the reader's language. Services say who gets one."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deliberation.letter_texts import wording, written
from deliberation.mailing import compose, envelope
from deliberation.models import Contact, DrawnMember, Outgoing, PoolMember
from deliberation.models.recruiting import Answer, MailKind
from deliberation.services.pools import member_token


def drawn(outgoing: Outgoing) -> EmailMessage | None:
    """You were drawn: will you come? None once they have answered."""
    member = _member(outgoing)
    waiting = DrawnMember.objects.filter(member=member, answer=Answer.OPEN)
    if member is None or not waiting.exists():
        return None
    return _letter(outgoing, member)


def not_drawn(outgoing: Outgoing) -> EmailMessage | None:
    """You were not drawn. None for someone whom a replacement draw has found meanwhile."""
    member = _member(outgoing)
    if member is None or DrawnMember.objects.filter(member=member).exists():
        return None
    return _letter(outgoing, member)


def confirm(outgoing: Outgoing) -> EmailMessage | None:
    """Is this your address? Also for people who confirmed before and signed up again."""
    member = _member(outgoing)
    if member is None or (member.confirmed_at is None and member.pool.frozen_at):
        return None
    contact = _reader(outgoing)
    if contact is None:
        return None
    around = _around(outgoing, contact, member)
    return compose(
        outgoing,
        to=contact.email,
        language=contact.language,
        subject=_("Please confirm that you want to be in the lottery"),
        template="confirm.txt",
        context=around | {"member": member, "round": outgoing.deliberation.rounds.latest("number")},
        ending=around["ending"],
    )


def _member(outgoing: Outgoing) -> PoolMember | None:
    """The person in the pool whom it is for, unless they have left."""
    of_contact = PoolMember.objects.select_related("pool")
    return of_contact.filter(contact=outgoing.contact_id, withdrawn_at=None).first()


def _reader(outgoing: Outgoing) -> Contact | None:
    """Whom it goes to, unless there is no address or they want no letters."""
    contact = outgoing.contact
    return contact if contact and contact.email and contact.no_letters_at is None else None


def _letter(outgoing: Outgoing, member: PoolMember) -> EmailMessage | None:
    contact = _reader(outgoing)
    if contact is None:
        return None
    round = outgoing.deliberation.rounds.latest("number")
    words = wording(outgoing.deliberation, outgoing.kind, contact.language)
    around = _around(outgoing, contact, member)
    letter = written(outgoing.kind, contact.language, words, context=around, round=round)
    return envelope(
        outgoing,
        to=contact.email,
        language=contact.language,
        subject=letter.subject,
        body=letter.text,
        ending=around["ending"],
    )


def _around(outgoing: Outgoing, contact: Contact, member: PoolMember) -> dict[str, str]:
    """Name and links: where to answer or confirm, where to leave, how the lot was drawn."""
    slug, site = outgoing.deliberation.slug, str(settings.MAIL_LINKS)
    own = [slug, member_token(member.pool_id, member.number)]
    leaving = site + reverse("sign_up_link", args=own)
    answering = site + reverse("answer", args=own)
    return {
        "name": contact.name,
        "link": answering if outgoing.kind == MailKind.DRAWN else leaving,
        "lottery": site + reverse("lottery", args=[slug]),
        "ending": leaving,
    }

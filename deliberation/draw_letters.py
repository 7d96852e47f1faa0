"""Letters of a lottery, as plain text in the reader's language. Services say who gets one."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.mailing import compose
from deliberation.models import DrawnMember, Outgoing, PoolMember
from deliberation.models.recruiting import Answer
from deliberation.services.pools import member_token

_SUBJECTS: Final[dict[str, Promise]] = {
    "drawn": _("You were drawn by lot"),
    "not_drawn": _("You were not drawn this time"),
    "confirm": _("Please confirm that you want to be in the lottery"),
}


def drawn(outgoing: Outgoing) -> EmailMessage | None:
    """You were drawn: will you come? None once they have answered."""
    member = _member(outgoing)
    found = DrawnMember.objects.filter(member=member, answer=Answer.OPEN).select_related("draw")
    draw = found.first()
    if member is None or draw is None:
        return None
    return _letter(outgoing, member, "drawn", draw=draw.draw)


def not_drawn(outgoing: Outgoing) -> EmailMessage | None:
    """You were not drawn. None for someone whom a replacement draw has found meanwhile."""
    member = _member(outgoing)
    if member is None or DrawnMember.objects.filter(member=member).exists():
        return None
    return _letter(outgoing, member, "not_drawn")


def confirm(outgoing: Outgoing) -> EmailMessage | None:
    """Is this your address? Also for people who confirmed before and signed up again."""
    member = _member(outgoing)
    if member is None or (member.confirmed_at is None and member.pool.frozen_at):
        return None
    return _letter(outgoing, member, "confirm")


def _member(outgoing: Outgoing) -> PoolMember | None:
    """The person in the pool whom it is for, unless they have left."""
    of_contact = PoolMember.objects.select_related("pool")
    return of_contact.filter(contact=outgoing.contact_id, withdrawn_at=None).first()


def _letter(
    outgoing: Outgoing, member: PoolMember, kind: str, **more: object
) -> EmailMessage | None:
    contact, slug = outgoing.contact, outgoing.deliberation.slug
    if contact is None or not contact.email or contact.no_letters_at:
        return None
    own = [slug, member_token(member.pool_id, member.number)]
    site = str(settings.MAIL_LINKS)
    leaving = site + reverse("sign_up_link", args=own)
    context = {
        "name": contact.name,
        "round": outgoing.deliberation.rounds.latest("number"),
        "member": member,
        "link": site + reverse("answer" if kind == "drawn" else "sign_up_link", args=own),
        "lottery": site + reverse("lottery", args=[slug]),
    }
    return compose(
        outgoing,
        to=contact.email,
        language=contact.language,
        subject=_SUBJECTS[kind],
        template=f"{kind}.txt",
        context=context | more,
        ending=leaving,
    )

"""People put their own name into the pool of a lottery, and confirm their address by a letter.

Whoever holds the link of the letter may confirm, and leave again. Signing up twice is once.
What comes back to the browser never says whether an address was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliberation.models import Contact, DrawnMember, Pool, PoolMember
from deliberation.models.recruiting import MailKind, PoolSource

from . import limits, locks
from .draws import answer
from .errors import Gone, WrongPhase
from .outbox import enqueue
from .pools import find_member, member_token, next_number
from .tokens import token_hash

# From one network, where many may sit together; and letters to one address.
SIGN_UP: Final = limits.Limit("pool-sign-up", every=5, burst=60)
NOT_ON_THE_LIST: Final = _("This link is not valid, or your name was taken off the list.")
_LETTERS: Final = limits.Limit("pool-sign-up-mail", every=3600, burst=3)


def taking(pool: Pool) -> bool:
    """Whether people can sign up now."""
    ended = pool.sign_up_ends_at is not None and pool.sign_up_ends_at <= timezone.now()
    return pool.sign_up and not pool.frozen_at and not ended


def sign_up(*, pool: Pool, email: str, language: str, values: Mapping[str, str]) -> None:
    """Note the person and send a letter to confirm it.

    Someone who has confirmed stays as they are and gets the letter again, by which they can
    leave. Someone who sits on the panel already gets none. Raises WrongPhase and TooMany.
    """
    email = email.lower()
    limits.take(_LETTERS, f"{pool.pk}.{email}")
    deliberation = pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        pool = Pool.objects.select_related("panel").get(pk=pool.pk)
        if not taking(pool):
            raise WrongPhase(_("Signing up has ended."))
        contact, _made = Contact.objects.get_or_create(
            panel=pool.panel, email=email, defaults={"language": language}
        )
        if contact.seat_id is not None:
            return
        _keep(pool, contact, values)
        enqueue(kind=MailKind.CONFIRM, deliberation=deliberation, contact=contact)


def confirm(*, pool: Pool, token: str) -> PoolMember:
    """The address is right: from now on this person can be drawn. Twice does no harm.

    Raises Gone for an unknown link, WrongPhase if the pool was fixed before.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, pool.panel.deliberation_id)
        member = find_member(pool, token)
        if member is None or member.withdrawn_at is not None:
            raise Gone(NOT_ON_THE_LIST)
        if member.confirmed_at is None:
            if member.pool.frozen_at is not None:
                raise WrongPhase(_("The list was closed before you confirmed. We are sorry."))
            member.confirmed_at = timezone.now()
            member.save(update_fields=["confirmed_at"])
    return member


def leave(*, member: PoolMember) -> None:
    """Someone wants out: their address is deleted at once, and they are not drawn.

    Before the pool is fixed nothing of them is left. Afterwards a number and values stay, since
    the fingerprint speaks of them. Who was drawn and has not sat down gives the place up.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, member.pool.panel.deliberation_id)
        member = PoolMember.objects.select_related("pool", "contact").get(pk=member.pk)
        drawn = DrawnMember.objects.filter(member=member).select_related("seat").first()
        if drawn is not None and not (drawn.seat and drawn.seat.taken_at):
            answer(drawn=drawn, comes=False)
        contact = member.contact
        if member.pool.frozen_at is None:
            member.delete()
        else:
            member.withdrawn_at, member.contact = timezone.now(), None
            member.save(update_fields=["withdrawn_at", "contact"])
        if contact is not None:
            contact.delete()


def _keep(pool: Pool, contact: Contact, values: Mapping[str, str]) -> PoolMember:
    member = PoolMember.objects.filter(contact=contact).first()
    if member is None:
        number = next_number(pool)
        return PoolMember.objects.create(
            pool=pool,
            number=number,
            contact=contact,
            source=PoolSource.SIGN_UP,
            values=dict(values),
            token_hash=token_hash(member_token(pool.pk, number)),
        )
    if member.confirmed_at is None:
        member.values = dict(values)
        member.save(update_fields=["values"])
    return member

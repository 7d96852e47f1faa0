"""People are asked by e-mail to work on a deliberation.

The secret in the link is computed from the secret key, the address and the moment the invitation
runs out; the database keeps its hash. Sending again sets a new moment and so a new link: the
link before stops working. A link never signs anyone in who has an account already, since an
owner may have seen it (services/outbox.py sends no letters where none can be sent).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, MemberInvitation, Membership, User
from deliberation.models.recruiting import MailKind

from .audit import record
from .errors import Gone, Invalid, NotAllowed, WrongPhase
from .members import hold_members
from .outbox import enqueue
from .subscriptions import mail_offered
from .tokens import token_hash

VALID_FOR: Final = timedelta(days=14)
MOST_WAITING: Final = 50


def invite_member(
    *, deliberation: Deliberation, email: str, role: str, language: str, actor: User
) -> MemberInvitation:
    """Ask someone to take a role; the letter goes out when the transaction ends.

    Raises Invalid(field "email") for someone who works here or was asked already.
    """
    email = email.strip().lower()
    with transaction.atomic():
        hold_members(deliberation)
        _refuse_known(deliberation, email)
        invitation = MemberInvitation(
            deliberation=deliberation, email=email, role=role, language=language, invited_by=actor
        )
        _renew(invitation)
        record(
            deliberation=deliberation,
            actor=actor,
            action="member.invited",
            subject=f"invitation {invitation.pk}",
            role=role,
        )
    return invitation


def send_again(*, invitation: MemberInvitation, actor: User) -> MemberInvitation:
    """A new letter with a new link, for another 14 days. The link before stops working.

    Raises WrongPhase if the invitation was accepted or withdrawn.
    """
    with transaction.atomic():
        held = _waiting(invitation)
        _renew(held)
        record(
            deliberation=held.deliberation,
            actor=actor,
            action="member.invited_again",
            subject=f"invitation {held.pk}",
        )
    return held


def withdraw_invitation(*, invitation: MemberInvitation, actor: User) -> None:
    """Forget the invitation and the address. Raises WrongPhase if it was accepted or is gone."""
    with transaction.atomic():
        held = _waiting(invitation)
        number = held.pk
        held.delete()
        record(
            deliberation=held.deliberation,
            actor=actor,
            action="member.invitation_withdrawn",
            subject=f"invitation {number}",
            role=held.role,
        )


def find_invitation(token: str) -> MemberInvitation | None:
    """The invitation that this link accepts, if it could still be accepted."""
    found = MemberInvitation.objects.select_related("deliberation", "invited_by")
    return found.filter(
        token_hash=token_hash(token), accepted_at=None, expires_at__gt=timezone.now()
    ).first()


def account_of(invitation: MemberInvitation) -> User | None:
    """Who signs in with the invited address already."""
    return User.objects.filter(email=invitation.email).first()


def accept(*, token: str, user: User | None) -> tuple[User, Deliberation]:
    """Take the role. Without an account one is made; whoever has one must be signed in with it.

    user : who is signed in, None for nobody. Who has another role here already keeps it.
    Raises Gone for a link that cannot be used, NotAllowed for another account than the invited.
    """
    found = find_invitation(token)
    if found is None:
        raise gone()
    with transaction.atomic():
        hold_members(found.deliberation)
        # Of two clicks at the same moment the second finds it accepted.
        invitation = find_invitation(token)
        if invitation is None:
            raise gone()
        account = account_of(invitation)
        if (account or user) and account != user:
            raise NotAllowed(_("This invitation is for another account. Sign in with that one."))
        return _take_role(invitation, account or _new_account(invitation)), found.deliberation


def gone() -> Gone:
    return Gone(
        _(
            "This invitation was used, was withdrawn or has run out. Ask the person who sent it "
            "to send it again. If you have accepted it before, sign in."
        )
    )


def invitation_token(invitation: MemberInvitation) -> str:
    """The secret in the link: 128 bits, the same in every copy of one letter."""
    runs_out = invitation.expires_at.astimezone(UTC).isoformat()
    words = f"folkmoot.member.{invitation.deliberation_id}.{invitation.email}.{runs_out}"
    digest = hmac.digest(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _refuse_known(deliberation: Deliberation, email: str) -> None:
    if Membership.objects.filter(deliberation=deliberation, user__email=email).exists():
        raise Invalid(_("This person works here already. Change their role above."), field="email")
    waiting = MemberInvitation.objects.filter(deliberation=deliberation, accepted_at=None)
    if waiting.filter(email=email).exists():
        raise Invalid(_("This person was asked already. You can send it again."), field="email")
    if waiting.count() >= MOST_WAITING:
        raise Invalid(_("Too many invitations wait for an answer. Withdraw some."), field="email")


def _renew(invitation: MemberInvitation) -> None:
    """A new link for 14 days, and a letter that carries it."""
    invitation.expires_at = timezone.now() + VALID_FOR
    invitation.token_hash = token_hash(invitation_token(invitation))
    invitation.save()
    if mail_offered():
        enqueue(
            kind=MailKind.MEMBER,
            deliberation=invitation.deliberation,
            member_invitation=invitation,
        )


def _waiting(invitation: MemberInvitation) -> MemberInvitation:
    hold_members(invitation.deliberation)
    found = MemberInvitation.objects.select_related("deliberation").filter(accepted_at=None)
    held = found.filter(pk=invitation.pk).first()
    if held is None:
        raise WrongPhase(_("This invitation was accepted or withdrawn in the meantime."))
    return held


def _new_account(invitation: MemberInvitation) -> User:
    """Whoever is asked to help may not begin deliberations of their own: the site decides that."""
    user = User.objects.create_user(invitation.email)
    user.may_create = False
    user.save(update_fields=["may_create"])
    return user


def _take_role(invitation: MemberInvitation, user: User) -> User:
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    membership, created = Membership.objects.get_or_create(
        deliberation=invitation.deliberation, user=user, defaults={"role": invitation.role}
    )
    if created:
        record(
            deliberation=invitation.deliberation,
            actor=user,
            action="member.joined",
            subject=f"member {membership.pk}",
            role=membership.role,
            invitation=invitation.pk,
        )
    return user

"""The letter that asks someone to work on a deliberation, in the language chosen for them."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliberation.mailing import compose
from deliberation.models import Outgoing
from deliberation.role_words import role_summary
from deliberation.services.member_invitations import invitation_token


def invitation(outgoing: Outgoing) -> EmailMessage | None:
    """The letter; None once the invitation was accepted or has run out."""
    asked = outgoing.member_invitation
    if asked is None or asked.accepted_at or asked.expires_at <= timezone.now():
        return None
    path = reverse("accept_membership", args=[invitation_token(asked)])
    return compose(
        outgoing,
        to=asked.email,
        language=asked.language,
        subject=_("You are asked to help"),
        template="member.txt",
        context={
            "invitation": asked,
            "summary": role_summary(asked.role),
            "link": settings.MAIL_LINKS + path,
        },
    )

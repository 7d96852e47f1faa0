"""One-time sign-in links for people who organise."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from deliberation.messages import hint
from deliberation.models import SignInLink, User

from .tokens import new_token, token_hash

MAIL_LINK: Final = "deliberation.mail_sign_in_link"


def ask_for_link(*, email: str, language: str) -> None:
    """Have a sign-in link mailed to this address, if someone works here by it.

    A worker makes and sends it, so that how long an answer takes tells nobody who is known. A
    message that is lost costs a second request.
    """
    if not hint(MAIL_LINK, [email, language]):
        mail_link(email=email, language=language)


def mail_link(*, email: str, language: str) -> bool:
    """Make a link and send it; False if the address is unknown."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        return False
    address = settings.MAIL_LINKS + reverse("sign_in_link", args=[create_sign_in_link(user=user)])
    with translation.override(language):
        letter = EmailMessage(
            subject=_("Your link to sign in"),
            body=render_to_string("mail/sign_in.txt", {"address": address}),
            to=[user.email],
            headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
        )
    letter.send()
    return True


def create_sign_in_link(*, user: User, hours: int = 24) -> str:
    """A secret for /sign-in/<token>/ that works once within ``hours``."""
    token = new_token()
    SignInLink.objects.create(
        user=user,
        token_hash=token_hash(token),
        expires_at=timezone.now() + timedelta(hours=hours),
    )
    return token


def find_sign_in_link(token: str) -> SignInLink | None:
    """The link, if it could still be used."""
    return (
        SignInLink.objects.select_related("user")
        .filter(
            token_hash=token_hash(token),
            used_at=None,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )


def use_sign_in_link(token: str) -> User | None:
    """The user of the link, once; None if it was used, has expired or never was."""
    link = find_sign_in_link(token)
    if link is None:
        return None
    # Compare-and-set: of two clicks at the same moment one wins.
    won = SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    return link.user if won else None

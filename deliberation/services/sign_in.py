"""One-time sign-in links for people who organise."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from deliberation.models import SignInLink, User

from .tokens import new_token, token_hash


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

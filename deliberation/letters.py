"""Letters about the next step, as plain text in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Notice, Subscription
from deliberation.models.contacts import Moment

_SUBJECTS: Final[dict[str, Promise]] = {
    Moment.OPENED: _("Voting has begun"),
    Moment.VOTE: _("No more new statements: you can vote on all of them now"),
    Moment.CLOSED: _("Voting has ended: the report"),
    Moment.REOPENED: _("Voting was opened again"),
    Moment.PUBLISHED: _("The constitution is published"),
}


def letter(notice: Notice, subscription: Subscription, token: str) -> EmailMessage:
    """The letter of one notice. ``token`` is the secret of the link that ends the letters."""
    context = {"round": notice.round}
    return _message(notice, subscription, token, _SUBJECTS[notice.moment], notice.moment, context)


def question(
    notice: Notice, subscription: Subscription, *, ending: str, confirming: str, until: datetime
) -> EmailMessage:
    """Is this your address? The first letter, and the only one before somebody says yes.

    ending, confirming : the secrets of two links. until : when the second one expires.
    """
    deliberation = notice.round.deliberation
    link = reverse("confirm_letters", args=[deliberation.slug, confirming])
    context = {
        "round": deliberation.rounds.latest("number"),
        "confirming": settings.MAIL_LINKS + link,
        "until": until,
    }
    subject = _("Please confirm your e-mail address")
    return _message(notice, subscription, ending, subject, "confirm_address", context)


def _message(
    notice: Notice,
    subscription: Subscription,
    token: str,
    subject: Promise,
    template: str,
    context: Mapping[str, object],
) -> EmailMessage:
    """The headers let mail programs show a button that ends the letters (RFC 8058)."""
    deliberation = notice.round.deliberation
    ending = settings.MAIL_LINKS + reverse("unsubscribe", args=[token])
    words = {"deliberation": deliberation, "site": settings.MAIL_LINKS, "ending": ending}
    with translation.override(subscription.language):
        title = f"{subject} – {deliberation.title}"
        body = render_to_string(f"mail/{template}.txt", {**words, **context})
    return EmailMessage(
        subject=" ".join(title.split()),
        body=body,
        to=[subscription.email],
        headers={
            "Message-ID": f"<folkmoot-notice-{notice.pk}@{_host()}>",
            "List-Unsubscribe": f"<{ending}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Content-Language": subscription.language,
        },
    )


def _host() -> str:
    return urlsplit(settings.MAIL_LINKS).hostname or "localhost"

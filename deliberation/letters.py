"""Letters about the next step, as plain text in the reader's language."""

from __future__ import annotations

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
    """The letter of one notice. ``token`` is the secret of the link that ends the letters.

    The headers let mail programs show a button that ends them (RFC 8058).
    """
    deliberation = notice.round.deliberation
    ending = settings.MAIL_LINKS + reverse("unsubscribe", args=[token])
    context = {
        "deliberation": deliberation,
        "round": notice.round,
        "site": settings.MAIL_LINKS,
        "ending": ending,
    }
    with translation.override(subscription.language):
        subject = f"{_SUBJECTS[notice.moment]} – {deliberation.title}"
        body = render_to_string(f"mail/{notice.moment}.txt", context)
    return EmailMessage(
        subject=" ".join(subject.split()),
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

"""Letters to look at: the whole of one, with a name and links that are made up."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from deliberation.letter_texts import Wording, wording, written
from deliberation.models import Round
from deliberation.models.recruiting import MailKind
from deliberation.services.tokens import SAMPLE

_MADE_UP = "…"


def sample_letter(
    round: Round, kind: str, language: str, words: Wording | None = None, *, secret: str = _MADE_UP
) -> Wording:
    """The subject and the body of a letter as it arrives.

    words  : instead of what is sent at the moment, with places to fill.
    secret : what stands in the links where each reader has a secret of their own.
    """
    said = words or wording(round.deliberation, kind, language)
    links = _links(round.deliberation.slug, kind, secret)
    return written(kind, language, said, context={"name": _MADE_UP, **links}, round=round)


def sample_mail(round: Round, kind: str, language: str, words: Wording, *, to: str) -> EmailMessage:
    """The same as an e-mail. It says that it is a sample, in the language that is active."""
    letter = sample_letter(round, kind, language, words, secret=SAMPLE)
    told = _("This is a sample, sent to you to look at. Its links lead nowhere.")
    return EmailMessage(
        subject=letter.subject,
        body=f"{told}\n\n* * *\n\n{letter.text}",
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
    )


def _links(slug: str, kind: str, secret: str) -> dict[str, str]:
    if kind in (MailKind.SEAT, MailKind.REMINDER):
        return {
            "link": _address("seat", slug, secret),
            "ending": _address("stop_letters", secret),
        }
    leaving = _address("sign_up_link", slug, secret)
    return {
        "link": _address("answer", slug, secret) if kind == MailKind.DRAWN else leaving,
        "lottery": _address("lottery", slug),
        "ending": leaving,
    }


def _address(name: str, *words: str) -> str:
    """The whole address, its dots as people read them."""
    return str(settings.MAIL_LINKS) + reverse(name, args=words).replace("%E2%80%A6", _MADE_UP)

"""How a letter from the outbox is put together: plain text, in the reader's language."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise

from deliberation.models import Outgoing

_MESSAGE_ID: Final = re.compile(r"folkmoot-mail-(\d{1,18})-([0-9a-f]{16})@")


def compose(
    outgoing: Outgoing,
    *,
    to: str,
    language: str,
    subject: str | Promise,
    template: str,
    context: Mapping[str, Any],
    ending: str = "",
) -> EmailMessage:
    """A letter. ``template`` is below templates/mail/ and gets ``deliberation`` and ``site``, too.

    subject : lazy, so that it is in the reader's language as well.
    ending  : the whole address at which the reader ends the letters; mail programs show a button
              for it (RFC 8058).
    """
    deliberation = outgoing.deliberation
    words = {"deliberation": deliberation, "site": settings.MAIL_LINKS, "ending": ending, **context}
    with translation.override(language):
        title = f"{subject} – {deliberation.title}"
        body = render_to_string(f"mail/{template}", words)
    return envelope(outgoing, to=to, language=language, subject=title, body=body, ending=ending)


def envelope(
    outgoing: Outgoing, *, to: str, language: str, subject: str, body: str, ending: str = ""
) -> EmailMessage:
    """A letter whose words are written already. ``ending`` is as above."""
    headers = {
        "Message-ID": message_id(outgoing),
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
    }
    if ending:
        headers |= {
            "List-Unsubscribe": f"<{ending}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return EmailMessage(subject=" ".join(subject.split()), body=body, to=[to], headers=headers)


def message_id(outgoing: Outgoing) -> str:
    """The same for every copy of a letter, and not to be guessed, as bounces are known by it."""
    return f"<folkmoot-mail-{outgoing.pk}-{_seal(outgoing.pk)}@{_host()}>"


def read_message_id(text: str) -> int | None:
    """The primary key of the letter whose Message-ID stands somewhere in this text."""
    for pk, seal in _MESSAGE_ID.findall(text):
        if hmac.compare_digest(seal, _seal(int(pk))):
            return int(pk)
    return None


def _seal(pk: int) -> str:
    words = f"folkmoot.outgoing.{pk}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256)[:8].hex()


def _host() -> str:
    return urlsplit(settings.MAIL_LINKS).hostname or "localhost"

"""Organisers' own words for letters: stored, given up again, and sent to oneself to look at."""

from __future__ import annotations

from typing import Final

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from deliberation.letter_samples import sample_mail
from deliberation.letter_texts import LONGEST, Wording, check_places, languages_of, standard, tidy
from deliberation.messages import hint
from deliberation.models import Deliberation, LetterText, Round, User
from deliberation.texts import clean

from .audit import record
from .errors import Invalid

SEND_SAMPLE: Final = "deliberation.mail_letter_sample"

log = structlog.get_logger(__name__)


def save_letter_text(
    *,
    deliberation: Deliberation,
    kind: str,
    language: str,
    subject: str,
    text: str,
    actor: User | None,
) -> bool:
    """Letters that are sent from now on say this. Returns whether anything changed.

    Our own words, unchanged, are not stored: whoever sends them goes on getting ours.
    Raises Invalid with the field that does not hold.
    """
    if kind not in LetterText.KINDS or language not in languages_of(deliberation):
        raise Invalid(_("There is no such letter."))
    words = Wording(clean(subject), tidy(text))
    _check("subject", words.subject)
    _check("text", words.text)
    if words == standard(kind, language):
        return reset_letter_text(
            deliberation=deliberation, kind=kind, language=language, actor=actor
        )
    said = {"subject": words.subject, "text": words.text}
    with transaction.atomic():
        own, new = LetterText.objects.select_for_update().get_or_create(
            deliberation=deliberation, kind=kind, language=language, defaults=said
        )
        if not new and (own.subject, own.text) == (words.subject, words.text):
            return False
        own.subject, own.text = words.subject, words.text
        own.save()
        record(
            deliberation=deliberation,
            actor=actor,
            action="letter.reworded",
            subject=f"{kind}, {language}",
        )
    return True


def reset_letter_text(
    *, deliberation: Deliberation, kind: str, language: str, actor: User | None
) -> bool:
    """Back to our words. Returns whether there were own ones."""
    own = LetterText.objects.filter(deliberation=deliberation, kind=kind, language=language)
    with transaction.atomic():
        gone, _each = own.delete()
        if gone:
            record(
                deliberation=deliberation,
                actor=actor,
                action="letter.reset",
                subject=f"{kind}, {language}",
            )
    return bool(gone)


def ask_for_sample(
    *, round: Round, kind: str, language: str, subject: str, text: str, reader: User
) -> bool:
    """Have a letter with these words, stored or not, sent to one who works here.

    A worker sends it. False if that could not be asked for, nor the letter be sent at once.
    """
    args = (round.pk, kind, language, subject, text, reader.pk, get_language() or "en")
    return hint(SEND_SAMPLE, args) or send_sample(*args)


def send_sample(
    round_id: int,
    kind: str,
    language: str,
    subject: str,
    text: str,
    reader_id: int,
    readers_language: str,
) -> bool:
    """Send it; False if the mail server does not take it, or there is nobody to send it to."""
    round = Round.objects.select_related("deliberation").filter(pk=round_id).first()
    reader = User.objects.filter(pk=reader_id, is_active=True).first()
    if round is None or reader is None:
        return False
    words = Wording(subject, text)
    with translation.override(readers_language):
        letter = sample_mail(round, kind, language, words, to=reader.email)
    try:
        letter.send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        log.warning("sample.not_sent", kind=kind, error=type(error).__name__)
        return False
    return True


def _check(name: str, words: str) -> None:
    longest = LONGEST[name]
    if not words:
        raise Invalid(_("Write what the letter is to say."), field=name)
    if len(words) > longest:
        said = _("These words are too long. At most %(n)d characters.")
        raise Invalid(said % {"n": longest}, field=name)
    try:
        check_places(words)
    except Invalid as error:
        raise Invalid(error.message, field=name) from error

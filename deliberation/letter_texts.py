"""What letters to people on the list say: an organiser's own words, else the standard ones.

Only the subject and the middle part belong to the organiser. Greeting, links, dates and how to
end the letters stand in the templates around it (templates/mail/), so they cannot be lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Deliberation, LetterText, Round
from deliberation.models.recruiting import MailKind
from deliberation.services.errors import Invalid

# What may stand in braces inside the words, and is filled in when a letter is written.
PLACES: Final = ("title", "question")
# Characters, before places are filled; as the columns of LetterText.
LONGEST: Final = {"subject": 150, "text": 5_000}
# Nothing but a word in braces is looked at, and each once: str.format would reach into objects.
_PLACE: Final = re.compile(r"\{[^{}\n]*\}")

_SUBJECTS: Final[dict[str, Promise]] = {
    MailKind.SEAT: _("Your seat on a panel"),
    MailKind.REMINDER: _("Your seat is still free"),
    MailKind.DRAWN: _("You were drawn by lot"),
    MailKind.NOT_DRAWN: _("You were not drawn this time"),
}
# The letter around the words.
_AROUND: Final[dict[str, str]] = {
    MailKind.SEAT: "seat_letter.txt",
    MailKind.REMINDER: "seat_letter.txt",
    MailKind.DRAWN: "drawn.txt",
    MailKind.NOT_DRAWN: "not_drawn.txt",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The subject and the middle part of a letter, with places still to fill or filled."""

    subject: str
    text: str


def languages_of(deliberation: Deliberation) -> dict[str, str]:
    """Code → name of the languages that letters can be in, the deliberation's own first."""
    names = {str(code): str(name) for code, name in settings.LANGUAGES}
    own = deliberation.language
    return {own: names.get(own, own)} | names


def standard(kind: str, language: str, *, again: bool = False) -> Wording:
    """Our words, with places to fill. ``again`` is for who gets a new link to their seat."""
    name = "seat_again" if again and kind == MailKind.SEAT else kind
    with translation.override(language):
        text = render_to_string(f"mail/words/{name}.txt", {p: f"{{{p}}}" for p in PLACES})
        return Wording(f"{_SUBJECTS[kind]} – {{title}}", text.strip())


def wording(
    deliberation: Deliberation, kind: str, language: str, *, again: bool = False
) -> Wording:
    """What a letter in this language says, with places to fill.

    Nobody gets words in a language that is not theirs: where the organisers wrote none in it,
    ours are sent. Who gets a new link gets our words, too: the own ones invite.
    """
    own = None if again else _own(deliberation, kind).filter(language=language).first()
    if own is not None:
        return Wording(own.subject, own.text)
    return standard(kind, language, again=again)


def filled(words: Wording, round: Round) -> Wording:
    """The words with title and question in their places."""
    values = _values(round)
    subject = " ".join(_filled(words.subject, values).split())
    return Wording(subject, _filled(words.text, values))


def tidy(text: str) -> str:
    """Line ends as LF, no control characters, nothing behind the last word of a line."""
    kept = "".join(
        c if c == "\n" or unicodedata.category(c) != "Cc" else " "
        for c in unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    )
    return "\n".join(line.rstrip() for line in kept.split("\n")).strip()


def check_places(text: str) -> None:
    """Raises Invalid if something in braces cannot be filled."""
    known = {f"{{{name}}}" for name in PLACES}
    unknown = [place for place in _PLACE.findall(text) if place not in known]
    if unknown:
        words = _("“%(place)s” is not known. Only {title} and {question} are filled in.")
        raise Invalid(words % {"place": unknown[0][:60]})


def written(
    kind: str, language: str, words: Wording, *, context: Mapping[str, Any], round: Round
) -> Wording:
    """The whole letter around these words: its subject and its body.

    context : what the templates want besides: ``name``, ``link``, ``lottery``, ``ending``, …
    """
    said = filled(words, round)
    around = {
        "deliberation": round.deliberation,
        "round": round,
        "site": settings.MAIL_LINKS,
        "words": said.text,
    }
    with translation.override(language):
        body = render_to_string(f"mail/{_AROUND[kind]}", around | dict(context))
    # A rendered text is marked as safe HTML, which plain text is not; a stripped one is a string.
    return Wording(said.subject, body.strip() + "\n")


def _own(deliberation: Deliberation, kind: str) -> Any:
    return LetterText.objects.filter(deliberation=deliberation, kind=kind)


def _values(round: Round) -> dict[str, str]:
    return {"title": round.deliberation.title, "question": round.question}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values.get(found[0][1:-1], found[0]), text)

"""Which letters there are, in which languages, and whose words they have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.letter_samples import sample_letter
from deliberation.letter_texts import Wording, languages_of
from deliberation.models import LetterText, Round
from deliberation.models.recruiting import MailKind

_WHEN: Final[dict[str, Promise]] = {
    MailKind.SEAT: _("To everyone whom you invite from a list. It brings the link to their seat."),
    MailKind.REMINDER: _("To people who were invited and have not come yet."),
    MailKind.DRAWN: _("To people on whom the lot fell. It asks them whether they come."),
    MailKind.NOT_DRAWN: _(
        "To people in the pool who were not drawn, once you decide to tell them."
    ),
}


@dataclass(frozen=True)
class LetterLanguage:
    """One letter in one language. ``since`` is when own words were written, None for ours."""

    code: str
    name: str
    readers: int
    since: datetime | None


@dataclass(frozen=True)
class LetterKind:
    """One kind of letter. ``sample`` is how it arrives in the deliberation's language.

    near : the deliberation's language, and those that somebody reads or wrote words in.
    far  : the rest.
    """

    kind: str
    label: str
    when: str
    sample: Wording
    near: list[LetterLanguage]
    far: list[LetterLanguage]


def letter_kinds(round: Round) -> list[LetterKind]:
    """The four kinds, each with all languages, the deliberation's own first. Three queries and
    one for each sample."""
    deliberation = round.deliberation
    names = languages_of(deliberation)
    contacts = deliberation.panel.contacts.order_by().values_list("language")
    readers = dict(contacts.annotate(Count("pk")))
    own = {
        (kind, code): at
        for kind, code, at in LetterText.objects.filter(deliberation=deliberation).values_list(
            "kind", "language", "updated_at"
        )
    }
    return [
        _kind(
            round,
            kind,
            [
                LetterLanguage(code, name, readers.get(code, 0), own.get((kind.value, code)))
                for code, name in names.items()
            ],
        )
        for kind in LetterText.KINDS
    ]


def _kind(round: Round, kind: MailKind, rows: list[LetterLanguage]) -> LetterKind:
    here = round.deliberation.language
    near = [row for row in rows if row.code == here or row.readers or row.since]
    return LetterKind(
        kind=kind.value,
        label=str(kind.label),
        when=str(_WHEN[kind]),
        sample=sample_letter(round, kind.value, here),
        near=near,
        far=[row for row in rows if row not in near],
    )

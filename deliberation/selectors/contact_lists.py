"""A list that was looked at, line by line, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deliberation.postal import on_one_line
from deliberation.services.contacts import Review


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A line of a list and what becomes of it. ``state`` is "broken", "known" or "new"."""

    line: int
    state: str
    label: str
    column: str = ""
    message: str = ""
    email: str = ""
    name: str = ""
    postal_address: str = ""
    language: str = ""


def check_rows(review: Review) -> list[CheckRow]:
    """Broken lines first, since they need someone; then the others as they stand in the list."""
    broken = [
        CheckRow(p.line, "broken", _("Broken"), column=p.column, message=p.message)
        for p in review.problems
    ]
    labels = (
        (review.known, "known", _("There already"), _("Stays as it is.")),
        (review.new, "new", _("New"), ""),
    )
    good = [
        CheckRow(
            p.line,
            state,
            label,
            message=message,
            email=p.email,
            name=p.name or p.reference,
            postal_address=on_one_line(p.postal_address),
            language=p.language,
        )
        for people, state, label, message in labels
        for p in people
    ]
    return broken + sorted(good, key=lambda row: row.line)


def left_over(review: Review, shown: int) -> int:
    """How many lines a page that shows so many leaves out."""
    return max(0, len(review.problems) + len(review.known) + len(review.new) - shown)

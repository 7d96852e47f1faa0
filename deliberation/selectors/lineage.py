"""Where statements come from and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from deliberation.models import ModerationDecision, Round, Statement, StatementLineage
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.statements import LineageKind, Status

# Texts that were turned down for these reasons would do harm in a public log, or are no longer
# their author's wish.
WITHHELD: Final = (ReasonCode.PERSONAL_DATA, ReasonCode.ABUSIVE, ReasonCode.TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Relative:
    """A statement that another was made from, or that was made from it.

    text : None where it must not be repeated in public.
    """

    number: int
    text: str | None
    language: str
    shown: bool


@dataclass(frozen=True)
class Family:
    """What a statement comes from and what became of it; ``kind`` says how, "" if not at all."""

    came_from: list[Relative]
    from_kind: str
    became: list[Relative]
    into_kind: str

    def __bool__(self) -> bool:
        return bool(self.came_from or self.became)

    @property
    def from_words(self) -> str:
        """For example "Merged from 3, 7"; empty for a statement that comes from no other."""
        if not self.came_from:
            return ""
        return f"{LineageKind(self.from_kind).label} {_numbers(self.came_from)}"

    @property
    def into_words(self) -> str:
        """For example "Split into 12, 13"; empty for a statement that still speaks for itself."""
        if not self.became:
            return ""
        words = {
            LineageKind.REWORDED: _("Reworded as %(numbers)s"),
            LineageKind.SPLIT: _("Split into %(numbers)s"),
            LineageKind.MERGED: _("Merged into %(numbers)s"),
        }
        return words[LineageKind(self.into_kind)] % {"numbers": _numbers(self.became)}


NOBODY: Final = Family([], "", [], "")


def families(statements: Iterable[Statement]) -> dict[int, Family]:
    """Lineage both ways, by primary key; only statements that have any. Three queries at most."""
    keys = [one.pk for one in statements]
    up = list(_lines(child__in=keys))
    down = list(_lines(parent__in=keys))
    secret = withheld([*(line.parent for line in up), *(line.child for line in down)])
    found: dict[int, Family] = {}
    for key in {*(line.child_id for line in up), *(line.parent_id for line in down)} & set(keys):
        above = [line for line in up if line.child_id == key]
        below = [line for line in down if line.parent_id == key]
        found[key] = Family(
            came_from=[_relative(line.parent, secret) for line in above],
            from_kind=above[0].kind if above else "",
            became=[_relative(line.child, secret) for line in below],
            into_kind=below[0].kind if below else "",
        )
    return found


def family_of(round: Round, number: int) -> Family:
    """Lineage both ways of the statement with this public number."""
    found = list(Statement.objects.filter(round=round, number=number))
    return next(iter(families(found).values()), NOBODY)


def withheld(statements: Iterable[Statement]) -> set[int]:
    """Keys of statements whose text must not be repeated in public, now.

    Those not shown that were ever turned down for one of the reasons in ``WITHHELD``.
    """
    hidden = [one.pk for one in statements if one.status == Status.REJECTED]
    if not hidden:
        return set()
    harmful = ModerationDecision.objects.filter(
        statement__in=hidden, decision=Decision.REJECT, reason__in=WITHHELD
    )
    return set(harmful.values_list("statement_id", flat=True))


def _lines(**wanted: object) -> Iterable[StatementLineage]:
    found = StatementLineage.objects.filter(**wanted).select_related("child", "parent")
    return found.order_by("parent__number", "child__number")


def _relative(statement: Statement, secret: set[int]) -> Relative:
    return Relative(
        number=statement.number,
        text=None if statement.pk in secret else statement.text,
        language=statement.language,
        shown=statement.status == Status.ACCEPTED,
    )


def _numbers(relatives: Iterable[Relative]) -> str:
    return ", ".join(str(one.number) for one in relatives)

"""Where statements come from and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation.came_from import came_from_words
from deliberation.figures import listed
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
        """For example "Merged from statements 3, 7"; empty for one that comes from no other."""
        if not self.came_from:
            return ""
        return came_from_words(self.from_kind, _numbers(self.came_from))

    @property
    def into_words(self) -> str:
        """For example "Split into 12, 13"; empty for a statement that still speaks for itself."""
        return _became_words(self.into_kind, _numbers(self.became)) if self.became else ""


def _became_words(kind: str, numbers: str) -> str:
    words = {
        LineageKind.REWORDED: _("Reworded as %(numbers)s"),
        LineageKind.SPLIT: _("Split into %(numbers)s"),
        LineageKind.MERGED: _("Merged into %(numbers)s"),
    }
    return words[LineageKind(kind)] % {"numbers": numbers}


NOBODY: Final = Family([], "", [], "")


def families(statements: Iterable[Statement]) -> dict[int, Family]:
    """Lineage both ways, by primary key; only statements that have any. Three queries at most.

    Rewrites that were taken back are left out.
    """
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


@dataclass(frozen=True, slots=True)
class Past:
    """A rewrite as the log tells of it, taken back or not, from the side of one statement.

    others : the statements on the other side. came : it was made from them, else it became them.
    """

    kind: str
    others: list[int]
    came: bool
    at: datetime
    undone_at: datetime | None

    @property
    def words(self) -> str:
        """What was done, for example "Split into 12, 13"."""
        numbers = listed(self.others)
        return (came_from_words if self.came else _became_words)(self.kind, numbers)

    @property
    def undone_words(self) -> str:
        """What taking it back did."""
        n = len(self.others)
        if self.came:
            words = ngettext(
                "Statement %(numbers)s is as it was before.",
                "Statements %(numbers)s are as they were before.",
                n,
            )
        else:
            words = ngettext(
                "Statement %(numbers)s no longer replaces it.",
                "Statements %(numbers)s no longer replace it.",
                n,
            )
        return words % {"numbers": listed(self.others)}


def pasts(statements: Iterable[Statement]) -> dict[int, list[Past]]:
    """All rewrites that statements took part in, by primary key. Two queries.

    All that a rewrite made carries one time, that of its lines in the log.
    """
    keys = [one.pk for one in statements]
    found: dict[int, list[Past]] = {}
    for came, here, other in ((True, "child", "parent"), (False, "parent", "child")):
        lines = StatementLineage.objects.filter(**{f"{here}__in": keys})
        columns = (f"{here}_id", f"{other}__number", "kind", "child__created_at", "undone_at")
        for key, number, kind, at, undone_at in lines.order_by(f"{other}__number").values_list(
            *columns
        ):
            mine = found.setdefault(key, [])
            same = next((one for one in mine if (one.came, one.at) == (came, at)), None)
            if same is None:
                mine.append(same := Past(kind, [], came, at, undone_at))
            same.others.append(number)
    return found


def family_of(round: Round, number: int) -> Family:
    """Lineage both ways of the statement with this public number."""
    found = list(Statement.objects.filter(round=round, number=number))
    return next(iter(families(found).values()), NOBODY)


def withheld(statements: Iterable[Statement]) -> set[int]:
    """Keys of statements whose text must not be repeated in public, now.

    Those not shown that were ever turned down for one of the reasons in ``WITHHELD``; also those
    that wait again.
    """
    hidden = [one.pk for one in statements if one.status != Status.ACCEPTED]
    if not hidden:
        return set()
    harmful = ModerationDecision.objects.filter(
        statement__in=hidden, decision=Decision.REJECT, reason__in=WITHHELD
    )
    return set(harmful.values_list("statement_id", flat=True))


def _lines(**wanted: object) -> Iterable[StatementLineage]:
    found = StatementLineage.objects.standing().filter(**wanted).select_related("child", "parent")
    return found.order_by("parent__number", "child__number")


def _relative(statement: Statement, secret: set[int]) -> Relative:
    return Relative(
        number=statement.number,
        text=None if statement.pk in secret else statement.text,
        language=statement.language,
        shown=statement.status == Status.ACCEPTED,
    )


def _numbers(relatives: Iterable[Relative]) -> str:
    return listed(one.number for one in relatives)

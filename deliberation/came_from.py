"""What a statement was made from, in few words and with the way to the log."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deliberation.figures import listed
from deliberation.models import StatementLineage
from deliberation.models.statements import LineageKind


@dataclass(frozen=True, slots=True)
class CameFrom:
    """The originals of a statement.

    kind    : a ``LineageKind``. numbers : of the originals.
    log     : the number under which the public log tells of it: that of the original, or of the
              statement itself where there are several.
    """

    kind: str
    numbers: tuple[int, ...]
    log: str

    @property
    def words(self) -> str:
        """For example "Reworded from statement 5", in the reader's language."""
        return came_from_words(self.kind, listed(self.numbers))


def came_from_words(kind: str, numbers: str) -> str:
    """``numbers`` of the originals, as a text; only a merger has more than one."""
    if kind == LineageKind.REWORDED:
        words = _("Reworded from statement %(numbers)s")
    elif kind == LineageKind.SPLIT:
        words = _("Split from statement %(numbers)s")
    else:
        words = _("Merged from statements %(numbers)s")
    return words % {"numbers": numbers}


def came_from(**wanted: object) -> dict[int, CameFrom]:
    """Statement id → its originals; only statements that have any. One query.

    wanted : which lineage, for example ``child__round=round``.
    """
    lines = StatementLineage.objects.standing().filter(**wanted).order_by("parent__number")
    found: dict[int, tuple[str, int, list[int]]] = {}
    for pk, number, parent, kind in lines.values_list(
        "child_id", "child__number", "parent__number", "kind"
    ):
        found.setdefault(pk, (kind, number, []))[2].append(parent)
    return {
        pk: CameFrom(
            kind,
            tuple(parents),
            str(parents[0] if len(parents) == 1 else number),
        )
        for pk, (kind, number, parents) in found.items()
    }

"""Which amendments a round has: for reports and exports, which must not hide them."""

from __future__ import annotations

from deliberation.models import Amendment, Round
from deliberation.models.rounds import AmendmentKind


def amendments_in_order(round: Round) -> list[Amendment]:
    """All of a round, the first one first."""
    return list(Amendment.objects.filter(round=round).order_by("number"))


def plan_was_amended(round: Round) -> bool:
    """Whether the counting was changed after people had begun to vote."""
    changed = Amendment.objects.filter(round=round, kind=AmendmentKind.CHANGED)
    return changed.filter(after__has_key="plan").exists()

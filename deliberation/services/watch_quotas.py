"""Who has come, against whom the panel is to be made of. No count below ten is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aggregation.engine import Plan
from deliberation.models import (
    DrawnMember,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
    Round,
    Stratum,
)
from deliberation.small_counts import safe_counts


def quotas(round: Round) -> list[dict[str, Any]]:
    """Each feature with its values: how many joined (None: too few to be told), and what is wanted.

    ``unmet`` says whether some value has fewer people than its quota asks for.
    """
    return [*_drawn(round), *_answered(round)]


def _drawn(round: Round) -> list[dict[str, Any]]:
    """People who were drawn by lot and took their seat, by what the pool says of them."""
    panel = round.deliberation.panel
    came = DrawnMember.objects.filter(
        draw__pool__panel=panel,
        seat__participant__isnull=False,
        seat__participant__withdrawn_at=None,
    )
    values = list(came.values_list("member__values", flat=True))
    strata = Stratum.objects.filter(panel=panel).prefetch_related("values")
    if not DrawnMember.objects.filter(draw__pool__panel=panel).exists():
        return []
    found = []
    for stratum in strata:
        given = Counter(of.get(stratum.name) for of in values)
        wanted = list(stratum.values.all())
        counts = [given[value.value] for value in wanted]
        rows = [
            {"value": value.value, "minimum": value.minimum, "maximum": value.maximum}
            for value in wanted
        ]
        unmet = any(n < value.minimum for n, value in zip(counts, wanted, strict=True))
        found.append(_feature(stratum.name, rows, counts, drawn=True, unmet=unmet))
    return found


def _answered(round: Round) -> list[dict[str, Any]]:
    """People who joined, by what they say of themselves, against the plan's shares."""
    panel = round.deliberation.panel
    seats = Participant.objects.of_round(round.closed_at).filter(deliberation=round.deliberation)
    plan = Plan.from_dict(round.plan)
    margins = {name: dict(shares) for name, shares in plan.weights.margins} if plan.weights else {}
    found = []
    for question in ProfileQuestion.objects.filter(panel=panel).order_by("number"):
        answers = ProfileAnswer.objects.filter(question=question, seat__participant__in=seats)
        given = Counter(answers.values_list("option", flat=True))
        wanted = margins.get(question.text, {})
        rows = [{"value": option, "share": wanted.get(option)} for option in question.options]
        counts = [given[option] for option in question.options]
        found.append(_feature(question.text, rows, counts, drawn=False, unmet=False))
    return found


def _feature(
    name: str, rows: list[dict[str, Any]], counts: list[int], *, drawn: bool, unmet: bool
) -> dict[str, Any]:
    shown = safe_counts(counts)
    return {
        "name": name,
        "drawn": drawn,
        "unmet": unmet,
        "rows": [row | {"people": n} for row, n in zip(rows, shown, strict=True)],
    }

"""Who took part: who was left out and why, and what the panel said about itself.

Nothing about fewer than ten people of one description is published. Since the number of all
people is public, a single hidden count could be worked out; so enough others are hidden with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from aggregation.models import ParticipantFinding, Run
from deliberation.models import Deliberation, Exclusion, ProfileAnswer, ProfileQuestion
from deliberation.models.panels import ExclusionReason
from deliberation.small_counts import safe_counts


@dataclass(frozen=True)
class LeftOut:
    """People whose votes do not count, and why."""

    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Described:
    """People who gave one answer. ``count`` and ``share`` are None where they are hidden.

    target, weighted : share that the plan weights to, and what weights made of it; None without.
    """

    option: str
    count: int | None
    share: float | None
    target: float | None = None
    weighted: float | None = None


@dataclass(frozen=True)
class Profile:
    """One question about oneself, with everyone in the run counted once."""

    text: str
    rows: Sequence[Described]
    hidden: bool

    @property
    def has_targets(self) -> bool:
        return any(row.target is not None for row in self.rows)


def left_out(deliberation: Deliberation) -> list[LeftOut]:
    """People who were excluded before the round was counted, by reason."""
    found = Exclusion.objects.filter(participant__deliberation=deliberation)
    counted = found.values("reason").annotate(n=Count("pk")).order_by("reason")
    return [LeftOut(row["n"], str(ExclusionReason(row["reason"]).label)) for row in counted]


def profiles(run: Run, no_answer: str) -> list[Profile]:
    """What the people of a run said about themselves, question by question; three queries.

    no_answer : what people are called who did not say.
    """
    asked = list(ProfileQuestion.objects.filter(panel__deliberation=run.round.deliberation_id))
    if not asked:
        return []
    people = ParticipantFinding.objects.filter(run=run)
    everyone = people.count()
    seats = people.values("participant__seat")
    answers = ProfileAnswer.objects.filter(question__in=asked, seat__in=seats)
    given = {
        (question, option): n
        for question, option, n in answers.values_list("question", "option")
        .annotate(n=Count("pk"))
        .order_by()
    }
    return [_profile(run, question, given, everyone, no_answer) for question in asked]


def _profile(
    run: Run,
    question: ProfileQuestion,
    given: Mapping[tuple[int, str], int],
    everyone: int,
    no_answer: str,
) -> Profile:
    counts = [given.get((question.pk, option), 0) for option in question.options]
    silent = everyone - sum(counts)
    options = [*question.options, *([no_answer] if silent else [])]
    shown = safe_counts([*counts, *([silent] if silent else [])])
    margins = ((run.summary or {}).get("weighting") or {}).get("margins", {}).get(question.text, {})
    rows = [
        Described(
            option,
            n,
            n / everyone if n is not None else None,
            margins.get(option, {}).get("wanted"),
            margins.get(option, {}).get("after"),
        )
        for option, n in zip(options, shown, strict=True)
    ]
    return Profile(question.text, rows, hidden=None in shown)

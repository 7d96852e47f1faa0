"""What a plan will do, in words and with examples, beside the form in which it is written."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, cast

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aggregation.engine import Plan
from deliberation.figures import decimal, percent
from deliberation.models import Round
from deliberation.models.rounds import ExclusionRule, ModerationMode
from deliberation.plan_check import plan_warnings
from deliberation.plan_form import PlanForm
from deliberation.plan_words import describe

# Rules that give a group places by its number; see the engine's GUARANTEES.
_PROPORTIONAL: Final = (
    "sequential_pav",
    "reverse_sequential_pav",
    "sequential_phragmen",
    "equal_shares",
    "maximin_support",
    "exact_pav",
    "greedy_monroe",
)


@dataclass(frozen=True)
class Preview:
    """Sentences. ``voting`` is what the panel meets, ``counting`` what is done with the votes."""

    voting: list[str]
    counting: list[str]
    examples: list[str]
    warnings: list[str]


def shown(round: Round) -> Preview:
    """The plan as the round has it."""
    return Preview(
        voting=voting_words(round),
        counting=describe(round.plan),
        examples=examples(Plan.from_dict(round.plan)),
        warnings=plan_warnings(round),
    )


def preview(form: PlanForm) -> Preview | None:
    """The plan as it is typed at the moment; None while something in it does not hold."""
    if not form.is_bound:
        return shown(form.round)
    probe = type(form)(cast("QueryDict", form.data), round=form.round)
    # The reason of an amendment is written last; the plan can be read without it.
    if not probe.is_valid() and set(probe.errors) != {"reason"}:
        return None
    planned = copy(form.round)
    for name, value in probe.settings().items():
        setattr(planned, name, value.to_dict() if isinstance(value, Plan) else value)
    return shown(planned)


def voting_words(round: Round) -> list[str]:
    """What the panel meets while it votes, a sentence for each thing."""
    said = [
        ngettext(
            "Each person is asked for %(n)d vote.",
            "Each person is asked for %(n)d votes.",
            round.target_votes,
        )
        % {"n": round.target_votes},
        _("A statement has at most %(n)d characters.") % {"n": round.statement_max_length},
        _moderation(round),
    ]
    if round.min_votes_to_propose:
        said.append(
            ngettext(
                "People vote on %(n)d statement before they write one of their own.",
                "People vote on %(n)d statements before they write one of their own.",
                round.min_votes_to_propose,
            )
            % {"n": round.min_votes_to_propose}
        )
    if round.show_results:
        said.append(_("Everybody sees results while voting is open."))
    else:
        said.append(_("Nobody sees results before voting has closed."))
    if round.exclusion_rule != ExclusionRule.NONE:
        said.append(
            _(
                "Votes may be left out of people who cast %(n)d votes or more, all alike, and "
                "had a statement turned down as advertising or as an insult. The report shows "
                "the result with and without them."
            )
            % {"n": round.straight_votes}
        )
    return said


def _moderation(round: Round) -> str:
    hours = round.moderation_hours
    if round.moderation == ModerationMode.BEFORE:
        said = ngettext(
            "A new statement is looked at before others see it, within %(n)d hour.",
            "A new statement is looked at before others see it, within %(n)d hours.",
            hours,
        )
    else:
        said = ngettext(
            "A new statement appears at once and is looked at within %(n)d hour.",
            "A new statement appears at once and is looked at within %(n)d hours.",
            hours,
        )
    return said % {"n": hours}


def examples(plan: Plan) -> list[str]:
    """What the numbers of the plan come to, for each rule where that can be said."""
    found = [_example(rule.id, rule.settings) for rule in plan.rules]
    return list(dict.fromkeys(said for said in found if said))


def _example(rule: str, settings: Mapping[str, Any]) -> str:
    if rule == "threshold":
        return _of_threshold(str(settings["measure"]), float(settings["above"]))
    seats = settings.get("seats")
    if rule in _PROPORTIONAL and isinstance(seats, int) and seats >= 5:
        return _(
            "Of %(seats)d places in the selection, a fifth of the panel that agrees with itself "
            "gets about %(n)d, however the others vote."
        ) % {"seats": seats, "n": seats // 5}
    if rule in ("approval", "satisfaction_approval") and seats:
        return _(
            "A little more than half of the panel, voting alike, can take all %(n)d places in the "
            "selection."
        ) % {"n": seats}
    return ""


def _of_threshold(measure: str, above: float) -> str:
    if measure == "min_group":
        return _("Every group must agree by more than %(share)s.") % {"share": percent(100 * above)}
    shares = {n: percent(100 * above ** (1 / n)) for n in (2, 3, 4)}
    return _(
        "A threshold of %(above)s: with two groups, %(two)s agreement in each is just level with "
        "it; with three groups, %(three)s in each; with four, %(four)s."
    ) % {"above": decimal(above), "two": shares[2], "three": shares[3], "four": shares[4]}

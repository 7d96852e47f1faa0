"""A plan of analysis in plain words, for people who have never seen one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aggregation.engine import Plan, shipped, shipped_names
from deliberation.figures import decimal, listed, quoted
from deliberation.rule_words import rule_in_words

# The first one is what the form has chosen at first.
_TITLES = {
    "thorough": (
        gettext_lazy("Common ground of all opinion groups, and how firm it is (recommended)"),
        gettext_lazy(
            "Finds groups of people who vote alike, and selects the statements that every group "
            "agrees on, so that a large group cannot outvote a small one. Shows what two fair "
            "rules of another kind would select, and how easily the result could be different."
        ),
    ),
    "default": (
        gettext_lazy("Common ground of all opinion groups"),
        gettext_lazy(
            "Finds groups of people who vote alike, and selects the statements that every group "
            "agrees on, so that a large group cannot outvote a small one. The shorter report."
        ),
    ),
}
RECOMMENDED = "thorough"


@dataclass(frozen=True)
class PlanChoice:
    """A shipped plan as the form offers it."""

    name: str
    title: str
    summary: str
    words: list[str]


def offered_plans() -> list[PlanChoice]:
    """The shipped plans that work for people who join here."""
    known = [name for name in shipped_names() if not needs_declared_groups(shipped(name))]
    return [_choice(name) for name in sorted(known, key=lambda name: name != RECOMMENDED)]


def needs_declared_groups(plan: Plan) -> bool:
    """Whether the plan takes groups that come with imported votes; people bring none."""
    return plan.grouping.method == "declared"


def shows_small_groups(plan: Plan) -> bool:
    """Whether votes would be published by what people say of themselves. In the engine such plans
    have their place; pages and files of ours keep no count below ten about a part of the panel."""
    return plan.grouping.method == "strata"


def describe(plan: Mapping[str, Any]) -> list[str]:
    """What the plan does, a sentence or two for each step.

    plan : Plan.to_dict(), as a round stores it.
    """
    first, *others = plan["rules"]
    return [
        _people(plan["participants"]["min_votes"]),
        _groups(plan["grouping"]),
        _("The draft takes what this rule selects: %(rule)s") % {"rule": _rule(first)},
        *(_("Shown beside it, for comparison: %(rule)s") % {"rule": _rule(r)} for r in others),
        *_beyond(plan),
        _("Random draws start from the number %(seed)d, so everyone gets the same result.")
        % {"seed": plan["seed"]},
    ]


def _choice(name: str) -> PlanChoice:
    plan = shipped(name)
    title, summary = _TITLES.get(name, (name, plan.title))
    return PlanChoice(name, str(title), str(summary), describe(plan.to_dict()))


def _people(least: int) -> str:
    if least <= 1:
        return _("Everyone who voted counts.")
    return ngettext(
        "Everyone with at least %(n)d vote counts.",
        "Everyone with at least %(n)d votes counts.",
        least,
    ) % {"n": least}


def _groups(grouping: Mapping[str, Any]) -> str:
    if grouping["method"] == "strata":
        return _("People are put into groups by their answers to “%(source)s”.") % grouping
    if grouping["method"] == "declared":
        return _("The groups named “%(source)s” that came with the votes are used.") % grouping
    alone = _("People with fewer than %(min_votes)d votes are counted, but in no group.") % grouping
    if grouping["k"]:
        found = _("People who vote alike are put into %(k)d opinion groups.") % grouping
    else:
        found = (
            _(
                "People who vote alike are put into opinion groups: from %(k_min)d to %(k_max)d, "
                "as many as separate them best."
            )
            % grouping
        )
    return f"{found} {alone}"


def _rule(rule: Mapping[str, Any]) -> str:
    return rule_in_words(rule["id"], rule)


def _beyond(plan: Mapping[str, Any]) -> list[str]:
    """What the plan asks for besides the rules."""
    said: list[str] = []
    if weights := plan.get("weights"):
        names = listed(quoted(name) for name in weights["margins"])
        said.append(
            _(
                "People are weighted so that the answers to %(questions)s are spread as in the "
                "population. Nobody counts less than %(low)s or more than %(high)s. Results "
                "without weights stand beside."
            )
            % {"questions": names, "low": decimal(weights["low"]), "high": decimal(weights["high"])}
        )
    if stability := plan.get("stability"):
        said.append(
            _(
                "To see how firm the result is, everything is counted anew %(n)s times, each time "
                "with people picked at random from those who voted."
            )
            % {"n": stability["resamples"]}
        )
    if plan.get("sensitivity"):
        said.append(_("The report shows what other choices than these would have selected."))
    return said

"""Codes of the engine in plain words: steps, measures, rules, reasons, groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aggregation.engine import RULES
from deliberation.figures import decimal

_STEPS: Final[dict[str, Promise]] = {
    "participants": gettext_lazy("Reading the votes"),
    "space": gettext_lazy("Drawing the map of opinions"),
    "groups": gettext_lazy("Looking for groups of people who vote alike"),
    "consensus": gettext_lazy("Measuring where all groups agree"),
    "rules": gettext_lazy("Selecting statements by the rules of the plan"),
    "done": gettext_lazy("Saving"),
}
_MEASURES: Final[dict[str, Promise]] = {
    "gac_polis": gettext_lazy("product over the groups of (agree + 1) / (votes + 2)"),
    "gac_raw": gettext_lazy("product over the groups of agree / votes"),
    "min_group": gettext_lazy("smallest share of agreement of any group"),
}
_MEASURE_NAMES: Final[dict[str, Promise]] = {
    "gac_polis": gettext_lazy("Common ground, smoothed"),
    "gac_raw": gettext_lazy("Common ground"),
    "min_group": gettext_lazy("Least agreeing group"),
}


def step_in_words(step: str) -> str:
    """What the machine does now."""
    return str(_STEPS.get(step, step))


def measure_name(measure: str) -> str:
    """A short name for people."""
    return str(_MEASURE_NAMES.get(measure, measure))


def measure_in_words(measure: str) -> str:
    """The formula, said aloud."""
    return str(_MEASURES.get(measure, measure))


def group_letter(label: int) -> str:
    """0 is A."""
    return chr(ord("A") + label) if label < 26 else str(label + 1)


def rule_in_words(rule: str, params: Mapping[str, Any]) -> str:
    """One sentence about what it takes to be selected; rules without words by their label."""
    if rule == "threshold":
        return _(
            "Every statement is selected whose “%(name)s” (%(formula)s) is above %(above)s. "
            "With fewer than %(votes)s votes from some group there is not enough evidence."
        ) % {
            "name": measure_name(params["measure"]),
            "formula": measure_in_words(params["measure"]),
            "above": decimal(params["above"]),
            "votes": params["min_group_votes"],
        }
    if rule == "sequential_pav":
        return _(
            "%(seats)s statements are selected one after another. Each time the statement wins "
            "that adds most for people who agree with few or none of those already selected."
        ) % {"seats": params["seats"]}
    return RULES[rule].label if rule in RULES else rule


def reason_in_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a statement has its status."""
    if code == "too_few_votes":
        return _too_few(params)
    templates = {
        "above_threshold": _("“%(name)s” is above %(above)s."),
        "not_above_threshold": _("“%(name)s” is not above %(above)s."),
        "no_groups": _("There are no opinion groups to compare."),
        "won_seat": _("It won place %(seat)s."),
        "no_seat_left": _("All places went to statements that added more."),
        "nobody_agreed": _("Nobody agreed with it."),
        "nobody_voted": _("Nobody voted on it."),
    }
    if code not in templates:
        return code
    filled = dict(params)
    if "measure" in filled:
        filled["name"] = measure_name(filled["measure"])
    if "above" in filled:
        filled["above"] = decimal(filled["above"])
    return templates[code] % filled


def _too_few(params: Mapping[str, Any]) -> str:
    return ngettext(
        "Group %(group)s cast %(votes)d vote on it; %(needed)d are needed.",
        "Group %(group)s cast %(votes)d votes on it; %(needed)d are needed.",
        params["votes"],
    ) % {**params, "group": group_letter(params["group"])}

"""Codes of the engine in plain words: steps, measures, rules, reasons, groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aggregation.engine import RULES
from deliberation.figures import decimal
from deliberation.rule_words import (
    guarantee_in_words,
    measure_in_words,
    measure_name,
    rule_in_words,
    rule_name,
)

__all__ = [
    "group_letter",
    "measure_in_words",
    "measure_name",
    "promises",
    "reason_in_words",
    "rule_in_words",
    "rule_name",
    "step_in_words",
    "variant_in_words",
]

_STEPS: Final[dict[str, Promise]] = {
    "participants": gettext_lazy("Reading the votes"),
    "space": gettext_lazy("Drawing the map of opinions"),
    "groups": gettext_lazy("Looking for groups of people who vote alike"),
    "consensus": gettext_lazy("Measuring where all groups agree"),
    "rules": gettext_lazy("Selecting statements by the rules of the plan"),
    "looking_back": gettext_lazy("Checking how firm the result is"),
    "done": gettext_lazy("Saving"),
}


def step_in_words(step: str) -> str:
    """What the machine does now."""
    return str(_STEPS.get(step, step))


def group_letter(label: int) -> str:
    """0 is A."""
    return chr(ord("A") + label) if label < 26 else str(label + 1)


def promises(rule: str) -> list[str]:
    """What is proven of the rule, a sentence each."""
    known = RULES[rule].guarantees if rule in RULES else ()
    return [guarantee_in_words(one) for one in known]


def reason_in_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a statement has its status."""
    if code in ("too_few_votes", "too_few_votes_in_all"):
        return _too_few(params)
    templates = {
        "above_threshold": _("“%(name)s” is above %(above)s."),
        "not_above_threshold": _("“%(name)s” is not above %(above)s."),
        "no_groups": _("There are no opinion groups to compare."),
        "won_seat": _("It won place %(seat)s."),
        "no_seat_left": _("All places went to statements that added more."),
        "not_affordable": _("Those who agree with it had too little left to pay for it."),
        "ranked_below": _("All places went to statements ranked above it."),
        "nobody_agreed": _("Nobody agreed with it."),
        "nobody_voted": _("Nobody voted on it."),
    }
    return templates[code] % _filled(params) if code in templates else code


def _filled(params: Mapping[str, Any]) -> dict[str, Any]:
    """Settings and figures as people read them."""
    filled: dict[str, Any] = {}
    for name, value in params.items():
        filled[name] = decimal(round(value, 4)) if isinstance(value, float) else value
    if "measure" in params:
        filled["name"] = filled["measure"] = measure_name(params["measure"])
    if isinstance(params.get("group"), int):
        filled["group"] = group_letter(params["group"])
    return filled


def _too_few(params: Mapping[str, Any]) -> str:
    if "group" not in params:
        return ngettext(
            "It has %(votes)d vote; %(needed)d are needed.",
            "It has %(votes)d votes; %(needed)d are needed.",
            params["votes"],
        ) % dict(params)
    return ngettext(
        "Group %(group)s cast %(votes)d vote on it; %(needed)d are needed.",
        "Group %(group)s cast %(votes)d votes on it; %(needed)d are needed.",
        params["votes"],
    ) % {**params, "group": group_letter(params["group"])}


_VARIANTS: Final[dict[str, Promise]] = {
    "k": gettext_lazy("With another number of opinion groups"),
    "threshold": gettext_lazy("With another threshold"),
    "rule": gettext_lazy("By another rule"),
    "weights": gettext_lazy("With every person counted once"),
    "exclusions": gettext_lazy("With everyone counted who voted"),
}


def variant_in_words(kind: str, code: str, params: Mapping[str, Any]) -> str:
    """How a variant of the plan differs from the plan; its kind where the code has no words."""
    if code == "k":
        k = params["k"]
        return ngettext("With %(k)d opinion group", "With %(k)d opinion groups", k) % {"k": k}
    if code == "above":
        return _("With the threshold at %(above)s") % {"above": decimal(params["above"])}
    if code == "rule":
        return _("By another rule: %(rule)s") % {"rule": rule_name(str(params["rule"]))}
    if code == "with_excluded":
        return ngettext(
            "With the %(people)d person counted who was left out",
            "With the %(people)d people counted who were left out",
            params["people"],
        ) % {"people": params["people"]}
    return str(_VARIANTS.get(kind, kind))


_PROPERTIES: Final[dict[str, tuple[Promise, Promise]]] = {
    "jr": (
        gettext_lazy("Nobody is left out"),
        gettext_lazy(
            "No group that is large enough for a place in the selection and agrees on a statement "
            "goes without any "
            "(justified representation)."
        ),
    ),
    "pjr": (
        gettext_lazy("Groups have what is due to them"),
        gettext_lazy(
            "A group large enough for several seats that agrees on as many statements has as many "
            "(proportional justified representation)."
        ),
    ),
    "ejr": (
        gettext_lazy("Somebody in every group has what is due to them"),
        gettext_lazy(
            "In every such group somebody agrees with as many selected statements as the group "
            "deserves (extended justified representation)."
        ),
    ),
    "ejr_plus": (
        gettext_lazy("No statement was passed over"),
        gettext_lazy(
            "No statement that was left out has a large enough group of supporters who all have "
            "less than is due to them (EJR+)."
        ),
    ),
}


def property_name(code: str) -> str:
    """A short name for a property of fair representation."""
    return str(_PROPERTIES[code][0]) if code in _PROPERTIES else code


def property_in_words(code: str) -> str:
    """What the property asks for."""
    return str(_PROPERTIES[code][1]) if code in _PROPERTIES else ""


def story_in_words(example: Mapping[str, Any]) -> str:
    """Who got less than their due. The statements they agree with are listed beside it."""
    figures = {name: example[name] for name in ("deserved", "got", "seats")}
    figures["people"] = decimal(example["people"])
    if example["deserved"] == 1:
        return (
            _(
                "%(people)s people all agree on the statement below. They are enough for one of "
                "%(seats)s seats, and none of them agrees with anything selected."
            )
            % figures
        )
    return (
        _(
            "%(people)s people all agree on the statements below. They are enough for %(deserved)s "
            "of %(seats)s seats, and have %(got)s."
        )
        % figures
    )

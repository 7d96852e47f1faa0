"""Between a plan and a flat form: which field holds which setting, and the list of rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict

from aggregation.engine import RULES
from aggregation.engine.params import Param
from aggregation.engine.plan import KMEANS, PARTICIPANTS, SPACE, TOP
from aggregation.engine.plan_sections import PROPERTIES, RANGES, SENSITIVITY, STABILITY, WEIGHTS
from deliberation.models import ProfileQuestion
from deliberation.plan_fields import field_name

# Where in the plan → its settings. Weights have their shares besides.
SECTIONS: Final[dict[str, tuple[Param, ...]]] = {
    "participants": PARTICIPANTS,
    "space": SPACE,
    "grouping": KMEANS,
    "stability": STABILITY,
    "sensitivity": SENSITIVITY,
    "properties": PROPERTIES,
    "weights": tuple(param for param in WEIGHTS if param.name != "method"),
}
# Sections that a plan may have or not.
SWITCHED: Final = ("stability", "sensitivity", "properties", "weights")
MOST_RULES: Final = 12
# What a rule begins with where the engine has no default.
_FIRST: Final = {"seats": 20, "above": 0.5}
_OF_RULE: Final = re.compile(r"rules__(\d{1,3})__(\w{1,40})", re.ASCII)
_ORDER: Final = {"up": -1, "down": 1}

__all__ = ["RANGES", "TOP"]


def flat(plan: Mapping[str, Any], questions: Iterable[ProfileQuestion]) -> dict[str, Any]:
    """What the form shows of a plan, by the names of its fields.

    plan : Plan.to_dict().
    """
    values: dict[str, Any] = {param.name: plan[param.name] for param in TOP}
    values["thresholds"] = plan["thresholds"]
    for section, params in SECTIONS.items():
        given = plan.get(section, {})
        values |= {
            field_name(f"{section}.{param.name}"): given[param.name]
            for param in params
            if param.name in given
        }
    values |= {f"{section}__on": section in plan for section in SWITCHED}
    values["grouping__how"] = "fixed" if plan["grouping"].get("k") else "range"
    values["ranges__participants"] = plan.get("ranges", {}).get("participants")
    for number, rule in enumerate(plan["rules"]):
        values |= {f"rules__{number}__{name}": value for name, value in rule.items()}
    margins = plan.get("weights", {}).get("margins", {})
    for question in questions:
        shares = margins.get(question.text, {})
        for place, option in enumerate(question.options):
            values[share_name(question, place)] = shares.get(option)
    return values


def share_name(question: ProfileQuestion, place: int) -> str:
    """The field for the share of one answer."""
    return f"weights__share_{question.pk}_{place}"


def nested(
    cleaned: Mapping[str, Any], rules: Sequence[str], margins: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """What Plan.from_dict reads, from what was filled in."""
    plan: dict[str, Any] = {param.name: cleaned[param.name] for param in TOP}
    plan["thresholds"] = cleaned["thresholds"]
    for section, params in SECTIONS.items():
        if section in SWITCHED and not cleaned[f"{section}__on"]:
            continue
        plan[section] = {
            param.name: cleaned[field_name(f"{section}.{param.name}")] for param in params
        }
    if cleaned["grouping__how"] == "range":
        plan["grouping"]["k"] = None
    if "weights" in plan:
        plan["weights"]["margins"] = {name: dict(shares) for name, shares in margins.items()}
    if cleaned["ranges__participants"] is not None:
        plan["ranges"] = {"participants": cleaned["ranges__participants"]}
    plan["rules"] = [
        {"id": rule}
        | {param.name: cleaned[f"rules__{number}__{param.name}"] for param in asked(rule)}
        for number, rule in enumerate(rules)
    ]
    return plan


def asked(rule: str) -> list[Param]:
    """The settings of a rule that leave a choice."""
    return [param for param in RULES[rule].params if len(param.choices) != 1]


def rules_in(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rules of a form that was sent, in order: "id" and settings as they were written."""
    found: dict[int, dict[str, str]] = {}
    for key in data:
        if match := _OF_RULE.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = data[key]
    known = [found[number] for number in sorted(found) if found[number].get("id") in RULES]
    return known[:MOST_RULES]


def with_rules(data: QueryDict, rules: Sequence[Mapping[str, str]]) -> QueryDict:
    """The same form with these rules in place of those it had."""
    changed = data.copy()
    for key in [key for key in changed if _OF_RULE.fullmatch(key)]:
        del changed[key]
    for number, rule in enumerate(rules):
        for name, value in rule.items():
            changed[f"rules__{number}__{name}"] = value
    return changed


def rearranged(data: QueryDict, do: str) -> QueryDict:
    """The same form after "add", "up-2", "down-0" or "remove-1"; unchanged if that is nowhere."""
    rules = rules_in(data)
    verb, _, given = do.partition("-")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else -1
    if verb == "add" and data.get("new_rule") in RULES and len(rules) < MOST_RULES:
        rules.append(new_rule(str(data["new_rule"])))
    elif verb == "remove" and 0 <= number < len(rules) and len(rules) > 1:
        del rules[number]
    elif verb in _ORDER and 0 <= number < len(rules):
        other = number + _ORDER[verb]
        if 0 <= other < len(rules):
            rules[number], rules[other] = rules[other], rules[number]
    return with_rules(data, rules)


def new_rule(rule: str) -> dict[str, str]:
    """A rule with what it usually has, as a form writes it."""
    usual = {
        param.name: _FIRST.get(param.name) if param.default is None else param.default
        for param in asked(rule)
    }
    return {"id": rule} | {name: str(value) for name, value in usual.items()}

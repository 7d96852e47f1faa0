"""What is wrong with a plan, in the reader's language.

The engine says what it found in codes and facts (``PlanError``); sentences and names are made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language_bidi, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from aggregation.engine import PlanError
from deliberation.figures import decimal, listed, quoted
from deliberation.plan_field_words import RULE_SETTINGS, SETTINGS
from deliberation.rule_words import rule_name
from deliberation.set_up_round import RoundFields

_ISOLATE, _END = "\u2066", "\u2069"
# Of what was found, so much is shown.
_LONGEST: Final = 80
# From here on ``decimal`` would write an exponent.
_ALL_DIGITS: Final = 100_000
_RULE: Final = re.compile(r"rules\[(\d+)\]\.(\w+)")
_TOML_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)$")

# Settings that are in the file only, or are called otherwise in the browser.
_IN_FILES: Final[dict[str, Promise]] = {
    "confidence": gettext_lazy("How sure the ranges should be"),
    "thresholds": gettext_lazy("Shares above which statements are counted"),
    "grouping.method": gettext_lazy("How groups are made"),
    "grouping.source": gettext_lazy("Where groups come from"),
    "weights.margins": gettext_lazy("Shares of the population"),
}
_WRONG_TYPE: Final[dict[str, Promise]] = {
    "int": gettext_lazy("%(setting)s must be a whole number, not %(found)s."),
    "float": gettext_lazy("%(setting)s must be a number, not %(found)s."),
    "text": gettext_lazy("%(setting)s must be a text, not %(found)s."),
    "flag": gettext_lazy("%(setting)s must be true or false, not %(found)s."),
    "table": gettext_lazy("%(setting)s must be a table of settings, not %(found)s."),
    "list": gettext_lazy("%(setting)s must be a list, not %(found)s."),
}
_PLAIN: Final[dict[str, Promise]] = {
    "missing_key": gettext_lazy("The setting %(setting)s is missing."),
    "not_ascending": gettext_lazy("%(setting)s must rise from one entry to the next."),
    "rules_empty": gettext_lazy("%(setting)s must name at least one rule; the first one drafts."),
    "rules_repeated": gettext_lazy("%(setting)s names the same rule with the same settings twice."),
    "not_of_the_method": gettext_lazy(
        "%(setting)s does not fit: it does nothing with the method “%(method)s”."
    ),
    "fewest_above_most": gettext_lazy(
        "%(setting)s does not fit: k_min is %(k_min)s and k_max is %(k_max)s."
    ),
    "margins_empty": gettext_lazy("%(setting)s must name at least one characteristic."),
    "margins_do_not_add_up": gettext_lazy(
        "The shares of “%(name)s” must add up to 1, not to %(total)s."
    ),
}
# Whether there is a lowest and a highest value, and whether they are excluded. The engine has
# settings of these kinds only.
RANGES: Final[dict[tuple[bool, bool, bool], Promise]] = {
    (True, True, False): gettext_lazy(
        "%(setting)s must be between %(low)s and %(high)s, not %(found)s."
    ),
    (True, True, True): gettext_lazy(
        "%(setting)s must be more than %(low)s and less than %(high)s, not %(found)s."
    ),
    (True, False, False): gettext_lazy("%(setting)s must be %(low)s or more, not %(found)s."),
}
# What the reader of TOML says first, in English → what it comes to.
_TOML: Final[dict[str, Promise]] = {
    r".*\(at end of document\)": gettext_lazy(
        "It ends too early: a bracket or a quotation mark is not closed, or a value is missing."
    ),
    r"Illegal character '\\n'|Un(closed|terminated)": gettext_lazy(
        "A bracket or a quotation mark is not closed."
    ),
    "Cannot|Duplicate": gettext_lazy("Something is set twice there."),
}


def plan_fault(error: PlanError, *, path: bool = True) -> str:
    """A sentence or two. path : name the place in the file besides the setting."""
    return _SAID[error.code](error.params, setting_name(error.field, path=path))


def setting_name(field: str, *, path: bool = True) -> str:
    """“Threshold” of rule 1 (rules[0].above); the path alone for what has no name."""
    label, rule = _label(field)
    if not label:
        return quoted(as_written(field))
    named = quoted(label)
    if rule is not None:
        named = _("%(setting)s of rule %(n)d") % {"setting": named, "n": rule + 1}
    return f"{named} ({as_written(field)})" if path else named


def _label(field: str) -> tuple[str, int | None]:
    """What people call the setting, and the rule it belongs to, from 0. "" without a name."""
    if match := _RULE.fullmatch(field):
        return _rule_setting(match[2]), int(match[1])
    if field.startswith("weights.margins"):
        return str(_IN_FILES["weights.margins"]), None
    section, _dot, name = field.partition(".")
    if section == "round" and name in RoundFields.base_fields:
        return str(RoundFields.base_fields[name].label), None
    whole = field.partition("[")[0]
    if whole in _IN_FILES:
        return str(_IN_FILES[whole]), None
    return str(SETTINGS[whole][0]) if whole in SETTINGS else "", None


def _rule_setting(name: str) -> str:
    known = (words for path, words in RULE_SETTINGS.items() if path.rpartition(".")[2] == name)
    return str(next(known, ("",))[0])


def _wrong_type(params: Mapping[str, Any], setting: str) -> str:
    found = described(params["found"])
    return str(_WRONG_TYPE[params["expected"]]) % {"setting": setting, "found": found}


def _out_of_range(params: Mapping[str, Any], setting: str) -> str:
    low, high = params["low"], params["high"]
    of = {"setting": setting, "found": number(params["found"])}
    of |= {name: number(end) for name, end in (("low", low), ("high", high)) if end is not None}
    return str(RANGES[low is not None, high is not None, params["open_ended"]]) % of


def _not_a_choice(params: Mapping[str, Any], setting: str) -> str:
    choices = listed(quoted(as_written(choice)) for choice in params["choices"])
    of = {"setting": setting, "choices": choices, "found": described(params["found"])}
    said = _("%(setting)s must be one of %(choices)s, not %(found)s.") % of
    return said + _meant(params)


def _unknown(params: Mapping[str, Any], setting: str) -> str:
    return _("%(setting)s is not a setting.") % {"setting": setting} + _meant(params)


def _meant(params: Mapping[str, Any]) -> str:
    if not params["meant"]:
        return ""
    return " " + _("Did you mean %(word)s?") % {"word": quoted(as_written(params["meant"]))}


def _whole_people(params: Mapping[str, Any], setting: str) -> str:
    said = _("“%(rule)s” counts whole people. It cannot be used with weights.")
    return said % {"rule": rule_name(params["rule"])}


def _not_toml(params: Mapping[str, Any], setting: str) -> str:
    return not_toml(str(params["reason"]))


def not_toml(reason: str, text: str = "") -> str:
    """That a plan is not TOML, and where.

    reason : what ``tomllib`` says, in English. text : the file, to show the line.
    """
    found = (str(said) for cause, said in _TOML.items() if re.match(cause, reason))
    causes = list(islice(found, 1))
    place = _TOML_PLACE.search(reason)
    if place:
        number, lines = int(place[1]), text.splitlines()
        line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        causes.insert(0, _line(number, line))
    said = _("This is not a plan: it is not written in TOML. %(reason)s")
    return (said % {"reason": " ".join(causes)}).strip()


def _line(number: int, line: str) -> str:
    if not line:
        return _("Line %(n)d cannot be read.") % {"n": number}
    return _("Line %(n)d cannot be read: %(line)s.") % {"n": number, "line": quoted(_short(line))}


def _short(text: str) -> str:
    return as_written(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def as_written(text: str) -> str:
    """Part of a file. Where one reads from the right, its brackets would change places."""
    return f"{_ISOLATE}{text}{_END}" if get_language_bidi() else text


def number(value: float) -> str:
    """As the language writes it; whole numbers with all their digits."""
    long = isinstance(value, int) and abs(value) >= _ALL_DIGITS
    return str(value) if long else decimal(value)


def described(found: Any) -> str:
    """What stands in the place of what is wanted. Said after “not”."""
    if found is None:
        return pgettext("what a setting is", "empty")
    if isinstance(found, bool):
        return pgettext("what a setting is", "true or false")
    if isinstance(found, str):
        return _a_text(found)
    if isinstance(found, Mapping):
        return pgettext("what a setting is", "a table")
    if isinstance(found, (list, tuple)):
        return pgettext("what a setting is", "a list")
    return as_written(str(found))


def _a_text(found: str) -> str:
    if not found.strip():
        return pgettext("what a setting is", "an empty text")
    return pgettext("what a setting is", "the text %(text)s") % {"text": quoted(_short(found))}


def _plain(code: str) -> Callable[[Mapping[str, Any], str], str]:
    def said(params: Mapping[str, Any], setting: str) -> str:
        of = {name: value for name, value in params.items() if name != "field"}
        if "total" in of:
            of["total"] = decimal(float(of["total"]))
        return str(_PLAIN[code]) % (of | {"setting": setting})

    return said


_SAID: Final[dict[str, Callable[[Mapping[str, Any], str], str]]] = {
    "wrong_type": _wrong_type,
    "out_of_range": _out_of_range,
    "not_a_choice": _not_a_choice,
    "unknown_key": _unknown,
    "whole_people_only": _whole_people,
    "plan_not_toml": _not_toml,
} | {code: _plain(code) for code in _PLAIN}
PLAN_FAULTS: Final = frozenset(_SAID)

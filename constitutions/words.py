"""Codes in plain words: rules, reasons of the machine, groups, shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine import RULES

# Reasons that the machine leaves on its edits: names of wording rules and of drafting steps.
REASONS: Final[dict[str, str | Promise]] = {
    "quality": gettext_lazy("“should be …” became “is most …”"),
    "negated-quality": gettext_lazy(
        "“should not be …” became “is least …”, “is not …” or “is never …”"
    ),
    "being": gettext_lazy("“should be a …” became “comes closest to being a …”"),
    "negated-being": gettext_lazy("“should not be a …” became “is not a …”"),
    "action": gettext_lazy("“should do …” became “does …”"),
    "action-list": gettext_lazy("“should do … and …” became “does the most to …”"),
    "negated-action": gettext_lazy("“should not …” became “does not …”"),
    "never-action": gettext_lazy("“should never …” became “never …”"),
    "already-worded": gettext_lazy("was already worded as a choice"),
    "quoted": gettext_lazy("no rule fits, so the statement is quoted"),
    "carried-over": gettext_lazy("same wording as in the version before"),
    "drafted-anew": gettext_lazy("the draft was drafted anew"),
}


def edit_reason(reason: str) -> str:
    """A code of the machine in words; what people wrote stays as it is."""
    return str(REASONS.get(reason, reason))


def group_name(label: int) -> str:
    """Group 0 is “Group A”."""
    letter = chr(ord("A") + label) if label < 26 else str(label + 1)
    return _("Group %(letter)s") % {"letter": letter}


def percent(share: float) -> str:
    """0.874 → “87 %”, with a space that does not break."""
    return f"{100 * share:.0f}\u00a0%"


def rule_in_words(rule: str, params: Mapping[str, Any]) -> str:
    """What it took to be selected, in one line; rules without words of ours by their label."""
    if rule == "threshold" and {"measure", "above"} <= set(params):
        above, measure = f"{params['above']:g}", params["measure"]
        if measure == "min_group":
            words = _(
                "in every opinion group, more than %(above)s of the votes agree (%(measure)s)"
            )
        else:
            words = _("the groups' shares of agreement, multiplied, exceed %(above)s (%(measure)s)")
        return words % {"above": above, "measure": measure}
    if rule == "sequential_pav" and "seats" in params:
        return _("%(seats)s statements, each chosen to add most for those who had few so far") % {
            "seats": params["seats"]
        }
    return RULES[rule].label if rule in RULES else rule

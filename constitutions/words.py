"""Codes in plain words: reasons of the machine, groups, shares."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.words import group_letter

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
    "carried-over": gettext_lazy("the wording that people gave it in the version before"),
    "drafted-anew": gettext_lazy("the draft was drafted anew"),
}


def edit_reason(reason: str) -> str:
    """A code of the machine in words; what people wrote stays as it is."""
    return str(REASONS.get(reason, reason))


def group_name(label: int) -> str:
    """Group 0 is “Group A”."""
    return _("Group %(letter)s") % {"letter": group_letter(label)}

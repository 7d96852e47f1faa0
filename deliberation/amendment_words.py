"""What an amendment changed, in words, for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine import Plan
from deliberation import plan_toml
from deliberation.figures import moment
from deliberation.models import Round
from deliberation.models.deliberations import Role
from deliberation.models.moderation import ReasonCode
from deliberation.models.rounds import Amendment, AmendmentKind
from deliberation.plan_words import describe
from deliberation.set_up_round import RoundFields

_NAMES: Final[dict[str, Promise]] = {
    "question": gettext_lazy("Question"),
    "consent_text": gettext_lazy("What people agree to"),
    "plan": gettext_lazy("How the votes are counted"),
    "opens_at": gettext_lazy("Voting begins"),
    "proposals_end_at": gettext_lazy("Proposing ends"),
    "closes_at": gettext_lazy("Voting ends"),
    "closed_at": gettext_lazy("Voting had ended"),
}
_DATES: Final = ("opens_at", "proposals_end_at", "closes_at", "closed_at")


@dataclass(frozen=True)
class ChangeShown:
    """One thing that changed. Lines are sentences, or paragraphs of a text that people wrote;
    what stayed the same is left out of long texts. ``exactly`` are lines of the file of a plan,
    with − and + in front of what went and what came."""

    name: str
    before: list[str]
    after: list[str]
    written: bool
    exactly: list[str]


@dataclass(frozen=True)
class AmendmentShown:
    """One amendment. ``role`` is the role of whoever made it, never a name."""

    number: int
    title: str
    at: datetime
    role: str
    reason: str
    changes: list[ChangeShown]
    hash_before: str
    hash_after: str


def amendments_of(round: Round) -> list[AmendmentShown]:
    """All of a round, the newest first."""
    return [_shown(one) for one in Amendment.objects.filter(round=round).order_by("-number")]


def changes_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangeShown]:
    """Column → value before, and after. Columns that stand on one side only are empty there."""
    names = [*after, *(name for name in before if name not in after)]
    return [_change(name, before.get(name), after.get(name)) for name in names]


def _shown(one: Amendment) -> AmendmentShown:
    return AmendmentShown(
        number=one.number,
        title=str(AmendmentKind(one.kind).label),
        at=one.created_at,
        role=str(Role(one.actor_role).label) if one.actor_role in Role.values else _("the system"),
        reason=one.reason,
        changes=changes_in_words(one.before, one.after),
        hash_before=one.hash_before,
        hash_after=one.hash_after,
    )


def _change(name: str, before: Any, after: Any) -> ChangeShown:
    old, new = _lines(name, before), _lines(name, after)
    if len(old) > 1 or len(new) > 1:
        old, new = _differing(old, new)
    written = name in ("question", "consent_text", "moderation_policy", "seed_source")
    return ChangeShown(column_name(name), old, new, written, _exactly(name, before, after))


def _exactly(name: str, before: Any, after: Any) -> list[str]:
    if name != "plan":
        return []
    old, new = (
        plan_toml.written(Plan.from_dict(plan), {}).splitlines() for plan in (before, after)
    )
    gone, come = _differing(old, new)
    return [*(f"− {line}" for line in gone if line), *(f"+ {line}" for line in come if line)]


def column_name(name: str) -> str:
    """What a column is called on our pages."""
    if name in _NAMES:
        return str(_NAMES[name])
    field = RoundFields.base_fields.get(name)
    return str(field.label) if field is not None else name.replace("_", " ")


def _lines(name: str, value: Any) -> list[str]:
    """The value as people read it; empty for none."""
    if value is None or value == "":
        return []
    if name == "plan":
        return describe(value)
    if name in _DATES:
        return [moment(datetime.fromisoformat(value))]
    if name == "reason_codes":
        return [str(ReasonCode(code).label) for code in value]
    if isinstance(value, bool):
        return [_("yes") if value else _("no")]
    choices = dict(getattr(RoundFields.base_fields.get(name), "choices", ()))
    if value in choices:
        return [str(choices[value])]
    return [part for part in str(value).split("\n") if part.strip()]


def _differing(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Only the lines that are not in both."""
    old: list[str] = []
    new: list[str] = []
    for same, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if same != "equal":
            old += before[a:b]
            new += after[c:d]
    return old, new

"""What moderators are told about what they did."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _

from deliberation.figures import listed
from deliberation.models import ModerationDecision
from deliberation.models.moderation import Decision
from deliberation.services.undo_rewrite import Rewrite
from deliberation.texts import isolated


def said(made: Sequence[ModerationDecision]) -> str:
    """One sentence about decisions that were made in one go. There is at least one."""
    if len(made) == 1:
        around = "rtl" if get_language_bidi() else "ltr"
        return _about_one(made[0].decision) % {"text": isolated(made[0].statement.text, around)}
    return _about_many(made[0].decision, len(made)) % {"n": len(made)}


def said_undone(rewrite: Rewrite) -> str:
    """One sentence about a rewrite that was taken back."""
    words = ngettext(
        "Taken back. Statement %(numbers)s is as it was before.",
        "Taken back. Statements %(numbers)s are as they were before.",
        len(rewrite.old),
    )
    return words % {"numbers": listed(one.number for one in rewrite.old)}


def _about_one(decision: str) -> str:
    if decision == Decision.ACCEPT:
        return _("Accepted: “%(text)s”")
    if decision == Decision.REJECT:
        return _("Rejected: “%(text)s”")
    return _("Taken back. It waits again: “%(text)s”")


def _about_many(decision: str, n: int) -> str:
    if decision == Decision.ACCEPT:
        return ngettext("%(n)d statement accepted.", "%(n)d statements accepted.", n)
    if decision == Decision.REJECT:
        return ngettext("%(n)d statement rejected.", "%(n)d statements rejected.", n)
    return ngettext(
        "Taken back: %(n)d statement waits again.", "Taken back: %(n)d statements wait again.", n
    )

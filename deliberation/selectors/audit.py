"""The audit trail in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation.models import AuditEntry, Deliberation

# Actions of other apps that are missing here are shown under their own name.
ACTIONS = {
    "deliberation.created": gettext_lazy("Deliberation created"),
    "deliberation.copied": gettext_lazy("Begun from another deliberation"),
    "deliberation.imported": gettext_lazy("Deliberation imported"),
    "deliberation.exported": gettext_lazy("Bundle taken along"),
    "deliberation.edited": gettext_lazy("Settings changed"),
    "statements.seeded": gettext_lazy("Seed statements added"),
    "statement.accepted": gettext_lazy("Statement accepted"),
    "statement.rejected": gettext_lazy("Statement rejected"),
    "statement.reworded": gettext_lazy("Statement reworded"),
    "statement.split": gettext_lazy("Statement split"),
    "statements.merged": gettext_lazy("Statements merged"),
    "statements.accepted": gettext_lazy("Statements accepted together"),
    "statements.rejected": gettext_lazy("Statements rejected together"),
    "statements.undone": gettext_lazy("Decision taken back"),
    "rewrite.undone": gettext_lazy("A rewrite taken back"),
    "statement.appealed": gettext_lazy("An author asked for a second look"),
    "seats.issued": gettext_lazy("Seats issued"),
    "seat.revoked": gettext_lazy("Seat revoked"),
    "seat.reissued": gettext_lazy("New link for a seat"),
    "panel.changed": gettext_lazy("Ways onto the panel changed"),
    "people.invited": gettext_lazy("People invited"),
    "people.reminded": gettext_lazy("Reminders sent"),
    "people.tried_again": gettext_lazy("Letters that failed sent again"),
    "letters.printed": gettext_lazy("Letters printed"),
    "letter.reworded": gettext_lazy("Own words written for a letter"),
    "letter.reset": gettext_lazy("Standard words in a letter again"),
    "contacts.added": gettext_lazy("Contacts added"),
    "contacts.deleted": gettext_lazy("Contacts deleted"),
    "contact.edited": gettext_lazy("A contact changed"),
    "contact.written_again": gettext_lazy("A seat link sent again"),
    "question.added": gettext_lazy("Question about oneself added"),
    "question.edited": gettext_lazy("Question about oneself changed"),
    "question.removed": gettext_lazy("Question about oneself removed"),
    "question.moved": gettext_lazy("Question about oneself moved"),
    "participant.withdrew": gettext_lazy("Someone left the panel"),
    "round.opened": gettext_lazy("Round opened"),
    "round.proposals_ended": gettext_lazy("Proposing ended"),
    "round.paused": gettext_lazy("Round paused"),
    "round.resumed": gettext_lazy("Round resumed"),
    "round.dates_set": gettext_lazy("Dates set"),
    "round.reopened": gettext_lazy("Round opened again"),
    "round.closed": gettext_lazy("Round closed"),
    "round.amended": gettext_lazy("Something fixed was amended in public"),
    "exclusions.applied": gettext_lazy("Votes left out by the plan’s rule"),
    "quotas.saved": gettext_lazy("Quotas of the lottery saved"),
    "pool.list_added": gettext_lazy("A list came into the pool"),
    "pool.emptied": gettext_lazy("The pool was emptied"),
    "pool.sign_up_set": gettext_lazy("Sign-up page changed"),
    "pool.fixed": gettext_lazy("The pool was fixed"),
    "pool.reopened": gettext_lazy("The pool was opened again"),
    "draw.asked": gettext_lazy("A draw was asked for"),
    "draw.stopped": gettext_lazy("A draw was stopped"),
    "draw.made": gettext_lazy("A panel was drawn"),
    "drawn.invited": gettext_lazy("People who were drawn are invited"),
    "drawn.answered": gettext_lazy("An answer of someone drawn was noted"),
    "drawn.given_up": gettext_lazy("Places of people who did not answer became free"),
    "not_drawn.told": gettext_lazy("People who were not drawn are told"),
    "polis.imported": gettext_lazy("Votes imported"),
    "run.queued": gettext_lazy("Run asked for"),
    "version.drafted": gettext_lazy("Constitution drafted"),
    "version.published": gettext_lazy("Constitution published"),
    "principle.moved": gettext_lazy("Principle moved"),
    "principle.edited": gettext_lazy("Principle reworded"),
    "principle.removed": gettext_lazy("Principle removed"),
    "member.invited": gettext_lazy("Someone was asked to work here"),
    "member.invited_again": gettext_lazy("Invitation sent again"),
    "member.invitation_withdrawn": gettext_lazy("Invitation withdrawn"),
    "member.joined": gettext_lazy("Someone accepted an invitation"),
    "member.role_changed": gettext_lazy("Another role was given"),
    "member.removed": gettext_lazy("A role was taken away"),
    "member.left": gettext_lazy("Someone gave up their role"),
    "deliberation.two_people_on": gettext_lazy("Two people are asked for from now on"),
    "deliberation.two_people_off": gettext_lazy("One person is enough from now on"),
    "approval.asked": gettext_lazy("A second person was asked for"),
    "approval.agreed": gettext_lazy("A second person agreed"),
    "approval.refused": gettext_lazy("A request for a second person was refused"),
    "approval.taken_back": gettext_lazy("A request for a second person was taken back"),
    "approval.replaced": gettext_lazy("A request for a second person gave way to another"),
    "comparison.decided": gettext_lazy("Place in the comparison decided"),
}


@dataclass(frozen=True)
class AuditRow:
    """One line: when, who, what, on what, with which details."""

    at: datetime
    who: str
    action: str
    subject: str
    details: list[tuple[str, str]]


def audit_entries(deliberation: Deliberation) -> QuerySet[AuditEntry]:
    """All entries, newest first."""
    return (
        AuditEntry.objects.filter(deliberation=deliberation).select_related("actor").order_by("-id")
    )


def audit_row(entry: AuditEntry) -> AuditRow:
    """An entry as people read it."""
    return AuditRow(
        at=entry.created_at,
        who=str(entry.actor) if entry.actor else _("the system"),
        action=str(ACTIONS.get(entry.action, entry.action.replace("_", " ").replace(".", ": "))),
        subject=entry.subject,
        details=[(name.replace("_", " "), _plain(v)) for name, v in entry.detail.items() if v],
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    return str(value).replace("_", " ")

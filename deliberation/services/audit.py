"""Every change of a deliberation leaves a line."""

from __future__ import annotations

from typing import Any

from deliberation.models import AuditEntry, Deliberation, User


def record(
    *,
    deliberation: Deliberation,
    actor: User | None,
    action: str,
    subject: str = "",
    **detail: Any,
) -> AuditEntry:
    """Append an audit entry. Call it inside the transaction of the change itself.

    action : "thing.done", e.g. "round.opened". actor : None for the system.
    """
    return AuditEntry.objects.create(
        deliberation=deliberation, actor=actor, action=action, subject=subject, detail=detail
    )

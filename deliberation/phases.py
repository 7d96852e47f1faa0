"""What each role may do in each phase: one literal table, and nothing else decides it.

A participant is whoever sits on a seat; an observer is anyone. Organiser roles are those of
``Role``. An action that is not listed is refused.
"""

from __future__ import annotations

from typing import Final

PARTICIPANT: Final = "participant"
OBSERVER: Final = "observer"

_OWNER_ALWAYS = frozenset({"view", "audit", "members"})
_SET_UP = frozenset({"edit", "seed", "moderate", "recruit", "open"})
_WHILE_OPEN = frozenset({"moderate", "recruit", "close"})
_AFTERWARDS = frozenset({"run", "draft", "publish"})

PHASES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "draft": {
        "owner": _OWNER_ALWAYS | _SET_UP,
        "organiser": frozenset({"view", "audit"}) | _SET_UP,
        "moderator": frozenset({"view", "moderate"}),
        "recruiter": frozenset({"view", "recruit"}),
        "auditor": frozenset({"view", "audit"}),
        PARTICIPANT: frozenset({"join"}),
        OBSERVER: frozenset(),
    },
    "propose": {
        "owner": _OWNER_ALWAYS | _WHILE_OPEN | {"seed", "end_proposals"},
        "organiser": frozenset({"view", "audit"}) | _WHILE_OPEN | {"seed", "end_proposals"},
        "moderator": frozenset({"view", "moderate"}),
        "recruiter": frozenset({"view", "recruit"}),
        "auditor": frozenset({"view", "audit"}),
        PARTICIPANT: frozenset({"join", "vote", "propose", "withdraw"}),
        OBSERVER: frozenset({"read_statements"}),
    },
    "vote": {
        "owner": _OWNER_ALWAYS | _WHILE_OPEN,
        "organiser": frozenset({"view", "audit"}) | _WHILE_OPEN,
        "moderator": frozenset({"view", "moderate"}),
        "recruiter": frozenset({"view", "recruit"}),
        "auditor": frozenset({"view", "audit"}),
        PARTICIPANT: frozenset({"join", "vote", "withdraw"}),
        OBSERVER: frozenset({"read_statements"}),
    },
    "closed": {
        "owner": _OWNER_ALWAYS | _AFTERWARDS,
        "organiser": frozenset({"view", "audit"}) | _AFTERWARDS,
        "moderator": frozenset({"view"}),
        "recruiter": frozenset({"view"}),
        "auditor": frozenset({"view", "audit"}),
        PARTICIPANT: frozenset(),
        OBSERVER: frozenset({"read_statements", "read_report"}),
    },
}


def allows(phase: str, role: str, action: str) -> bool:
    """Whether ``role`` may do ``action`` while the round is in ``phase``.

    Raises KeyError for a phase or role that the table does not know.
    """
    return action in PHASES[phase][role]


def ever_allowed(role: str, action: str) -> bool:
    """Whether ``role`` may do ``action`` in any phase: tells a wrong role from a wrong phase."""
    return any(action in roles[role] for roles in PHASES.values())

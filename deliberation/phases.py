"""What each role may do in each phase: one literal table, and nothing else decides it.

A participant is whoever sits on a seat; an observer is anyone. Organiser roles are those of
``Role``. An action that is not listed is refused. "paused" is an open round that rests
(``Round.stage``).

view      read the workspace            edit      texts, plan and people before opening
audit     read the audit trail          seed      add seed statements
watch     see how the round goes        moderate  decide on statements
members   give and take roles           recruit   seats, links, invitations, replacements
copy      take the set-up along         contacts  see how to reach people
draw      pool, quotas and lottery      schedule  set dates
open, pause, resume, end_proposals, close, reopen: the phase moves
amend     change what was fixed, in public, with a reason
exclude   leave out votes by the rule that was fixed before
run, draft, publish: what comes after closing
"""

from __future__ import annotations

from typing import Final

PARTICIPANT: Final = "participant"
OBSERVER: Final = "observer"

_ORGANISER = frozenset({"view", "audit", "watch", "copy"})
_OWNER = _ORGANISER | {"members", "contacts"}
_MODERATOR = frozenset({"view", "watch"})
_RECRUITER = frozenset({"view", "watch", "contacts"})
_AUDITOR = frozenset({"view", "audit", "watch"})

_SET_UP = frozenset({"edit", "seed", "moderate", "recruit", "draw", "schedule", "open"})
_WHILE_OPEN = frozenset({"moderate", "recruit", "draw", "schedule", "close", "amend", "exclude"})
_RUNNING = _WHILE_OPEN | {"pause"}
_AFTERWARDS = frozenset({"run", "draft", "publish", "reopen"})

PHASES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "draft": {
        "owner": _OWNER | _SET_UP,
        "organiser": _ORGANISER | _SET_UP,
        "moderator": _MODERATOR | {"moderate"},
        "recruiter": _RECRUITER | {"recruit", "draw"},
        "auditor": _AUDITOR,
        PARTICIPANT: frozenset({"join", "withdraw"}),
        OBSERVER: frozenset(),
    },
    "propose": {
        "owner": _OWNER | _RUNNING | {"seed", "end_proposals"},
        "organiser": _ORGANISER | _RUNNING | {"seed", "end_proposals"},
        "moderator": _MODERATOR | {"moderate"},
        "recruiter": _RECRUITER | {"recruit", "draw"},
        "auditor": _AUDITOR,
        PARTICIPANT: frozenset({"join", "vote", "propose", "withdraw"}),
        OBSERVER: frozenset({"read_statements"}),
    },
    "vote": {
        "owner": _OWNER | _RUNNING,
        "organiser": _ORGANISER | _RUNNING,
        "moderator": _MODERATOR | {"moderate"},
        "recruiter": _RECRUITER | {"recruit", "draw"},
        "auditor": _AUDITOR,
        PARTICIPANT: frozenset({"join", "vote", "withdraw"}),
        OBSERVER: frozenset({"read_statements"}),
    },
    "paused": {
        "owner": _OWNER | _WHILE_OPEN | {"resume"},
        "organiser": _ORGANISER | _WHILE_OPEN | {"resume"},
        "moderator": _MODERATOR | {"moderate"},
        "recruiter": _RECRUITER | {"recruit", "draw"},
        "auditor": _AUDITOR,
        PARTICIPANT: frozenset({"join", "withdraw"}),
        OBSERVER: frozenset({"read_statements"}),
    },
    "closed": {
        "owner": _OWNER | _AFTERWARDS,
        "organiser": _ORGANISER | _AFTERWARDS,
        "moderator": _MODERATOR,
        "recruiter": _RECRUITER,
        "auditor": _AUDITOR,
        # Leaving is always allowed; the votes of a closed round stay.
        PARTICIPANT: frozenset({"withdraw"}),
        OBSERVER: frozenset({"read_statements", "read_report"}),
    },
}


def allows(stage: str, role: str, action: str) -> bool:
    """Whether ``role`` may do ``action`` while the round is in ``stage`` (``Round.stage``).

    Raises KeyError for a stage or role that the table does not know.
    """
    return action in PHASES[stage][role]


def ever_allowed(role: str, action: str) -> bool:
    """Whether ``role`` may do ``action`` in any phase: tells a wrong role from a wrong phase."""
    return any(action in roles[role] for roles in PHASES.values())

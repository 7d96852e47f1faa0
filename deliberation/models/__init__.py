"""Tables of people, rounds, statements and votes."""

from .audit import AuditEntry
from .deliberations import Deliberation, Membership
from .moderation import ModerationDecision
from .panels import Contact, Exclusion, ImportedGroup, Panel, Participant, Seat
from .rounds import Round
from .statements import Statement, StatementLineage
from .users import SignInLink, User
from .votes import Exposure, Vote, VoteEvent

__all__ = [
    "AuditEntry",
    "Contact",
    "Deliberation",
    "Exclusion",
    "Exposure",
    "ImportedGroup",
    "Membership",
    "ModerationDecision",
    "Panel",
    "Participant",
    "Round",
    "Seat",
    "SignInLink",
    "Statement",
    "StatementLineage",
    "User",
    "Vote",
    "VoteEvent",
]

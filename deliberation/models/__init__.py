"""Tables of people, rounds, statements and votes."""

from .audit import AuditEntry
from .consent import ConsentText
from .contacts import Notice, ProfileAnswer, ProfileQuestion, Subscription, VendorReference
from .deliberations import Deliberation, Membership
from .limits import RateLimit
from .moderation import Appeal, ModerationDecision
from .panels import Contact, Exclusion, ImportedGroup, Panel, Participant, Seat
from .rounds import Round
from .statements import Statement, StatementLineage
from .users import SignInLink, User
from .votes import Exposure, Vote, VoteEvent

__all__ = [
    "Appeal",
    "AuditEntry",
    "ConsentText",
    "Contact",
    "Deliberation",
    "Exclusion",
    "Exposure",
    "ImportedGroup",
    "Membership",
    "ModerationDecision",
    "Notice",
    "Panel",
    "Participant",
    "ProfileAnswer",
    "ProfileQuestion",
    "RateLimit",
    "Round",
    "Seat",
    "SignInLink",
    "Statement",
    "StatementLineage",
    "Subscription",
    "User",
    "VendorReference",
    "Vote",
    "VoteEvent",
]

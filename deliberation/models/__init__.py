"""Tables of people, rounds, statements and votes."""

from .audit import AuditEntry
from .consent import ConsentText
from .contacts import Notice, ProfileAnswer, ProfileQuestion, Subscription, VendorReference
from .deliberations import Approval, Deliberation, MemberInvitation, Membership
from .limits import RateLimit
from .moderation import Appeal, Claim, ModerationDecision
from .panels import Exclusion, ImportedGroup, Panel, Participant, Seat
from .recruiting import (
    Contact,
    Draw,
    DrawnMember,
    JoinTally,
    LetterText,
    ListUpload,
    Outgoing,
    Pool,
    PoolMember,
    Stratum,
    StratumValue,
)
from .rounds import Amendment, Round
from .statements import Statement, StatementLineage
from .users import SignInLink, User
from .votes import Exposure, Vote, VoteEvent
from .watching import HourTally, RoundWatch, StatementTally, VoterTally

__all__ = [
    "Amendment",
    "Appeal",
    "Approval",
    "AuditEntry",
    "Claim",
    "ConsentText",
    "Contact",
    "Deliberation",
    "Draw",
    "DrawnMember",
    "Exclusion",
    "Exposure",
    "HourTally",
    "ImportedGroup",
    "JoinTally",
    "LetterText",
    "ListUpload",
    "MemberInvitation",
    "Membership",
    "ModerationDecision",
    "Notice",
    "Outgoing",
    "Panel",
    "Participant",
    "Pool",
    "PoolMember",
    "ProfileAnswer",
    "ProfileQuestion",
    "RateLimit",
    "Round",
    "RoundWatch",
    "Seat",
    "SignInLink",
    "Statement",
    "StatementLineage",
    "StatementTally",
    "Stratum",
    "StratumValue",
    "Subscription",
    "User",
    "VendorReference",
    "Vote",
    "VoteEvent",
    "VoterTally",
]

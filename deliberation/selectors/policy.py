"""How statements are checked in a round, in words: for the public page about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Membership, Round
from deliberation.models.deliberations import Role
from deliberation.models.moderation import ReasonCode
from deliberation.models.rounds import ModerationMode
from deliberation.phases import allows
from deliberation.services.moderation import reasons_of

# For each reason what it means, and a sentence that would be turned down for it. Our own words.
_MEANING: Final[dict[str, tuple[Promise, Promise]]] = {
    ReasonCode.OFF_TOPIC: (
        _("It is about something that the question does not ask."),
        _("The bus to the lake should run on Sundays."),
    ),
    ReasonCode.DUPLICATE: (
        _("Another statement says the same. Votes on one idea should not be split in two."),
        _("It must tell the truth. (There is already: “It should never lie.”)"),
    ),
    ReasonCode.UNCLEAR: (
        _("Strangers cannot know what they would agree to."),
        _("Do it as we said last time."),
    ),
    ReasonCode.SEVERAL_IDEAS: (
        _("Someone may agree with one half only. Often it is split in two instead."),
        _("It should be polite, and every school should have one."),
    ),
    ReasonCode.PERSONAL_DATA: (
        _("It names or describes someone who is not in public office, or says how to reach them."),
        _("It should not answer like my neighbour from number 12."),
    ),
    ReasonCode.ABUSIVE: (
        _("It insults people, or calls for harm to them. Hard words about things are allowed."),
        _("Whoever disagrees should be chased out of town."),
    ),
    ReasonCode.SPAM: (
        _("It sells something, or was sent again and again."),
        _("Get twenty percent off at our shop this week."),
    ),
    ReasonCode.LANGUAGE: (
        _("The others vote in another language. Send it again in theirs."),
        _("A sentence in Icelandic where everyone votes in English."),
    ),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason for which a statement may be turned down, what it means, and an example."""

    words: str
    meaning: str
    example: str


@dataclass(frozen=True)
class Policy:
    """What is checked, when, by whom, and what authors can do.

    hours : within which a moderator decides. roles : of those who moderate, in words.
    someone_else : at least two people moderate, so that another one can look again.
    """

    before: bool
    hours: int
    grounds: list[Ground]
    roles: list[str]
    someone_else: bool
    rules: str


def policy(round: Round) -> Policy:
    """The policy of a round, as it was fixed at its opening."""
    moderating = [role for role in Role if allows("propose", role.value, "moderate")]
    held = list(
        Membership.objects.filter(
            deliberation=round.deliberation_id, role__in=moderating, user__is_active=True
        ).values_list("role", flat=True)
    )
    return Policy(
        before=round.moderation == ModerationMode.BEFORE,
        hours=round.moderation_hours,
        grounds=[_ground(code) for code in reasons_of(round)],
        roles=[str(role.label) for role in moderating if role.value in held],
        someone_else=len(held) > 1,
        rules=round.moderation_policy,
    )


def _ground(code: ReasonCode) -> Ground:
    meaning, example = _MEANING[code]
    return Ground(str(code.label), str(meaning), str(example))

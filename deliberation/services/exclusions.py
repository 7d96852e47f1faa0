"""Leaving votes out by the rule that was fixed before opening: all whom it meets, or none.

Nobody chooses people here. The rule is applied to the votes and decisions as they stand; applied
again later, it takes in whom it meets by then and lets go whom it meets no longer. The votes
themselves stay in the record, and the report shows the outcome with and without them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deliberation.models import Exclusion, Round, User
from deliberation.models.deliberations import TwoPeopleAction
from deliberation.models.panels import ExclusionReason
from deliberation.models.rounds import ExclusionRule

from . import locks
from .approvals import agreed
from .audit import record
from .errors import WrongPhase

# People of the panel whose every vote in the round is of one value, with so many votes at least,
# and who wrote something that was turned down as advertising or insult, by its latest decision.
_MET: Final = """
    SELECT p.id, p.number FROM deliberation_participant p
    WHERE p.deliberation_id = %(deliberation)s AND p.withdrawn_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM deliberation_exclusion x
        WHERE x.participant_id = p.id AND x.reason <> 'straight_and_spam'
    )
    AND EXISTS (
        SELECT 1 FROM deliberation_statement s JOIN LATERAL (
            SELECT d.decision, d.reason FROM deliberation_moderationdecision d
            WHERE d.statement_id = s.id ORDER BY d.id DESC LIMIT 1
        ) last ON true
        WHERE s.author_id = p.id AND s.round_id = %(round)s AND s.status = 'rejected'
            AND last.decision = 'reject' AND last.reason IN ('spam', 'abusive')
    )
    AND (
        SELECT count(*) >= %(least)s AND count(DISTINCT v.value) = 1 FROM deliberation_vote v
        WHERE v.participant_id = p.id AND v.round_id = %(round)s
    )
    ORDER BY p.number
"""


@dataclass(frozen=True)
class Matches:
    """Whom the rule meets now, by number: all, those not yet left out, and those it let go.

    digest : names exactly this change, so that nobody agrees to another one.
    """

    people: tuple[int, ...]
    to_exclude: tuple[int, ...]
    to_let_go: tuple[int, ...]
    digest: str

    @property
    def anything(self) -> bool:
        """Whether applying the rule would change anything."""
        return bool(self.to_exclude or self.to_let_go)


@dataclass(frozen=True)
class Applied:
    """What came of it. ``done`` is False where a second person has to agree first."""

    done: bool
    excluded: int = 0
    let_go: int = 0


def matches(round: Round) -> Matches:
    """Whom the rule of the round meets now. Nobody, where the plan has no rule."""
    met = _met(round) if round.exclusion_rule == ExclusionRule.STRAIGHT_AND_SPAM else {}
    out = set(_by_rule(round).values_list("participant__number", flat=True))
    to_exclude, to_let_go = sorted(met.keys() - out), sorted(out - met.keys())
    named = f"{round.pk}.{round.exclusion_rule}.{to_exclude}.{to_let_go}"
    digest = hashlib.sha256(named.encode()).hexdigest()
    return Matches(tuple(met), tuple(to_exclude), tuple(to_let_go), digest)


def apply_rule(*, round: Round, actor: User, digest: str) -> Applied:
    """Leave out the votes of all whom the rule meets, or ask a second person to agree.

    digest : of the matches that the actor has seen.
    Votes in flight are waited for. Raises WrongPhase if the round is not open, has no rule, or if
    the matches are others by now.
    """
    with transaction.atomic():
        locks.hold(locks.ROUND, round.pk)
        round = Round.objects.select_related("deliberation").get(pk=round.pk)
        if not round.is_open:
            raise WrongPhase(_("Votes can be left out until the round is closed, and not after."))
        if round.exclusion_rule == ExclusionRule.NONE:
            raise WrongPhase(_("The plan has no rule by which votes are left out."))
        found = matches(round)
        if found.digest != digest or not found.anything:
            raise WrongPhase(_("The list has changed in the meantime. Please look at it again."))
        action = TwoPeopleAction.EXCLUDE
        if not agreed(deliberation=round.deliberation, action=action, digest=digest, actor=actor):
            return Applied(done=False)
        return _apply(round, found, actor)


def _apply(round: Round, found: Matches, actor: User) -> Applied:
    keys = _met(round)
    _by_rule(round).filter(participant__number__in=found.to_let_go).delete()
    Exclusion.objects.bulk_create(
        Exclusion(
            participant_id=keys[number],
            reason=ExclusionReason.STRAIGHT_AND_SPAM,
            detail=f"round {round.number}",
            actor=actor,
        )
        for number in found.to_exclude
    )
    record(
        deliberation=round.deliberation,
        actor=actor,
        action="exclusions.applied",
        subject=f"round {round.number}",
        rule=round.exclusion_rule,
        left_out=len(found.to_exclude),
        let_go=len(found.to_let_go),
    )
    return Applied(done=True, excluded=len(found.to_exclude), let_go=len(found.to_let_go))


def _met(round: Round) -> dict[int, int]:
    """Primary keys by number, of people whom the rule meets and no other reason leaves out."""
    given = {
        "deliberation": round.deliberation_id,
        "round": round.pk,
        "least": round.straight_votes,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MET, given)
        return {int(number): int(key) for key, number in cursor.fetchall()}


def _by_rule(round: Round) -> QuerySet[Exclusion]:
    return Exclusion.objects.filter(
        participant__deliberation=round.deliberation_id, reason=ExclusionReason.STRAIGHT_AND_SPAM
    )

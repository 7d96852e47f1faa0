"""Dates at which a round moves by itself.

A worker moves rounds that are due. It may come late: from the announced moment on the database
refuses votes by its own clock (migration 0006) and statements are refused here, so what counts is
what was cast in time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Round, User
from deliberation.models.rounds import OPEN_PHASES, AmendmentKind, Phase

from . import locks
from .amendments import record_amendment
from .audit import record
from .errors import Invalid, ServiceError, WrongPhase
from .opening import needs_two_people
from .rounds import close_round, end_proposals, open_round

DATES: Final = ("opens_at", "proposals_end_at", "closes_at")

log = structlog.get_logger(__name__)


def set_dates(
    *,
    round: Round,
    actor: User | None,
    role: str,
    opens_at: datetime | None,
    proposals_end_at: datetime | None,
    closes_at: datetime | None,
    reason: str = "",
) -> Round:
    """Set or take away the dates. None means: by hand.

    Once the round is open, its participants count on the dates: a change is a public amendment
    and needs a reason. Raises Invalid naming the field, WrongPhase after closing.
    """
    given = {"opens_at": opens_at, "proposals_end_at": proposals_end_at, "closes_at": closes_at}
    with transaction.atomic():
        locks.hold(locks.ROUND, round.pk)
        round = Round.objects.select_for_update().select_related("deliberation").get(pk=round.pk)
        if round.phase == Phase.CLOSED:
            raise WrongPhase(_("The round is closed. Its dates no longer change."))
        before = {name: getattr(round, name) for name in DATES}
        if round.is_open:
            given["opens_at"] = before["opens_at"]
        changed = [name for name in DATES if given[name] != before[name]]
        if not changed:
            return round
        _check(round, given, changed)
        if round.is_open:
            record_amendment(
                round=round,
                kind=AmendmentKind.DATES,
                actor=actor,
                role=role,
                reason=_with_reason(reason),
                before={name: _iso(before[name]) for name in changed},
                after={name: _iso(given[name]) for name in changed},
            )
        Round.objects.filter(pk=round.pk).update(**given)
        record(
            deliberation=round.deliberation,
            actor=actor,
            action="round.dates_set",
            subject=f"round {round.number}",
            **{name: _iso(given[name]) for name in changed},
        )
        round.refresh_from_db()
    return round


def move_due_rounds() -> int:
    """Open, end proposing and close what is due. Returns how many rounds moved.

    A round that cannot open yet stays as it is; the workspace says what is missing.
    """
    return sum(_moved(round) for round in _due())


def _due() -> list[Round]:
    now = timezone.now()
    return list(
        Round.objects.filter(
            Q(phase=Phase.DRAFT, opens_at__lte=now)
            | Q(phase=Phase.PROPOSE, proposals_end_at__lte=now)
            | Q(phase__in=OPEN_PHASES, closes_at__lte=now)
        )
        .select_related("deliberation__panel")
        .order_by("pk")
    )


def _moved(round: Round) -> bool:
    now = timezone.now()
    try:
        if round.is_open and round.closes_at and round.closes_at <= now:
            close_round(round=round, actor=None, at=round.closes_at)
        elif round.phase == Phase.PROPOSE:
            end_proposals(round=round, actor=None)
        else:
            open_by_date(round)
    except ServiceError as error:
        log.info("round not moved", round=round.pk, reason=error.message)
        return False
    return True


def open_by_date(round: Round) -> None:
    """Open it for proposing; for voting only where proposing would end before it began.

    Raises WrongPhase where something is missing, and where opening needs two people: a date is
    set by one.
    """
    if needs_two_people(round):
        raise WrongPhase(_("Opening needs two people here. Open the round by hand."))
    ended = round.proposals_end_at is not None and round.proposals_end_at <= timezone.now()
    open_round(round=round, actor=None, phase=Phase.VOTE if ended else Phase.PROPOSE)


def _check(round: Round, given: dict[str, datetime | None], changed: list[str]) -> None:
    now = timezone.now()
    for name in changed:
        at = given[name]
        if at is not None and at <= now:
            raise Invalid(_("This moment is in the past."), field=name)
    if "proposals_end_at" in changed and round.phase == Phase.VOTE:
        raise Invalid(_("Proposing has ended already."), field="proposals_end_at")
    _in_order(given, "opens_at", "proposals_end_at", _("Proposing has to end after the opening."))
    _in_order(given, "opens_at", "closes_at", _("Closing has to come after the opening."))
    _in_order(
        given, "proposals_end_at", "closes_at", _("Closing has to come after the end of proposing.")
    )


def _in_order(given: dict[str, datetime | None], first: str, then: str, message: str) -> None:
    a, b = given[first], given[then]
    if a is not None and b is not None and b <= a:
        raise Invalid(message, field=then)


def _with_reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid(_("Say why the dates change. Participants will read it."), field="reason")
    return reason.strip()


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""

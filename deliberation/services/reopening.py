"""Opening a closed round again: possible, public, and never silent."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Notice, Round, User
from deliberation.models.contacts import Moment
from deliberation.models.rounds import AmendmentKind, Phase

from . import locks
from .amendments import record_amendment
from .audit import record
from .errors import Invalid, WrongPhase
from .withdrawal import take_back_votes_of_the_gone


def reopen_round(
    *, round: Round, actor: User | None, role: str, reason: str, closes_at: datetime | None = None
) -> Round:
    """Take votes again, on the statements that are there. The amendment says why.

    What was counted before is kept and stops being the result; closing counts anew.
    closes_at : when it closes again by itself; None: by hand.
    Raises WrongPhase for a round that is not closed, whose constitution is published or that has
    a later round; Invalid naming the field.
    """
    if not reason.strip():
        raise Invalid(_("Say why voting is opened again. Everybody reads it."), field="reason")
    if closes_at is not None and closes_at <= timezone.now():
        raise Invalid(_("This moment is in the past."), field="closes_at")
    try:
        with transaction.atomic():
            locks.hold(locks.ROUND, round.pk)
            round = (
                Round.objects.select_for_update().select_related("deliberation").get(pk=round.pk)
            )
            _refuse(round)
            return _reopened(round, actor, role, reason.strip(), closes_at)
    except IntegrityError as error:
        if "one_open_round" not in str(error):
            raise
        raise WrongPhase(_("Another round of this deliberation is open.")) from error


def _refuse(round: Round) -> None:
    if round.phase != Phase.CLOSED:
        raise WrongPhase(
            _("This round is in the phase “%(phase)s”.") % {"phase": round.stage_words}
        )
    if round.deliberation.published_at is not None:
        raise WrongPhase(_("The constitution is published. Its round cannot be opened again."))
    if Round.objects.filter(deliberation=round.deliberation, number__gt=round.number).exists():
        raise WrongPhase(_("A later round builds on this one."))


def _reopened(
    round: Round, actor: User | None, role: str, reason: str, closes_at: datetime | None
) -> Round:
    closed_at = round.closed_at
    record_amendment(
        round=round,
        kind=AmendmentKind.REOPENED,
        actor=actor,
        role=role,
        reason=reason,
        before={"closed_at": closed_at.isoformat() if closed_at else ""},
        after={"closes_at": closes_at.isoformat() if closes_at else ""},
        closed_before=closed_at,
    )
    round.phase, round.closed_at, round.closes_at = Phase.VOTE, None, closes_at
    round.save(update_fields=["phase", "closed_at", "closes_at"])
    take_back_votes_of_the_gone(round=round, at=timezone.now())
    # People are told again: that it was opened, and later that it has closed.
    Notice.objects.filter(round=round, moment__in=(Moment.CLOSED, Moment.REOPENED)).delete()
    record(
        deliberation=round.deliberation,
        actor=actor,
        action="round.reopened",
        subject=f"round {round.number}",
        reason=reason,
    )
    return round

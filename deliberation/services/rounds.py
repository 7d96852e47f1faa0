"""Phases move here, and only here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aggregation.engine import Plan
from deliberation.models import DrawnMember, Round, User
from deliberation.models.recruiting import DrawState
from deliberation.models.rounds import OPEN_PHASES, Phase
from deliberation.plan_check import plan_problems
from deliberation.plan_words import shows_small_groups
from deliberation.texts import clean

from . import locks
from .audit import record
from .consent import text_hash
from .errors import Invalid, WrongPhase

# What the template leaves to the organiser; a link in Markdown has its address behind it.
_LEFT_OPEN = re.compile(r"\[[^\[\]]+\](?![(\[:])")


@dataclass(frozen=True)
class Missing:
    """One thing to do before opening. ``page`` is the URL name of the page where to do it."""

    page: str
    text: str


def missing_before_opening(round: Round) -> list[Missing]:
    """What still stands between this round and its opening, in the order of the way."""
    texts, plan = _missing_texts(round), _missing_in_plan(round)
    return [
        *(Missing("round_settings", text) for text in texts),
        *(Missing("plan", text) for text in plan),
        *(Missing("panel", text) for text in _missing_people(round)),
        *(Missing("seeds", text) for text in _missing_seeds(round)),
    ]


def what_is_missing(round: Round) -> list[str]:
    """The same in plain words only."""
    return [one.text for one in missing_before_opening(round)]


def _missing_texts(round: Round) -> list[str]:
    missing = []
    if not round.question.strip():
        missing.append(_("Write the question."))
    if not round.consent_text.strip():
        missing.append(_("Write the consent text that people agree to."))
    if _LEFT_OPEN.search(round.consent_text):
        missing.append(_("Replace what stands in [square brackets] in the consent text."))
    return missing


def _missing_in_plan(round: Round) -> list[str]:
    if shows_small_groups(Plan.from_dict(round.plan)):
        return [
            _(
                "This plan cannot be run here: it would publish votes by what people say of "
                "themselves."
            )
        ]
    return plan_problems(round)


def _missing_people(round: Round) -> list[str]:
    panel = round.deliberation.panel
    if panel.open_link or panel.vendor_link or panel.seats.exists():
        return []
    if DrawnMember.objects.filter(draw__pool__panel=panel, draw__state=DrawState.DONE).exists():
        return [_("Invite the people who were drawn, so that they can join.")]
    return [_("Issue seats or allow the open link, so that people can join.")]


def _missing_seeds(round: Round) -> list[str]:
    if round.statements.counting().count() >= 3:
        return []
    return [_("Add at least three seed statements, so that voting can begin.")]


def frozen_hash(round: Round) -> str:
    """SHA-256 over all that is fixed at opening: question, seeds, plan, limits, consent text."""
    fixed = {
        "question": round.question,
        "seeds": list(round.statements.counting().order_by("number").values_list("number", "text")),
        "plan_hash": round.plan_hash,
        "statement_max_length": round.statement_max_length,
        "target_votes": round.target_votes,
        "min_votes_to_propose": round.min_votes_to_propose,
        "routing": round.routing,
        "min_exposures": round.min_exposures,
        "show_origin": round.show_origin,
        "ask_importance": round.ask_importance,
        "moderation": round.moderation,
        "moderation_hours": round.moderation_hours,
        "reason_codes": round.reason_codes,
        "moderation_policy": round.moderation_policy,
        "show_results": round.show_results,
        "seed_source": round.seed_source,
        "exclusion_rule": round.exclusion_rule,
        "straight_votes": round.straight_votes,
        "consent_text": round.consent_text,
    }
    canonical = json.dumps(fixed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def consent_hash(round: Round) -> str:
    """SHA-256 of the consent text, stored with each consent."""
    return text_hash(round.consent_text)


def open_round(*, round: Round, actor: User | None, phase: str = Phase.PROPOSE) -> Round:
    """Freeze question, plan and consent text, and let people in.

    phase : "propose" (propose and vote) or "vote" (vote only).
    Raises WrongPhase if something is missing or another round is open.
    """
    if phase not in OPEN_PHASES:
        raise WrongPhase(_("A round opens for proposing or for voting."))
    missing = what_is_missing(round)
    if missing:
        raise WrongPhase(" ".join(missing))
    try:
        return _move(round, {Phase.DRAFT}, phase, actor, "round.opened")
    except IntegrityError as error:
        if "one_open_round" not in str(error):
            raise
        raise WrongPhase(_("Another round of this deliberation is open.")) from error


def end_proposals(*, round: Round, actor: User | None) -> Round:
    """From now on people vote only."""
    return _move(round, {Phase.PROPOSE}, Phase.VOTE, actor, "round.proposals_ended")


def close_round(*, round: Round, actor: User | None, at: datetime | None = None) -> Round:
    """Close for good. Waits for votes in flight; afterwards no vote changes any more.

    at : the moment that was announced, where a worker closes a little later. No vote was taken in
    between, since the database refuses votes from that moment on.
    """
    return _move(round, set(OPEN_PHASES), Phase.CLOSED, actor, "round.closed", at=at)


def pause_round(*, round: Round, actor: User | None, reason: str) -> Round:
    """Take no votes and no statements for a while. Everybody reads why.

    Raises Invalid(field "reason"), WrongPhase if the round is not open or rests already.
    """
    reason = clean(reason)
    limit = Round._meta.get_field("pause_reason").max_length or 0
    if not reason:
        raise Invalid(_("Say why. Everybody who comes to vote reads it."), field="reason")
    if len(reason) > limit:
        raise Invalid(
            _("This is longer than %(limit)d characters.") % {"limit": limit}, field="reason"
        )
    with transaction.atomic():
        round = _held(round)
        if not round.is_open or round.paused_at:
            raise WrongPhase(_not_now(round))
        round.paused_at, round.pause_reason = timezone.now(), reason
        round.save(update_fields=["paused_at", "pause_reason"])
        _record(round, actor, "round.paused", reason=reason)
    return round


def resume_round(*, round: Round, actor: User | None) -> Round:
    """Go on where the round was paused. Raises WrongPhase if it does not rest."""
    with transaction.atomic():
        round = _held(round)
        if not round.paused_at:
            raise WrongPhase(_not_now(round))
        since, round.paused_at, round.pause_reason = round.paused_at, None, ""
        round.save(update_fields=["paused_at", "pause_reason"])
        _record(round, actor, "round.resumed", paused_since=since.isoformat())
    return round


def _move(
    round: Round,
    allowed_from: Iterable[str],
    to: str,
    actor: User | None,
    action: str,
    *,
    at: datetime | None = None,
) -> Round:
    with transaction.atomic():
        round = _held(round)
        if round.phase not in allowed_from:
            raise WrongPhase(_not_now(round))
        now = at or timezone.now()
        if round.phase == Phase.DRAFT:
            round.opened_at = now
            round.frozen_hash = frozen_hash(round)
        if to == Phase.CLOSED:
            round.closed_at = now
            round.paused_at, round.pause_reason = None, ""
        round.phase = to
        round.save()
        _record(round, actor, action, frozen_hash=round.frozen_hash)
    return round


def _held(round: Round) -> Round:
    """The round as it is now, held against votes and against others who would move it."""
    locks.hold(locks.ROUND, round.pk)
    return Round.objects.select_for_update().select_related("deliberation").get(pk=round.pk)


def _not_now(round: Round) -> str:
    return _("This round is in the phase “%(phase)s”.") % {"phase": round.stage_words}


def _record(round: Round, actor: User | None, action: str, **detail: str) -> None:
    record(
        deliberation=round.deliberation,
        actor=actor,
        action=action,
        subject=f"round {round.number}",
        **detail,
    )

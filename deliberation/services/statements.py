"""Statements come from seeds and from the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation.models import (
    Membership,
    ModerationDecision,
    Participant,
    Round,
    Statement,
    User,
    Vote,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.rounds import ModerationMode
from deliberation.models.statements import Origin, Status
from deliberation.phases import PARTICIPANT, allows
from deliberation.routing import initial_weight
from deliberation.texts import clean, fold

from . import locks
from .audit import record
from .errors import Duplicate, Invalid, NoSeat, NotAllowed, WrongPhase
from .guards import in_words


def propose(
    *, participant: Participant, round: Round, text: str, language: str | None = None
) -> Statement:
    """Store a statement by a participant.

    It waits for a moderator, or appears at once where the plan moderates afterwards.
    Raises Invalid(field "text"), Duplicate with the existing statement, NotAllowed, and
    WrongPhase, also for someone who has to vote on more statements first.
    """
    if participant.withdrawn_at is not None or participant.deliberation_id != round.deliberation_id:
        raise NotAllowed(_("You have no seat in this deliberation."))
    text = checked_text(text, round)
    with in_words(), transaction.atomic():
        locks.hold(locks.ROUND, round.pk)
        round.refresh_from_db()
        if not takes_statements(round):
            raise WrongPhase(_("New statements are no longer taken. You can still vote."))
        if not Participant.objects.filter(pk=participant.pk, withdrawn_at=None).exists():
            raise NoSeat(_("You have no seat in this deliberation."))  # left while we waited
        refuse_before_voting(participant, round)
        refuse_duplicate(text, round)
        at_once = round.moderation == ModerationMode.AFTER
        return Statement.objects.create(
            round=round,
            number=_next_number(round),
            text=text,
            folded=fold(text),
            language=language or round.deliberation.language,
            origin=Origin.PANEL,
            routing_weight=initial_weight(round.routing),
            author=participant,
            status=Status.ACCEPTED if at_once else Status.PENDING,
            created_at=timezone.now(),
        )


def takes_statements(round: Round) -> bool:
    """Whether the panel may propose now. An announced end holds, also if a worker comes late."""
    ended = round.proposals_end_at is not None and round.proposals_end_at <= timezone.now()
    return not ended and allows(round.stage, PARTICIPANT, "propose")


def add_seeds(*, round: Round, texts: Sequence[str], actor: User | None) -> list[Statement]:
    """Store the organiser's seeds, all or none. Seeds are accepted as they come.

    Blank lines are skipped, but counted, so that a message names the line people see.
    Raises Invalid naming the line, or WrongPhase once proposing has ended.
    """
    if round.phase not in ("draft", "propose"):
        raise WrongPhase(_("Seeds can be added until proposing ends."))
    with in_words(), transaction.atomic():
        locks.hold(locks.ROUND, round.pk)
        role = _role(round, actor)
        seeds = []
        for line, raw in enumerate(texts, start=1):
            if not raw.strip():
                continue
            text = _checked_line(raw, line, round)
            seeds.append(_create_seed(round, text, actor, role))
        record(
            deliberation=round.deliberation,
            actor=actor,
            action="statements.seeded",
            subject=f"round {round.number}",
            numbers=[seed.number for seed in seeds],
        )
    return seeds


def checked_text(text: str, round: Round) -> str:
    """The tidied text. Raises Invalid when it is empty or longer than the round allows."""
    text = clean(text)
    if not text:
        raise Invalid(_("Write your statement first."), field="text")
    if len(text) < 8:
        raise Invalid(_("This is too short for others to understand."), field="text")
    over = len(text) - round.statement_max_length
    if over > 0:
        raise Invalid(
            ngettext(
                "This is %(over)d character too long. The limit is %(limit)d.",
                "This is %(over)d characters too long. The limit is %(limit)d.",
                over,
            )
            % {"over": over, "limit": round.statement_max_length},
            field="text",
        )
    return text


@dataclass(frozen=True, slots=True)
class VotesFirst:
    """How many votes someone has cast on statements that count, and how many are needed."""

    cast: int
    needed: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.cast)


def votes_first(participant: Participant, round: Round) -> VotesFirst:
    """The votes that the plan asks for before the first statement of one's own.

    Never more than there are statements to vote on.
    """
    if not round.min_votes_to_propose:
        return VotesFirst(0, 0)
    counting = Statement.objects.counting().filter(round=round)
    cast = Vote.objects.filter(participant=participant, statement__in=counting).count()
    return VotesFirst(cast, min(round.min_votes_to_propose, counting.count()))


def refuse_before_voting(participant: Participant, round: Round) -> None:
    """Raise WrongPhase for someone who has to vote on more statements before proposing."""
    missing = votes_first(participant, round).missing
    if missing:
        raise WrongPhase(
            ngettext(
                "First vote on %(n)d more statement.",
                "First vote on %(n)d more statements.",
                missing,
            )
            % {"n": missing}
        )


def same_statement(text: str, round: Round) -> Statement | None:
    """The statement that says the same, folded, if it is accepted or waiting."""
    return (
        Statement.objects.filter(round=round, folded=fold(text))
        .exclude(status=Status.REJECTED)
        .order_by("number")
        .first()
    )


def refuse_duplicate(text: str, round: Round) -> None:
    """Raise Duplicate if the same sentence, folded, is accepted or waiting."""
    existing = same_statement(text, round)
    if existing is not None:
        raise Duplicate(_("This statement is already there."), existing=existing)


def _checked_line(raw: str, line: int, round: Round) -> str:
    try:
        text = checked_text(raw, round)
        refuse_duplicate(text, round)
    except Invalid as error:
        raise Invalid(
            _("Line %(line)d: %(problem)s") % {"line": line, "problem": error.message},
            field="texts",
        ) from error
    return text


def _role(round: Round, actor: User | None) -> str:
    """The role in which the actor works on the deliberation; empty for the system."""
    held = Membership.objects.filter(deliberation_id=round.deliberation_id, user=actor)
    return held.values_list("role", flat=True).first() or ""


def _create_seed(round: Round, text: str, actor: User | None, role: str) -> Statement:
    now = timezone.now()
    seed = Statement.objects.create(
        round=round,
        number=_next_number(round),
        text=text,
        folded=fold(text),
        language=round.deliberation.language,
        origin=Origin.SEED,
        routing_weight=initial_weight(round.routing),
        status=Status.ACCEPTED,
        created_at=now,
    )
    ModerationDecision.objects.create(
        statement=seed,
        decision=Decision.ACCEPT,
        reason=ReasonCode.FITS,
        actor=actor,
        actor_role=role,
        created_at=now,
    )
    return seed


def _next_number(round: Round) -> int:
    highest = round.statements.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1

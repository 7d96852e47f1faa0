"""Draws: asked for here, made by a worker (services/draw_job.py). Then letters and answers.

The first draw fills the panel from a pool that was fixed before the seed was known. People who
cannot come make room; replacement draws fill it, with the quotas that are left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.lottery import Quotas, remaining_quotas
from deliberation.lottery_words import FAILURE, not_drawn
from deliberation.messages import hint_on_commit
from deliberation.models import Contact, Draw, DrawnMember, Outgoing, Pool, Seat, User
from deliberation.models.recruiting import Answer, DrawState, MailKind

from . import locks
from .audit import record
from .errors import Invalid, WrongPhase
from .outbox import enqueue_many
from .panels import revoke_seat
from .pools import eligible
from .quotas import as_json, balances
from .recruiting import invite, only_paper_reaches

EXECUTE: Final = "deliberation.execute_draw"
ALGORITHM: Final = "leximin"
UNDER_WAY: Final = (DrawState.QUEUED, DrawState.RUNNING)


def start_draw(*, pool: Pool, seed: str, actor: User | None) -> Draw:
    """Ask for the draw of the whole panel. It is made once and for all.

    seed : public, and not known when the pool was fixed. Raises Invalid or WrongPhase.
    """
    with transaction.atomic():
        pool = _locked(pool)
        if pool.draws.filter(replacement=False, state=DrawState.DONE).exists():
            raise WrongPhase(_("The panel is drawn. There is no second try."))
        quotas = as_json(balances(pool.panel))
        return _ask(pool, seed, seats=pool.seats, quotas=quotas, replacement=False, actor=actor)


def start_replacement(*, pool: Pool, seed: str, actor: User | None) -> Draw:
    """Ask for a draw that fills the places of those who cannot come."""
    with transaction.atomic():
        pool = _locked(pool)
        places = open_places(pool)
        if places == 0:
            raise WrongPhase(_("No place is free. Nobody has to be replaced."))
        quotas = quotas_left(pool)
        return _ask(pool, seed, seats=places, quotas=quotas, replacement=True, actor=actor)


def cancel_draw(*, draw: Draw, actor: User | None) -> None:
    """Stop a draw that is not made yet; a worker that is at it finds that out and saves nothing.

    Raises WrongPhase once it is over.
    """
    deliberation = draw.pool.panel.deliberation
    stopped_by_hand = {"code": "stopped"}
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        stopped = Draw.objects.filter(pk=draw.pk, state__in=UNDER_WAY).update(
            state=DrawState.FAILED,
            message=not_drawn(stopped_by_hand),
            report={FAILURE: stopped_by_hand},
            lease_until=None,
            finished_at=timezone.now(),
        )
        if not stopped:
            raise WrongPhase(_("This draw is over."))
        record(
            deliberation=deliberation,
            actor=actor,
            action="draw.stopped",
            subject=f"draw {draw.number}",
        )


def staying(pool: Pool) -> QuerySet[DrawnMember]:
    """Everyone who was drawn and has not declined."""
    return DrawnMember.objects.filter(draw__pool=pool).exclude(answer=Answer.DECLINED)


def open_places(pool: Pool) -> int:
    """Seats of the first draw that nobody holds any more; 0 before it was made."""
    first = pool.draws.filter(replacement=False, state=DrawState.DONE).first()
    return max(first.seats - staying(pool).count(), 0) if first else 0


def quotas_left(pool: Pool) -> list[dict[str, object]]:
    """The quotas of a replacement draw, as a draw keeps them."""
    wanted = as_json(balances(pool.panel))
    held = [member.member.values for member in staying(pool).select_related("member")]
    return remaining_quotas(Quotas.from_json(wanted), held).to_json()


def answer(*, drawn: DrawnMember, comes: bool, actor: User | None = None) -> DrawnMember:
    """What someone says to being drawn, by their own link or through a recruiter.

    They may think again: until the place is given to someone else, or the seat is taken.
    Raises WrongPhase.
    """
    deliberation = drawn.draw.pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        drawn = DrawnMember.objects.select_related("seat", "draw").get(pk=drawn.pk)
        wanted = Answer.ACCEPTED if comes else Answer.DECLINED
        if drawn.answer == wanted and drawn.answered_at:
            return drawn
        if comes and drawn.answer == Answer.DECLINED:
            raise WrongPhase(_("This place was given up. It goes to someone else."))
        if not comes and drawn.seat and drawn.seat.taken_at:
            raise WrongPhase(
                _("The seat is taken already. Whoever sits there can leave by “Your part”.")
            )
        drawn.answer, drawn.answered_at = wanted, timezone.now()
        drawn.save(update_fields=["answer", "answered_at"])
        if not comes and drawn.seat and drawn.seat.revoked_at is None:
            revoke_seat(seat=drawn.seat, actor=actor)
        if actor is not None:
            record(
                deliberation=deliberation,
                actor=actor,
                action="drawn.answered",
                subject=f"draw {drawn.draw.number}",
                comes=comes,
            )
    return drawn


def give_up_on_silent(*, pool: Pool, before: datetime, actor: User | None) -> int:
    """Take silence for a no: of everyone whose letter went out before, and who never sat down.

    Returns how many places that makes free. ``answered_at`` stays empty: they said nothing.
    """
    deliberation = pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        silent = list(silent_since(pool, before).select_related("seat"))
        for drawn in silent:
            if drawn.seat is not None:
                revoke_seat(seat=drawn.seat, actor=actor)
        DrawnMember.objects.filter(pk__in=[drawn.pk for drawn in silent]).update(
            answer=Answer.DECLINED
        )
        record(deliberation=deliberation, actor=actor, action="drawn.given_up", people=len(silent))
    return len(silent)


def silent_since(pool: Pool, before: datetime) -> QuerySet[DrawnMember]:
    """Whoever was invited before this moment, has not answered and has not sat down."""
    return DrawnMember.objects.filter(
        draw__pool=pool, answer=Answer.OPEN, seat__created_at__lt=before, seat__taken_at=None
    )


def invite_drawn(*, draw: Draw, actor: User | None) -> int:
    """Give a seat, and a letter where there is an address, to everyone who was drawn.

    Whoever has a seat already is left alone. Returns how many are new.
    """
    deliberation = draw.pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        waiting = list(
            DrawnMember.objects.filter(draw=draw, answer=Answer.OPEN, seat=None)
            .exclude(member__contact=None)
            .select_related("member__contact")
        )
        contacts = [drawn.member.contact for drawn in waiting if drawn.member.contact]
        invite(deliberation=deliberation, contacts=contacts, kind=MailKind.DRAWN, actor=actor)
        seats = dict(
            Contact.objects.filter(pk__in=[c.pk for c in contacts]).values_list("pk", "seat_id")
        )
        for drawn in waiting:
            drawn.seat_id = seats.get(drawn.member.contact_id or 0)
        DrawnMember.objects.bulk_update(waiting, ["seat"])
        record(
            deliberation=deliberation,
            actor=actor,
            action="drawn.invited",
            subject=f"draw {draw.number}",
            people=len(waiting),
        )
    return len(waiting)


def untold(pool: Pool) -> QuerySet[Contact]:
    """Who was not drawn, has an address and was not told yet."""
    told = Outgoing.objects.filter(kind=MailKind.NOT_DRAWN, contact__isnull=False)
    return (
        Contact.objects.filter(pool_member__in=eligible(pool), no_letters_at=None)
        .exclude(email="")
        .exclude(pk__in=told.values("contact"))
    )


def tell_not_drawn(*, pool: Pool, actor: User | None) -> int:
    """One letter to each person who was not drawn; returns how many."""
    deliberation = pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        contacts = list(untold(pool))
        enqueue_many(kind=MailKind.NOT_DRAWN, deliberation=deliberation, contacts=contacts)
        record(
            deliberation=deliberation, actor=actor, action="not_drawn.told", people=len(contacts)
        )
    return len(contacts)


def thanked_on_paper(pool: Pool) -> QuerySet[Contact]:
    """Who was not drawn and whom only paper reaches, by number. Nobody notes who was told."""
    people = only_paper_reaches(Contact.objects.filter(pool_member__in=eligible(pool)))
    return people.select_related("pool_member").order_by("pool_member__number")


def seat_joined() -> Q:
    """A drawn person who has sat down has accepted, whether they said so or not."""
    return Q(answer=Answer.ACCEPTED) | Q(answer=Answer.OPEN, seat__taken_at__isnull=False)


def seat_of(drawn: DrawnMember) -> Seat | None:
    """The seat that waits for someone who comes."""
    return drawn.seat if drawn.answer != Answer.DECLINED else None


def _locked(pool: Pool) -> Pool:
    locks.hold(locks.PANEL, pool.panel.deliberation_id)
    return Pool.objects.select_related("panel__deliberation").get(pk=pool.pk)


def _ask(
    pool: Pool,
    seed: str,
    *,
    seats: int,
    quotas: list[dict[str, object]],
    replacement: bool,
    actor: User | None,
) -> Draw:
    """A row for the worker. Call it while holding the lock of the panel."""
    seed = " ".join(seed.split())
    if not 1 <= len(seed) <= 200:
        raise Invalid(_("Write the public seed, with at most 200 characters."), field="seed")
    if pool.frozen_at is None:
        raise WrongPhase(_("Fix the pool first: its fingerprint has to be public before the seed."))
    if pool.draws.filter(state__in=UNDER_WAY).exists():
        raise WrongPhase(_("A draw is under way."))
    if pool.draws.filter(seed=seed, state=DrawState.DONE).exists():
        raise Invalid(_("This seed was used for an earlier draw. Take a new one."), field="seed")
    highest = pool.draws.aggregate(highest=Max("number"))["highest"] or 0
    draw = Draw.objects.create(
        pool=pool,
        number=highest + 1,
        replacement=replacement,
        seats=seats,
        algorithm=ALGORITHM,
        seed=seed,
        pool_digest=pool.digest,
        quotas=quotas,
        actor=actor,
    )
    record(
        deliberation=pool.panel.deliberation,
        actor=actor,
        action="draw.asked",
        subject=f"draw {draw.number}",
        seed=seed,
        seats=seats,
        digest=pool.digest,
    )
    hint_on_commit(EXECUTE, [draw.pk], queue="aggregate")
    return draw

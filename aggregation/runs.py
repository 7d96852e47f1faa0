"""The life of a run: queued, claimed, computed, saved once.

A row comes first and a message second. Any number of workers may receive the message, or none:
the claim decides who works, and the claim is checked again in the transaction that saves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aggregation.engine import EngineError, Outcome, Plan, aggregate
from aggregation.failures import KEPT, Failure, died, in_words, is_time_up, refused, tried
from aggregation.leases import (
    MAX_ATTEMPTS,
    Claim,
    claim,
    due,
    expired,
    pause,
)
from aggregation.loading import load_matrix
from aggregation.messages import send
from aggregation.models import Run, RunStatus
from aggregation.rows import save_findings, summary
from deliberation.leases import LostLease, kept_alive
from deliberation.models import Round, User
from deliberation.models.rounds import Phase
from deliberation.plan_words import shows_small_groups
from deliberation.services.audit import record
from deliberation.services.errors import Invalid, WrongPhase

__all__ = [
    "create_run",
    "execute",
    "load_matrix",
    "official_run",
    "queue_run",
    "sweep",
]

Progress = Callable[[float, str], None]

# The sweep leaves new runs to their own message for so long, and its own messages expire after
# so long, so that they do not pile up behind a busy worker. Seconds.
FIRST_MESSAGE = 5
SWEEP_MESSAGE = 20
_SWEEP_LOCK = 7010

log = structlog.get_logger(__name__)


def queue_run(*, round: Round, plan: Plan | None = None, requested_by: User | None = None) -> Run:
    """A run for a worker: the row now, the message after commit.

    plan : the plan of the round unless given. With Redis gone this succeeds all the same.
    Raises WrongPhase while the round is open.
    """
    run = create_run(round=round, plan=plan, requested_by=requested_by)
    transaction.on_commit(partial(send, run.pk))
    return run


def create_run(*, round: Round, plan: Plan | None = None, requested_by: User | None = None) -> Run:
    """The row of a run, without telling any worker.

    Raises WrongPhase while the round is open, Invalid for a plan that shows small groups.
    """
    if round.phase != Phase.CLOSED:
        raise WrongPhase(_("Results are computed when the round is closed, not before."))
    plan = plan or Plan.from_dict(round.plan)
    if shows_small_groups(plan):
        raise Invalid(
            _(
                "This plan cannot be run here: it would publish votes by what people say of "
                "themselves."
            )
        )
    with transaction.atomic():
        run = Run.objects.create(
            round=round,
            plan=plan.to_dict(),
            plan_hash=plan.hash,
            seed=plan.seed,
            requested_by=requested_by,
        )
        record(
            deliberation=round.deliberation,
            actor=requested_by,
            action="run.queued",
            subject=f"run {run.pk}",
            plan=plan.name,
            plan_hash=plan.hash,
        )
    return run


def official_run(round: Round) -> Run | None:
    """The newest done run of the plan that was fixed before the round opened.

    Runs from before a round was reopened counted other votes; they are kept and not official.
    """
    runs = Run.objects.filter(round=round, status=RunStatus.DONE, plan_hash=round.plan_hash)
    if round.closed_at:
        runs = runs.filter(created_at__gte=round.closed_at)
    return runs.order_by("-pk").first()


def execute(run_id: int, worker: str, *, progress: Progress | None = None) -> bool:
    """Claim, aggregate, save. True if this call finished the run, for good or for bad.

    A refusal of the engine fails the run at once and is kept with it. Anything else is
    tried again later, three times in all.
    """
    mine = claim(run_id, worker)
    if mine is None:
        return False
    try:
        with kept_alive(mine):
            _save(mine, _compute(mine, progress))
    except LostLease:
        log.info("run taken over by another worker", run=run_id)
        return False
    except EngineError as error:
        return bool(mine.row().update(**failed(refused(error), str(error))))
    except Exception as error:
        log.exception("run failed", run=run_id)
        return _try_again(mine, error)
    return True


def _compute(mine: Claim, progress: Progress | None) -> Outcome:
    run = Run.objects.select_related("round").get(pk=mine.run_id)
    plan = Plan.from_dict(run.plan)

    def say(share: float, step: str) -> None:
        # The last percent is saving.
        mine.renew(progress=round(99 * share), step=step)
        if progress is not None:
            progress(share, step)

    return aggregate(load_matrix(run.round, plan), plan, run.seed, progress=say)


def _save(mine: Claim, outcome: Outcome) -> None:
    """All findings and the end of the run in one transaction, or nothing. Raises LostLease."""
    with transaction.atomic():
        run = mine.row().select_for_update(of=("self",)).select_related("round").first()
        if run is None:
            raise LostLease
        mark_done(run, outcome)


def mark_done(run: Run, outcome: Outcome) -> None:
    """The findings and the end of a run whose row is locked and still ours."""
    save_findings(run, outcome)
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.DONE,
        progress=100,
        step="",
        lease_until=None,
        finished_at=Now(),
        input_digest=outcome.input_digest,
        outcome_digest=outcome.digest,
        engine_version=outcome.engine_version,
        summary=summary(outcome),
    )


def failed(failure: Failure, error: str = "") -> dict[str, Any]:
    """What is written of a run that failed. error : for shells and logs, if not the same."""
    return {
        "status": RunStatus.FAILED,
        "error": error or in_words(failure),
        "summary": {KEPT: failure},
        "step": "",
        "lease_until": None,
        "finished_at": Now(),
    }


def _try_again(mine: Claim, error: Exception) -> bool:
    if is_time_up(error):
        connection.close()  # what it was doing was cut off anywhere
    attempts = mine.row().values_list("attempts", flat=True).first()
    if attempts is None:
        return False
    if attempts >= MAX_ATTEMPTS:
        return bool(mine.row().update(**failed(tried(error, n=attempts))))
    mine.row().update(
        status=RunStatus.QUEUED,
        step="",
        lease_until=None,
        not_before=Now() + pause(attempts),
    )
    return False


def sweep() -> int:
    """Find what was lost. Returns the number of messages sent.

    Fails runs whose workers died too often, queues the official run of closed rounds that
    have none, and sends a message for every run that waits or whose worker has gone silent.
    """
    _give_up()
    _queue_missing()
    waiting = Run.objects.filter(
        due(), created_at__lt=Now() - timedelta(seconds=FIRST_MESSAGE)
    ).order_by("pk")
    sent = 0
    for run_id in waiting.values_list("pk", flat=True):
        if not send(run_id, expires=SWEEP_MESSAGE):
            break
        sent += 1
    return sent


def _give_up() -> None:
    Run.objects.filter(expired(), attempts__gte=MAX_ATTEMPTS).update(**failed(died(n=MAX_ATTEMPTS)))


def _queue_missing() -> None:
    with transaction.atomic():
        # One sweep at a time; the query below runs after the lock and sees what the last one did.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [_SWEEP_LOCK])
            if not cursor.fetchone()[0]:
                return
        official = Run.objects.filter(
            round=OuterRef("pk"),
            plan_hash=OuterRef("plan_hash"),
            created_at__gte=OuterRef("closed_at"),
        )
        closed = Round.objects.filter(~Exists(official), phase=Phase.CLOSED)
        for round in closed.select_related("deliberation").order_by("pk"):
            queue_run(round=round)

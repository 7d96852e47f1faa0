"""A large run on many workers: cut into parts, computed in any order, put together again.

A run is a row of steps (``range_steps.py``), a step is a row of parts, and a part is a range of
participants, or of resamples, or the one place where results of the step before are merged. Each
part is claimed, held by a lease and tried again for itself. Whoever finishes the last part of a
step lays out the parts of the next one; nobody waits, so one worker is enough and any number may
help. A part's result is a row of its own, so nothing hangs on which worker does what, and the
outcome is the same, byte for byte, as that of one worker with all votes in memory.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import structlog
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce, Now

from aggregation.engine import EngineError
from aggregation.failures import (
    Failure,
    cause,
    cause_in_words,
    died,
    is_time_up,
    of_part,
    refused,
    tried,
)
from aggregation.leases import (
    IN_PARTS,
    MAX_ATTEMPTS,
    PartClaim,
    claim_part,
    due,
    part_due,
    part_expired,
    pause,
)
from aggregation.messages import send_parts
from aggregation.models import PartStatus, Run, RunPart, RunStatus
from aggregation.range_job import Job
from aggregation.range_steps import STEPS, n_parts, outcome, steps_of
from aggregation.runs import failed, mark_done
from deliberation.leases import LostLease, kept_alive, lease

# As for runs: the sweep leaves new parts to their own message for so long, and its own messages
# expire after so long. Seconds.
FIRST_MESSAGE = 5
SWEEP_MESSAGE = 20
# The sweep reminds workers of this many parts at a time; more would pile up behind busy workers.
REMINDED = 64

log = structlog.get_logger(__name__)


def begin(run_id: int) -> bool:
    """Lay out the first parts, if the run is large enough for its plan. True if it is in parts."""
    run = Run.objects.select_related("round").filter(pk=run_id).first()
    if run is None or run.status == RunStatus.DONE:
        return False
    if run.status == RunStatus.RUNNING and run.claimed_by == IN_PARTS:
        return True
    job = Job.of(run)
    if job is None:
        return False
    with transaction.atomic():
        taken = Run.objects.filter(due(), pk=run_id, attempts__lt=MAX_ATTEMPTS).update(
            status=RunStatus.RUNNING,
            claimed_by=IN_PARTS,
            lease_until=Now() + lease(),
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", Now()),
            progress=0,
            step=steps_of(job)[0].said,
        )
        if taken:
            _lay_out(job, 0)
    return True


def execute_part(part_id: int, worker: str) -> bool:
    """Claim one part, compute it, keep its result, and go on with the run if it was the last.

    True if this call finished the part, for good or for bad. A refusal of the engine fails the
    run at once; anything else is tried again later, three times in all, this part alone.
    """
    mine = claim_part(part_id, worker)
    if mine is None:
        return False
    part = RunPart.objects.select_related("run__round").filter(pk=part_id).first()
    if part is None:
        return False
    began = time.monotonic(), time.process_time()
    try:
        with kept_alive(mine):
            _work(mine, part)
    except LostLease:
        log.info("part taken over by another worker", part=str(part))
        return False
    except EngineError as error:
        return _fail(part.run_id, refused(error), str(error))
    except Exception as error:
        log.exception("part failed", part=str(part))
        return _try_again(mine, part, error)
    seconds, cpu = time.monotonic() - began[0], time.process_time() - began[1]
    log.info("part done", part=str(part), seconds=round(seconds, 3), cpu=round(cpu, 3))
    advance(part.run_id)
    return True


def _work(mine: PartClaim, part: RunPart) -> None:
    job = Job.of(part.run)
    if job is None:
        raise LostLease
    step = steps_of(job)[part.place]
    if step.compute is None:
        _save(mine, part, job)
        return
    kept = step.compute(job, part.low, part.high)
    done = mine.row().update(
        status=PartStatus.DONE,
        result=kept.result,
        rows=kept.rows,
        cells=kept.cells,
        lease_until=None,
        error="",
    )
    if not done:
        raise LostLease


def _save(mine: PartClaim, part: RunPart, job: Job) -> None:
    """All findings, the end of the run and that of its parts in one transaction, or nothing."""
    found = outcome(job)
    with transaction.atomic():
        run = _in_parts(part.run_id)
        if run is None or not mine.row().exists():
            raise LostLease
        mark_done(run, found)
        run.parts.all().delete()


def advance(run_id: int) -> None:
    """Say how far the run is, and lay out the next step if all parts of this one are done.

    The run's row is locked meanwhile: of two workers that finish the last two parts at once, the
    second finds the next step laid out.
    """
    with transaction.atomic():
        run = _in_parts(run_id)
        job = Job.of(run) if run else None
        if run is None or job is None:
            return
        place = run.parts.latest("place").place
        if not run.parts.exclude(status=PartStatus.DONE).exists():
            place += 1
            _lay_out(job, place)
        done = run.parts.filter(status=PartStatus.DONE).count()
        Run.objects.filter(pk=run_id).update(
            progress=99 * done // n_parts(job),
            step=steps_of(job)[place].said,
            lease_until=Now() + lease(),
        )


def _in_parts(run_id: int) -> Run | None:
    """The run, locked, if it is still at work in parts."""
    runs = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING, claimed_by=IN_PARTS)
    return runs.select_for_update(of=("self",)).select_related("round").first()


def _lay_out(job: Job, place: int) -> None:
    """The parts of one step, and after the commit their messages."""
    step = steps_of(job)[place]
    parts = [
        RunPart(run=job.run, place=place, step=step.name, number=number, low=low, high=high)
        for number, (low, high) in enumerate(step.cut(job))
    ]
    RunPart.objects.bulk_create(parts)
    transaction.on_commit(partial(send_parts, [part.pk for part in parts]))


def _fail(run_id: int, failure: Failure, error: str = "") -> bool:
    """The end of the run, for bad. Locks the run first, as all who touch both do."""
    with transaction.atomic():
        run = _in_parts(run_id)
        if run is None:
            return False
        Run.objects.filter(pk=run_id).update(**failed(failure, error))
        run.parts.all().delete()
    return True


def _try_again(mine: PartClaim, part: RunPart, error: Exception) -> bool:
    if is_time_up(error):
        connection.close()  # what it was doing was cut off anywhere
    attempts = mine.row().values_list("attempts", flat=True).first()
    if attempts is None:
        return False
    if attempts >= MAX_ATTEMPTS:
        return _fail(part.run_id, _about(part, tried(error, n=attempts)))
    mine.row().update(
        status=PartStatus.WAITING,
        lease_until=None,
        error=cause_in_words(cause(error)),
        not_before=Now() + pause(attempts),
    )
    return False


def sweep() -> int:
    """Find what was lost of runs in parts. Returns the number of messages sent.

    Fails runs of which a part killed its workers too often, goes on with runs whose last part was
    done by a worker that died before it could, and reminds workers of parts that wait.
    """
    _give_up()
    unfinished = RunPart.objects.filter(run=OuterRef("pk")).exclude(status=PartStatus.DONE)
    at_work = Run.objects.filter(status=RunStatus.RUNNING, claimed_by=IN_PARTS)
    for run_id in at_work.filter(~Exists(unfinished)).values_list("pk", flat=True):
        advance(run_id)
    waiting = RunPart.objects.filter(
        part_due(), created_at__lt=Now() - timedelta(seconds=FIRST_MESSAGE)
    ).order_by("run", "place", "number")
    parts = list(waiting.values_list("pk", flat=True)[:REMINDED])
    return send_parts(parts, expires=SWEEP_MESSAGE) if parts else 0


def _give_up() -> None:
    for part in RunPart.objects.filter(part_expired(), attempts__gte=MAX_ATTEMPTS):
        _fail(part.run_id, _about(part, died(n=MAX_ATTEMPTS)))


def _about(part: RunPart, failure: Failure) -> Failure:
    """The failure of one part, counted from one, in the step that people know by name."""
    step = next(step.said for step in STEPS if step.name == part.step)
    return of_part(failure, part=part.number + 1, step=step)

"""Who works on what: runs and parts of runs, claimed alike by compare-and-set, held by a lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from aggregation.models import PartStatus, Run, RunPart, RunStatus
from deliberation.leases import LostLease, lease

MAX_ATTEMPTS = 3
# Stands in ``Run.claimed_by`` of a run that is cut into ranges: its parts hold it, not a worker.
IN_PARTS = "its parts"
# Seconds to wait before the second and the third attempt.
BACK_OFF = (5, 30)


@dataclass(frozen=True)
class Claim:
    """One worker's hold on one run. ``name`` is unique to this attempt."""

    run_id: int
    name: str

    def row(self) -> QuerySet[Run]:
        """The run, as long as this claim holds."""
        return Run.objects.filter(pk=self.run_id, status=RunStatus.RUNNING, claimed_by=self.name)

    def renew(self, **changes: object) -> None:
        """Hold the run for another lease, and write ``changes``. Raises LostLease."""
        if not self.row().update(lease_until=Now() + lease(), **changes):
            raise LostLease


@dataclass(frozen=True)
class PartClaim:
    """One worker's hold on one part of a run."""

    part_id: int
    name: str

    def row(self) -> QuerySet[RunPart]:
        """The part, as long as this claim holds."""
        return RunPart.objects.filter(
            pk=self.part_id, status=PartStatus.RUNNING, claimed_by=self.name
        )

    def renew(self) -> None:
        """Hold the part for another lease. Raises LostLease."""
        if not self.row().update(lease_until=Now() + lease()):
            raise LostLease


def due() -> Q:
    """Runs that wait for a worker, and runs whose worker has gone silent."""
    return Q(status=RunStatus.QUEUED) & _pause_is_over() | expired()


def expired() -> Q:
    """Runs whose worker has gone silent. Runs in parts are held by no worker."""
    return Q(status=RunStatus.RUNNING, lease_until__lt=Now()) & ~Q(claimed_by=IN_PARTS)


def part_due() -> Q:
    """Parts that wait for a worker, and parts whose worker has gone silent."""
    return Q(status=PartStatus.WAITING) & _pause_is_over() | part_expired()


def part_expired() -> Q:
    """Parts whose worker has gone silent."""
    return Q(status=PartStatus.RUNNING, lease_until__lt=Now())


def _pause_is_over() -> Q:
    return Q(not_before=None) | Q(not_before__lte=Now())


def claim(run_id: int, worker: str) -> Claim | None:
    """Take the run if it is due and has attempts left; None if it is not for us."""
    mine = Claim(run_id, _unique(worker))
    taken = Run.objects.filter(due(), pk=run_id, attempts__lt=MAX_ATTEMPTS).update(
        status=RunStatus.RUNNING,
        claimed_by=mine.name,
        lease_until=Now() + lease(),
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", Now()),
        progress=0,
        step="",
    )
    return mine if taken else None


def claim_part(part_id: int, worker: str) -> PartClaim | None:
    """Take the part if it is due and has attempts left; None if it is not for us."""
    mine = PartClaim(part_id, _unique(worker))
    taken = RunPart.objects.filter(part_due(), pk=part_id, attempts__lt=MAX_ATTEMPTS).update(
        status=PartStatus.RUNNING,
        claimed_by=mine.name,
        lease_until=Now() + lease(),
        attempts=F("attempts") + 1,
    )
    return mine if taken else None


def pause(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    return timedelta(seconds=BACK_OFF[min(attempts, len(BACK_OFF)) - 1])


def _unique(worker: str) -> str:
    return f"{worker[:100]} {token_hex(4)}"

"""A worker's part of a draw: claim the row, compute, save all of it at once or nothing.

The row is the truth and a message only a hint: any number of workers may be told of a draw. One
attempt is named by the number of tries, so a worker that was taken over, or whose draw was
stopped by hand, notices when it says how far it is, and at the latest when it saves.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final, cast

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from deliberation.leases import LostLease, kept_alive, lease
from deliberation.lottery import Algorithm, Drawn, LotteryError, Quotas, check, draw
from deliberation.lottery_words import FAILURE, not_drawn
from deliberation.messages import hint
from deliberation.models import Draw, DrawnMember, PoolMember
from deliberation.models.recruiting import Answer, DrawState

from . import locks
from .audit import record
from .draws import EXECUTE
from .pools import eligible

MOST_TRIES: Final = 3
# Seconds to wait before another try, and between two words on how far it is.
_PAUSE: Final = 10
_SAY_EVERY: Final = 1.0

log = structlog.get_logger(__name__)


def execute_draw(draw_id: int) -> bool:
    """Make the draw, if it is still to be made. True if this call ended it, well or badly.

    What the lottery refuses fails the draw at once. Anything else is tried again, three
    times in all (see ``sweep_draws``).
    """
    mine = _claim(draw_id)
    if mine is None:
        return False
    try:
        with kept_alive(mine):
            _make(mine)
    except LostLease:
        log.info("draw taken over or stopped", draw=draw_id)
        return False
    except LotteryError as error:
        return mine.fail(_refusal(draw_id, error))
    except Exception as error:
        log.exception("draw failed", draw=draw_id)
        if isinstance(error, SoftTimeLimitExceeded):
            connection.close()  # what it was doing was cut off anywhere
        return mine.give_back()
    return True


def sweep_draws() -> int:
    """Bring back what was lost: draws no worker was told of, or whose worker died.

    Returns the number of messages sent. Fails those that were tried too often.
    """
    _due().filter(tries__gte=MOST_TRIES).update(**_failed(_gave_up()))
    waiting = _due().filter(created_at__lt=Now() - timedelta(seconds=5))
    return sum(
        hint(EXECUTE, [pk], queue="aggregate")
        for pk in waiting.order_by("pk").values_list("pk", flat=True)
    )


def _due() -> QuerySet[Draw]:
    """Draws that wait for a worker, and those whose worker has gone silent."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    return Draw.objects.filter(free, state__in=[DrawState.QUEUED, DrawState.RUNNING])


def _gave_up() -> dict[str, Any]:
    return {"code": "gave_up", "n": MOST_TRIES}


def _failed(failure: dict[str, Any]) -> dict[str, Any]:
    """What is written of a draw that failed. Pages say ``failure`` in their reader's language;
    ``message`` is for shells."""
    return {
        "state": DrawState.FAILED,
        "message": not_drawn(failure),
        "report": {FAILURE: failure},
        "step": "",
        "lease_until": None,
        "finished_at": Now(),
    }


@dataclass
class _Claim:
    """One try of one draw."""

    draw_id: int
    number: int
    said: float = field(default=0.0)

    def row(self) -> QuerySet[Draw]:
        """The draw, as long as it is ours."""
        return Draw.objects.filter(pk=self.draw_id, state=DrawState.RUNNING, tries=self.number)

    def renew(self, **changes: object) -> None:
        """Hold it for another lease, and write ``changes``. Raises LostLease."""
        if not self.row().update(lease_until=Now() + lease(), **changes):
            raise LostLease

    def say(self, percent: int, step: str) -> None:
        """Write how far it is, about once a second. Raises LostLease."""
        now = time.monotonic()
        if now - self.said >= _SAY_EVERY:
            self.said = now
            self.renew(progress=min(percent, 99), step=step)

    def fail(self, failure: dict[str, Any]) -> bool:
        """End it badly; False if it was not ours any more."""
        return bool(self.row().update(**_failed(failure)))

    def give_back(self) -> bool:
        """Let someone try again later, or give up; True if that ended it."""
        if self.number >= MOST_TRIES:
            return self.fail(_gave_up())
        self.row().update(
            state=DrawState.QUEUED, step="", lease_until=Now() + timedelta(seconds=_PAUSE)
        )
        return False


def _claim(draw_id: int) -> _Claim | None:
    """Take the draw if it is due and has tries left; by compare-and-set."""
    tries = _due().filter(pk=draw_id, tries__lt=MOST_TRIES).values_list("tries", flat=True).first()
    if tries is None:
        return None
    taken = (
        _due()
        .filter(pk=draw_id, tries=tries)
        .update(
            state=DrawState.RUNNING,
            tries=F("tries") + 1,
            lease_until=Now() + lease(),
            progress=0,
            step="",
        )
    )
    return _Claim(draw_id, tries + 1) if taken else None


def _make(mine: _Claim) -> None:
    asked = Draw.objects.select_related("pool").get(pk=mine.draw_id)
    people = list(eligible(asked.pool))
    drawn = draw(
        [member.values for member in people],
        Quotas.from_json(asked.quotas),
        asked.seats,
        seed=asked.seed,
        algorithm=cast(Algorithm, asked.algorithm),  # the lottery refuses what it does not know
        ids=[str(member.number) for member in people],
        digest=asked.pool_digest,
        progress=mine.say,
    )
    _save(mine, drawn, people)


def _save(mine: _Claim, drawn: Drawn, people: Sequence[PoolMember]) -> None:
    """People, report and state in one transaction. Raises LostLease."""
    deliberation_id = Draw.objects.values_list("pool__panel__deliberation_id", flat=True).get(
        pk=mine.draw_id
    )
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation_id)
        row = mine.row().select_for_update(of=("self",)).select_related("pool__panel__deliberation")
        made = row.first()
        if made is None:
            raise LostLease
        _save_people(made, [people[at].pk for at in drawn.chosen])
        record(
            deliberation=made.pool.panel.deliberation,
            actor=None,
            action="draw.made",
            subject=f"draw {made.number}",
            people=len(drawn.chosen),
            portfolio=drawn.lot.portfolio_digest,
            ticket=drawn.lot.number,
        )
        row.update(
            state=DrawState.DONE,
            progress=100,
            step="",
            lease_until=None,
            finished_at=Now(),
            report=report_of(drawn),
        )


def _save_people(made: Draw, chosen: Sequence[int]) -> None:
    """Whoever left the pool while the draw was made was drawn, and has declined."""
    left = set(
        PoolMember.objects.filter(pk__in=chosen, withdrawn_at__isnull=False).values_list(
            "pk", flat=True
        )
    )
    DrawnMember.objects.bulk_create(
        [
            DrawnMember(
                draw=made,
                member_id=pk,
                answer=Answer.DECLINED if pk in left else Answer.OPEN,
                answered_at=timezone.now() if pk in left else None,
            )
            for pk in chosen
        ]
    )


def report_of(drawn: Drawn) -> dict[str, Any]:
    """What ``Draw.report`` keeps: counts, chances and the lot; nothing of single people.

    chances : [chance, number of people who had it], ascending. Counts are whole here; pages and
    files keep back those below ten (selectors.draw_report).
    """
    chances = Counter(round(chance, 9) for chance in drawn.probabilities)
    return {
        "people": len(drawn.probabilities),
        "kinds": drawn.kinds,
        "unreachable": drawn.unreachable,
        "counts": [asdict(count) for count in drawn.counts],
        "chances": [[chance, chances[chance]] for chance in sorted(chances)],
        "bound": drawn.bound,
        "exact": drawn.exact,
        "lot": asdict(drawn.lot),
    }


def _refusal(draw_id: int, error: LotteryError) -> dict[str, Any]:
    """Why nobody was drawn."""
    if error.code != "infeasible":
        log.error("lottery refused", draw=draw_id, code=error.code)
        return {"code": "unsolved"}
    asked = Draw.objects.select_related("pool").get(pk=draw_id)
    values = [member.values for member in eligible(asked.pool)]
    found = check(values, Quotas.from_json(asked.quotas), asked.seats)
    return {"code": "quotas", "found": [one.to_json() for one in found]}

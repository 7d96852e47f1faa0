"""What tests of runs in parts share: a run that is cut, its parts, and who does them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aggregation import ranges, runs
from aggregation.engine import Plan
from aggregation.models import PartStatus, Run, RunPart
from deliberation.models import Exclusion, Round
from deliberation.models.panels import ExclusionReason
from tests.aggregation.running import large_round

SEATS = {"id": "sequential_pav", "seats": 2}


def messages_kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Parts for which messages would be sent, in order."""
    kept: list[int] = []

    def keep(part_ids: list[int], *, expires: float | None = None) -> int:
        kept.extend(part_ids)
        return len(part_ids)

    monkeypatch.setattr(ranges, "send_parts", keep)
    return kept


def cut(round: Round, size: int = 256, **changes: object) -> Run:
    """A run whose plan has it cut into ranges of so many people."""
    wanted = round.plan | {"ranges": {"participants": size}} | changes
    return runs.create_run(round=round, plan=Plan.from_dict(wanted))


def begun(people: int = 300, **changes: object) -> Run:
    """In parts, of two ranges, none done."""
    run = cut(large_round(people), **changes)
    assert ranges.begin(run.pk)
    return run


def waiting(run: Run) -> list[int]:
    parts = RunPart.objects.filter(run=run, status=PartStatus.WAITING, not_before=None)
    return list(parts.order_by("place", "number").values_list("pk", flat=True))


def do_all(run: Run, choose: Callable[[list[int]], int] = min) -> Run:
    """Until nothing waits; ``choose`` says which part is next."""
    while parts := waiting(run):
        ranges.execute_part(choose(parts), "w")
    run.refresh_from_db()
    return run


def result(run: Run) -> tuple[str, str, str, str]:
    run.refresh_from_db()
    return run.status, run.error, run.input_digest, run.outcome_digest


def excluded(round: Round, number: int) -> None:
    Exclusion.objects.create(
        participant=round.deliberation.participants.get(number=number),
        reason=ExclusionReason.LISTED,
    )

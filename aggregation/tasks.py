"""Messages become calls, and nothing more: the rows of a run are the truth."""

from __future__ import annotations

from celery import Task, shared_task

from aggregation import live, ranges, runs
from aggregation.messages import EXECUTE, EXECUTE_PART


@shared_task(name=EXECUTE, bind=True)
def execute_run(self: Task, run_id: int) -> bool:
    """Execute the run, if it is still to be done; a large one is cut into parts for all workers."""
    return ranges.begin(run_id) or runs.execute(run_id, worker=_name(self))


@shared_task(name=EXECUTE_PART, bind=True)
def execute_part(self: Task, part_id: int) -> bool:
    """Compute one part of a run, if it is still to be done."""
    return ranges.execute_part(part_id, worker=_name(self))


@shared_task(name="aggregation.sweep_runs")
def sweep_runs() -> int:
    """Bring back what was lost. Sent by the schedule every few seconds."""
    return runs.sweep() + ranges.sweep()


@shared_task(name="aggregation.watch_open_rounds")
def watch_open_rounds() -> int:
    """Bring what is known of open rounds up to date. Sent by the schedule."""
    return live.watch_open_rounds()


def _name(task: Task) -> str:
    return str(task.request.hostname or "worker")

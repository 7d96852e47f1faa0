"""Messages become calls, and nothing more: the row of a run is the truth."""

from __future__ import annotations

from celery import Task, shared_task

from aggregation import runs
from aggregation.messages import EXECUTE


@shared_task(name=EXECUTE, bind=True)
def execute_run(self: Task, run_id: int) -> bool:
    """Execute the run, if it is still to be done."""
    return runs.execute(run_id, worker=str(self.request.hostname or "worker"))


@shared_task(name="aggregation.sweep_runs")
def sweep_runs() -> int:
    """Bring back what was lost. Sent by the schedule every few seconds."""
    return runs.sweep()

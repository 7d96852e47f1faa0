"""The plan of a run as a file."""

from __future__ import annotations

from aggregation.engine import Plan
from aggregation.models import Run


def plan_json(run: Run) -> bytes:
    """The very bytes whose SHA-256 is the plan's hash."""
    return Plan.from_dict(run.plan).canonical_json.encode()

"""The outcome of a done run as one document, put together again from its rows.

It is the same text, byte for byte, that the engine digested: its SHA-256 is the run's
``outcome_digest``, and anyone can check that with ``sha256sum``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from aggregation.models import (
    Run,
    RunStatus,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)


def outcome_document(run: Run) -> dict[str, Any]:
    """What ``Outcome.to_dict()`` gave, from the findings of a run that is done."""
    if run.summary is None or run.status != RunStatus.DONE:
        raise ValueError("the run is not done")
    whole = dict(run.summary)
    priority = whole.pop("priority")
    groups = _groups(run)
    rows = StatementFinding.objects.filter(run=run).order_by("statement__number")
    whole["statement_table"] = [
        _statement(row, number, rank, groups[number])
        for (row, number), rank in zip(
            ((row, row.statement.number) for row in rows.select_related("statement")),
            priority,
            strict=True,
        )
    ]
    decisions = _decisions(run)
    whole["selections"] = [
        selection | {"decisions": decisions[index]}
        for index, selection in enumerate(whole["selections"])
    ]
    return whole


def outcome_text(run: Run) -> str:
    """The canonical JSON of the outcome."""
    document = outcome_document(run)
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _statement(
    row: StatementFinding, number: int, priority: float, groups: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": number,
        "agree": row.agree,
        "disagree": row.disagree,
        "pass": row.passed,
        "extremity": row.extremity,
        "priority": priority,
        "gac_polis": row.gac_polis,
        "gac_raw": row.gac_raw,
        "min_group": row.min_group,
        "groups": groups,
    }


def _groups(run: Run) -> dict[int, list[dict[str, Any]]]:
    """Statement number → votes of each group, in order of the groups."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = StatementGroupFinding.objects.filter(run=run).order_by("group")
    for row in rows.select_related("statement"):
        found[row.statement.number].append(
            {
                "agree": row.agree,
                "disagree": row.disagree,
                "pass": row.passed,
                "share": row.share,
                "interval": [row.share_low, row.share_high],
            }
        )
    return found


def _decisions(run: Run) -> dict[int, list[dict[str, Any]]]:
    """Place of the rule → its decisions, in order of the statements."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = SelectionFinding.objects.filter(run=run).order_by("statement__number")
    for row in rows.select_related("statement"):
        found[row.rule_index].append(
            {
                "statement": row.statement.number,
                "status": row.status,
                "score": row.score,
                "reason": row.reason["code"],
                "params": row.reason["params"],
            }
        )
    return found

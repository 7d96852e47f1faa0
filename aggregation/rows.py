"""The only place where an outcome becomes rows; ``loading.py`` is the way in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine import AGREE, DISAGREE, PASS, Outcome, Selection
from aggregation.models import GroupFinding, Run, SelectionFinding, StatementFinding
from deliberation.copying import copy_in
from deliberation.models import Participant, Statement

_DIRECTIONS = {"agree": 1, "disagree": -1}


def save_findings(run: Run, outcome: Outcome) -> None:
    """Write all findings. Call it inside the transaction that marks the run done."""
    round = run.round
    statements = dict(Statement.objects.filter(round=round).values_list("number", "pk"))
    GroupFinding.objects.bulk_create(_groups(run, outcome))
    _copy_people(run, outcome)
    StatementFinding.objects.bulk_create(_statements(run, outcome, statements))
    copy_in(
        'aggregation_statementgroupfinding (run_id, statement_id, "group", agree, disagree, '
        "passed, share, share_low, share_high, representative_rank, representative_for)",
        ["int8", "int8", "int2", *["int4"] * 3, *["float8"] * 3, "int2", "int2"],
        _statement_groups(run, outcome, statements),
    )
    for index, selection in enumerate(outcome.selections):
        SelectionFinding.objects.bulk_create(_selection(run, index, selection, statements))


def summary(outcome: Outcome) -> dict[str, Any]:
    """The outcome without what the finding tables hold row by row (see ``document.py``)."""
    whole = outcome.to_dict()
    table = whole.pop("statement_table")
    for selection in whole["selections"]:
        del selection["decisions"]
    return whole | {"priority": [row["priority"] for row in table]}


def _groups(run: Run, outcome: Outcome) -> Iterator[GroupFinding]:
    for at, (label, size) in enumerate(zip(outcome.grouping.ids, outcome.group_sizes, strict=True)):
        x, y = _place(outcome.positions[outcome.groups == at].mean(axis=0))
        yield GroupFinding(run=run, label=label, size=size, center_x=x, center_y=y)


def _place(position: NDArray[np.float64]) -> tuple[float, float]:
    """The first two axes; a space of one dimension is a line at height 0."""
    return float(position[0]), float(position[1]) if len(position) > 1 else 0.0


def _copy_people(run: Run, outcome: Outcome) -> None:
    deliberation = run.round.deliberation_id
    people = dict(Participant.objects.filter(deliberation=deliberation).values_list("number", "pk"))
    ids = (*outcome.grouping.ids, -1)  # the label -1, no group, is the last entry
    copy_in(
        'aggregation_participantfinding (run_id, participant_id, x, y, "group")',
        ["int8", "int8", "float8", "float8", "int2"],
        (
            (run.pk, people[number], *_place(position), ids[label])
            for number, position, label in zip(
                outcome.participant_ids.tolist(),
                outcome.positions,
                outcome.groups.tolist(),
                strict=True,
            )
        ),
    )


def _statements(run: Run, outcome: Outcome, keys: dict[int, int]) -> Iterator[StatementFinding]:
    for at, number in enumerate(outcome.statement_ids.tolist()):
        yield StatementFinding(
            run=run,
            statement_id=keys[number],
            agree=int(outcome.counts[at, AGREE]),
            disagree=int(outcome.counts[at, DISAGREE]),
            passed=int(outcome.counts[at, PASS]),
            gac_polis=_known(outcome.gac_polis[at]),
            gac_raw=_known(outcome.gac_raw[at]),
            min_group=_known(outcome.min_group[at]),
            extremity=_known(outcome.extremity[at]),
        )


def _statement_groups(
    run: Run, outcome: Outcome, keys: dict[int, int]
) -> Iterator[tuple[Any, ...]]:
    for at, label in enumerate(outcome.grouping.ids):
        stands_for = {
            one.statement_id: (rank, _DIRECTIONS[one.direction])
            for rank, one in enumerate(outcome.representative[at], start=1)
        }
        for column, number in enumerate(outcome.statement_ids.tolist()):
            counts = outcome.group_counts[at, column]
            low, high = outcome.interval[at, column]
            yield (
                run.pk,
                keys[number],
                label,
                *(int(counts[kind]) for kind in (AGREE, DISAGREE, PASS)),
                *(_known(value) for value in (outcome.share[at, column], low, high)),
                *stands_for.get(number, (None, None)),
            )


def _selection(
    run: Run, index: int, selection: Selection, keys: dict[int, int]
) -> Iterator[SelectionFinding]:
    ranks = {number: rank for rank, number in enumerate(selection.statements, start=1)}
    for decision in selection.decisions:
        yield SelectionFinding(
            run=run,
            rule_index=index,
            rule=selection.rule,
            statement_id=keys[decision.statement_id],
            status=decision.status,
            rank=ranks.get(decision.statement_id),
            score=decision.score,
            reason={"code": decision.reason, "params": dict(decision.params)},
        )


def _known(value: float) -> float | None:
    """None for NaN: the engine's word for a value that does not exist."""
    return None if math.isnan(value) else float(value)

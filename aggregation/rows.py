"""The only place where rows become arrays, and an outcome becomes rows.

Participants and statements go by their public numbers in between, so that a digest means the
same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from aggregation.engine import AGREE, DISAGREE, PASS, Outcome, Plan, Selection, VoteMatrix
from aggregation.engine.matrix import Characteristic
from aggregation.models import GroupFinding, Run, SelectionFinding, StatementFinding
from deliberation.copying import copy_in
from deliberation.models import (
    ImportedGroup,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
    Round,
    Statement,
)

# PostgreSQL's binary COPY: a header, then for every row the number of fields, and before every
# field its length; big-endian. A vote is two int8 and one int2, so every row is 32 bytes.
_HEADER = 19
_TRAILER = 2
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("participant_length", ">i4"),
        ("participant", ">i8"),
        ("statement_length", ">i4"),
        ("statement", ">i8"),
        ("value_length", ">i4"),
        ("value", ">i2"),
    ]
)
_LENGTHS = {"fields": 3, "participant_length": 8, "statement_length": 8, "value_length": 2}
# The same for a card: two int8 and one float8.
_CARD = np.dtype([*_ROW.descr[:5], ("probability_length", ">i4"), ("probability", ">f8")])
_CARD_LENGTHS = {**_LENGTHS, "probability_length": 8}
del _CARD_LENGTHS["value_length"]
_DIRECTIONS = {"agree": 1, "disagree": -1}


# A question about oneself takes part in weights and strata with the answers that at least so many
# people gave: no count below it is published about any part of the panel.
SMALLEST = 10


def load_matrix(round: Round, plan: Plan, *, between: tuple[int, int] | None = None) -> VoteMatrix:
    """The votes of a round: the people of the panel by the statements that count.

    People and statements without a vote are rows and columns too; people who were excluded are
    there and marked. Declared groups, answers to questions and probabilities of cards are loaded
    where the plan asks for them.
    between : first and last row (not included) of the matrix, for a range of participants.
    """
    rows = _people(round).order_by("number")
    people = rows if between is None else rows[slice(*between)]
    what, which = _numbers(Statement.objects.counting().filter(round=round))
    who, whom, excluded = _who(people)
    votes = _votes(round, None if between is None else whom)
    votes = votes[np.isin(votes["participant"], whom) & np.isin(votes["statement"], which)]
    matrix = VoteMatrix.from_triplets(
        who[np.searchsorted(whom, votes["participant"])],
        what[np.searchsorted(which, votes["statement"])],
        votes["value"].astype(np.int8),
        participant_ids=who,
        statement_ids=what,
        declared_groups=_declared_groups(set(whom.tolist()), round, plan),
        probabilities=_probabilities(round, votes) if _needs_probabilities(plan) else None,
    )
    return replace(
        matrix,
        excluded=excluded[np.argsort(who)] if _anyone_excluded(round) else None,
        characteristics=_characteristics(round, plan, matrix.participant_ids),
    )


def n_people(round: Round) -> int:
    """Rows of the whole matrix."""
    return int(_people(round).count())


def _people(round: Round) -> Any:
    return Participant.objects.of_round(round.closed_at).filter(deliberation=round.deliberation_id)


def _anyone_excluded(round: Round) -> bool:
    return bool(_people(round).exclude(exclusion=None).exists())


def _who(people: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Public numbers, keys and whether excluded, side by side, by ascending key."""
    found = np.array(
        list(people.values_list("number", "pk", "exclusion")), dtype=np.float64
    ).reshape(-1, 3)
    table = found[np.argsort(found[:, 1])]
    return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), ~np.isnan(table[:, 2])


def _numbers(rows: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Public numbers and keys, side by side, by ascending key."""
    pairs = np.array(list(rows.order_by("pk").values_list("number", "pk")), dtype=np.int64)
    numbers, keys = pairs.reshape(-1, 2).T
    return numbers, keys


def _votes(round: Round, whom: NDArray[np.int64] | None) -> NDArray[Any]:
    """Votes of the round, by all or by no more than a range of keys around ``whom``. Whose and on
    what counts is sorted out by the caller.

    One table and no join: right after an import the database has no statistics yet, and a plan
    made without them took minutes where this takes milliseconds.
    """
    sql = (
        "COPY (SELECT participant_id, statement_id, value FROM deliberation_vote "
        "WHERE round_id = %s{}) TO STDOUT (FORMAT BINARY)"
    )
    params = [round.pk]
    if whom is not None:
        sql = sql.format(" AND participant_id BETWEEN %s AND %s")
        params += [int(whom.min()), int(whom.max())] if len(whom) else [0, -1]
    return _copied(sql.format(""), params, _ROW, _LENGTHS)


def _copied(
    sql: str, params: list[int], row: np.dtype[np.void], lengths: dict[str, int]
) -> NDArray[Any]:
    # Past Django's own cursor: the one it takes while debugging copies without parameters.
    with connection.cursor() as wrapped, wrapped.cursor.copy(sql, params) as copy:
        raw = b"".join(bytes(chunk) for chunk in copy)
    rows = np.frombuffer(raw[_HEADER:-_TRAILER], dtype=row)
    for name, expected in lengths.items():
        if np.any(rows[name] != expected):
            raise ValueError(f"COPY gave {name} other than {expected}")
    return rows


def _needs_probabilities(plan: Plan) -> bool:
    return any(rule.settings.get("unseen") == "inverse_propensity" for rule in plan.rules)


def _probabilities(round: Round, votes: NDArray[Any]) -> NDArray[np.float64]:
    """Probability with which the card of each vote was first drawn; NaN if it was asked for."""
    sql = (
        "COPY (SELECT DISTINCT ON (participant_id, statement_id) "
        "participant_id, statement_id, probability FROM deliberation_exposure "
        "WHERE round_id = %s AND drawn ORDER BY participant_id, statement_id, id"
        ") TO STDOUT (FORMAT BINARY)"
    )
    cards = _copied(sql, [round.pk], _CARD, _CARD_LENGTHS)
    known = {
        (int(who), int(what)): float(chance)
        for who, what, chance in zip(
            cards["participant"], cards["statement"], cards["probability"], strict=True
        )
    }
    pairs = zip(votes["participant"].tolist(), votes["statement"].tolist(), strict=True)
    return np.array([known.get(pair, math.nan) for pair in pairs], dtype=np.float64)


def _declared_groups(whom: set[int], round: Round, plan: Plan) -> dict[int, int] | None:
    if plan.grouping.method != "declared":
        return None
    groups = ImportedGroup.objects.filter(
        participant__in=_people(round), source=plan.grouping.source
    ).values_list("participant_id", "participant__number", "label")
    # A range in which nobody has a group is still one of a round in which people have.
    return {number: label for key, number, label in groups if key in whom} if groups else None


def _characteristics(
    round: Round, plan: Plan, numbers: NDArray[np.int64]
) -> tuple[Characteristic, ...]:
    """Answers to the questions that the plan weights by or makes groups of, by their wording.

    Answers that fewer than SMALLEST people gave count as unknown, so that no count of so few is
    published. Which these are is asked of the whole panel, also for a range of it.
    """
    wanted = {name for name, _ in plan.weights.margins} if plan.weights else set()
    if plan.grouping.method == "strata":
        wanted.add(str(plan.grouping.source))
    panel = round.deliberation.panel
    questions = ProfileQuestion.objects.filter(panel=panel, text__in=wanted).order_by("text")
    return tuple(_answers(round, question, numbers) for question in questions)


def _answers(round: Round, question: ProfileQuestion, numbers: NDArray[np.int64]) -> Characteristic:
    rows = ProfileAnswer.objects.filter(question=question, seat__participant__in=_people(round))
    pairs = list(rows.values_list("seat__participant__number", "option"))
    given = Counter(option for _, option in pairs)
    values = tuple(option for option in question.options if given[option] >= SMALLEST)
    place = {option: at for at, option in enumerate(values)}
    answer = {number: place.get(option, -1) for number, option in pairs}
    labels = np.array([answer.get(number, -1) for number in numbers.tolist()], dtype=np.int32)
    return Characteristic(question.text, values, labels)


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

"""The only place where rows become arrays; ``rows.py`` is the way back.

Participants and statements go by their public numbers in between, so that a digest means the
same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from aggregation.engine import Plan, VoteMatrix
from aggregation.engine.copied import copied_votes
from aggregation.engine.matrix import Characteristic
from deliberation.models import (
    Exposure,
    ImportedGroup,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
    Round,
    Statement,
)

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
    voter, on, values = _votes(round, None if between is None else whom)
    counts = np.isin(voter, whom) & np.isin(on, which)
    voter, on, values = voter[counts], on[counts], values[counts]
    matrix = VoteMatrix.from_triplets(
        who[np.searchsorted(whom, voter)],
        what[np.searchsorted(which, on)],
        values,
        participant_ids=who,
        statement_ids=what,
        declared_groups=_declared_groups(set(whom.tolist()), round, plan),
        probabilities=_probabilities(round, voter, on) if _needs_probabilities(plan) else None,
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


def _votes(round: Round, whom: NDArray[np.int64] | None) -> tuple[NDArray[Any], ...]:
    """Keys of people and statements, and votes of the round: all, or no more than those of a range
    of keys around ``whom``. Whose and on what counts is sorted out by the caller.

    One table and no join: right after an import the database has no statistics yet, and a plan
    made without them took minutes where this takes milliseconds.
    """
    within = " AND participant_id BETWEEN %s AND %s" if whom is not None else ""
    params = [round.pk]
    if whom is not None:
        params += [int(whom.min()), int(whom.max())] if len(whom) else [0, -1]
    sql = (
        "COPY (SELECT participant_id, statement_id, value FROM deliberation_vote "
        f"WHERE round_id = %s{within}) TO STDOUT (FORMAT BINARY)"
    )
    # Past Django's own cursor: the one it takes while debugging copies without parameters.
    with connection.cursor() as wrapped, wrapped.cursor.copy(sql, params) as copy:
        return copied_votes(b"".join(bytes(chunk) for chunk in copy))


def _needs_probabilities(plan: Plan) -> bool:
    return any(rule.settings.get("unseen") == "inverse_propensity" for rule in plan.rules)


def _probabilities(
    round: Round, who: NDArray[np.int64], what: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Probability with which the card of each vote was first drawn; NaN if it was asked for."""
    cards = Exposure.objects.filter(round=round, drawn=True).order_by("-pk")
    columns = ("participant_id", "statement_id", "probability")
    known = {(p, s): chance for p, s, chance in cards.values_list(*columns).iterator()}
    pairs = zip(who.tolist(), what.tolist(), strict=True)
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

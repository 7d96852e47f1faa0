"""The vote matrix of a round: what counts, by its number, whatever the row order."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from aggregation import runs
from aggregation.engine import Plan
from aggregation.loading import SMALLEST, load_matrix
from deliberation.models import (
    Exclusion,
    Exposure,
    ImportedGroup,
    ProfileAnswer,
    ProfileQuestion,
    Round,
    Statement,
)
from tests.aggregation.running import closed_round
from tests.factories import accepted, join, make_open, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def matrix_of(round: Round):
    return runs.load_matrix(round, Plan.from_dict(round.plan))


def test_the_matrix_holds_every_vote_by_public_number():
    round = closed_round(people=3)
    matrix = matrix_of(round)
    found = {
        (int(matrix.participant_ids[row]), int(matrix.statement_ids[column])): int(value)
        for row, column, value in zip(matrix.rows, matrix.indices, matrix.values, strict=True)
    }
    stored = round.votes.values_list("participant__number", "statement__number", "value")
    assert found == {(who, what): value for who, what, value in stored}


def test_who_left_is_gone_and_who_is_excluded_is_marked():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(4)]
    for person in people:
        vote_row(person, [1, 0])
    Exclusion.objects.create(participant=people[2], reason="listed")
    people[1].withdrawn_at = people[1].joined_at
    people[1].save()
    matrix = matrix_of(the_round(deliberation))
    assert matrix.participant_ids.tolist() == [people[at].number for at in (0, 2, 3)]
    assert matrix.excluded is not None
    assert matrix.excluded.tolist() == [False, True, False]
    assert matrix.n_votes == 6


def test_a_range_of_rows_is_that_part_of_the_whole_matrix():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(6)]
    for at, person in enumerate(people):
        vote_row(person, [1, -1, 0][: 1 + at % 3])
    Exclusion.objects.create(participant=people[0], reason="listed")
    # Numbers need not rise with keys.
    for person, number in zip(people, (14, 11, 16, 12, 15, 13), strict=True):
        type(person).objects.filter(pk=person.pk).update(number=number)
    round = the_round(deliberation)
    whole, plan = matrix_of(round), Plan.from_dict(round.plan)
    for low, high in ((0, 2), (2, 5), (5, 6), (6, 9)):
        part = load_matrix(round, plan, between=(low, high))
        assert part.digest == whole.rows_between(low, min(high, 6)).digest


def test_answers_that_few_people_gave_count_as_unknown():
    deliberation = make_open("vote")
    question = ProfileQuestion.objects.create(
        panel=deliberation.panel, number=1, text="How old are you?", options=["old", "young", "no"]
    )
    people = [join(deliberation) for _ in range(SMALLEST + 3)]
    for at, person in enumerate(people[1:]):
        option = "young" if at < SMALLEST else "old"
        ProfileAnswer.objects.create(seat=person.seat, question=question, option=option)
    vote_row(people[0], [1])
    plan = Plan.from_dict(
        the_round(deliberation).plan
        | {"grouping": {"method": "strata", "source": "How old are you?"}}
    )
    (answers,) = load_matrix(the_round(deliberation), plan).characteristics
    assert answers.values == ("young",)
    assert answers.labels.tolist() == [-1] + [0] * SMALLEST + [-1, -1]
    (part,) = load_matrix(the_round(deliberation), plan, between=(0, 2)).characteristics
    assert (part.values, part.labels.tolist()) == (("young",), [-1, 0])
    assert not matrix_of(the_round(deliberation)).characteristics


def test_probabilities_of_cards_come_where_a_rule_needs_them():
    deliberation = make_open("vote")
    alice = join(deliberation)
    vote_row(alice, [1, 0, -1])
    first, second, _ = accepted(deliberation)[:3]
    for statement, probability, drawn in (
        (first, 0.5, True),
        (first, 0.9, True),
        (second, 1, False),
    ):
        Exposure.objects.create(
            participant=alice, statement=statement, round=the_round(deliberation),
            probability=probability, drawn=drawn, shown_at=alice.joined_at,
        )  # fmt: skip
    rule = {"id": "sequential_pav", "seats": 2, "unseen": "inverse_propensity"}
    plan = Plan.from_dict(the_round(deliberation).plan | {"rules": [rule]})
    matrix = load_matrix(the_round(deliberation), plan)
    assert matrix.probabilities is not None
    assert matrix.probabilities.tolist()[:1] == [0.5]
    assert np.isnan(matrix.probabilities[1:]).all()
    assert matrix_of(the_round(deliberation)).probabilities is None


def test_statements_that_do_not_count_are_left_out_with_their_votes():
    deliberation = make_open("vote")
    alice = join(deliberation)
    vote_row(alice, [1, 1, 1, 1])
    dropped = accepted(deliberation)[1]
    Statement.objects.filter(pk=dropped.pk).update(status="rejected")
    matrix = matrix_of(the_round(deliberation))
    assert dropped.number not in matrix.statement_ids.tolist()
    assert matrix.n_votes == 3


def test_people_and_statements_without_votes_have_their_place():
    deliberation = make_open("vote")
    join(deliberation)
    bob = join(deliberation)
    vote(bob, accepted(deliberation)[0], 1)
    matrix = matrix_of(the_round(deliberation))
    assert (matrix.n_participants, matrix.n_statements, matrix.n_votes) == (2, 4, 1)


def test_declared_groups_come_by_the_name_of_their_source():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(3)]
    for person, label in zip(people, (0, 1, 1), strict=True):
        vote_row(person, [1])
        ImportedGroup.objects.create(participant=person, source="table", label=label)
        ImportedGroup.objects.create(participant=person, source="other", label=7)
    plan = Plan.from_dict(
        the_round(deliberation).plan | {"grouping": {"method": "declared", "source": "table"}}
    )
    matrix = runs.load_matrix(the_round(deliberation), plan)
    assert matrix.declared_groups is not None
    assert matrix.declared_groups.tolist() == [0, 1, 1]


def test_the_same_votes_give_the_same_digest_whatever_the_row_order(sql):
    round = closed_round()
    before = matrix_of(round).digest
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("CREATE TEMP TABLE kept AS SELECT * FROM deliberation_vote")
        cursor.execute("DELETE FROM deliberation_vote")
        cursor.execute("INSERT INTO deliberation_vote SELECT * FROM kept ORDER BY id DESC")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert matrix_of(round).digest == before

"""The vote matrix of a round: what counts, by its number, whatever the row order."""

from __future__ import annotations

import pytest
from django.db import connection

from aggregation import runs
from aggregation.engine import Plan
from deliberation.models import Exclusion, ImportedGroup, Round, Statement
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


def test_excluded_and_withdrawn_people_are_left_out_with_their_votes():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(4)]
    for person in people:
        vote_row(person, [1, 0])
    Exclusion.objects.create(participant=people[0], reason="listed")
    people[1].withdrawn_at = people[1].joined_at
    people[1].save()
    matrix = matrix_of(the_round(deliberation))
    assert matrix.participant_ids.tolist() == [people[2].number, people[3].number]
    assert matrix.n_votes == 4


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

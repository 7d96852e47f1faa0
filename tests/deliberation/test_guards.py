"""Each guard of the schema, attacked with raw SQL on PostgreSQL."""

from contextlib import contextmanager

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from deliberation.models import ModerationDecision, Round, Statement, Vote, VoteEvent
from deliberation.models import statements as statement_models
from deliberation.services.rounds import close_round, end_proposals
from tests.factories import accepted, join, make_deliberation, make_open, the_round, vote

pytestmark = pytest.mark.django_db


@contextmanager
def refused(code: str):
    """The database refuses with this SQLSTATE."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing pending may blur the answer
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.sqlstate == code


UNIQUE, CHECK, FOREIGN_KEY = "23505", "23514", "23503"


@pytest.fixture
def voted():
    """An open deliberation in which one vote was cast: (deliberation, participant, statement)."""
    deliberation = make_open()
    participant, statement = join(deliberation), accepted(deliberation)[0]
    vote(participant, statement, 1)
    return deliberation, participant, statement


APPEND_ONLY = {
    "deliberation_voteevent": "key = gen_random_uuid()",
    "deliberation_moderationdecision": "note = 'other'",
    "deliberation_auditentry": "action = 'vote.forged'",
}


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "attack", ["UPDATE {t} SET {s}", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"]
)
def test_append_only_tables_refuse_every_change(sql, voted, table, attack):
    assert sql(f"SELECT count(*) FROM {table}")[0][0] > 0
    with refused("FM002"):
        sql(attack.format(t=table, s=APPEND_ONLY[table]))


def test_a_second_vote_row_of_one_participant_on_one_statement_is_refused(sql, voted):
    _, participant, statement = voted
    with refused(UNIQUE):
        sql(
            "INSERT INTO deliberation_vote "
            "(participant_id, statement_id, round_id, value, updated_at) "
            "VALUES (%s, %s, %s, 0, now())",
            participant.pk,
            statement.pk,
            statement.round_id,
        )


@pytest.mark.parametrize("table", ["deliberation_vote", "deliberation_voteevent"])
def test_a_vote_names_the_round_of_its_statement(sql, voted, table):
    deliberation, participant, _ = voted
    other = make_open(slug="other", title="Other")
    columns = "participant_id, statement_id, round_id, value"
    values = f"{participant.pk}, {accepted(deliberation)[1].pk}, {the_round(other).pk}, 1"
    if table == "deliberation_vote":
        query = f"INSERT INTO {table} ({columns}, updated_at) VALUES ({values}, now())"
    else:
        query = (
            f"INSERT INTO {table} ({columns}, key, source, created_at) "
            f"VALUES ({values}, gen_random_uuid(), 'web', now())"
        )
    with refused(FOREIGN_KEY):
        sql(query)
        sql("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE deliberation_vote SET value = -1",
        "DELETE FROM deliberation_vote",
        "INSERT INTO deliberation_vote (participant_id, statement_id, round_id, value, updated_at)"
        " SELECT p.id, s.id, s.round_id, 1, now() FROM deliberation_participant p,"
        " deliberation_statement s WHERE NOT EXISTS (SELECT 1 FROM deliberation_vote v"
        " WHERE v.statement_id = s.id)",
        "INSERT INTO deliberation_voteevent (participant_id, statement_id, round_id, value, key,"
        " source, created_at) SELECT participant_id, statement_id, round_id, 0,"
        " gen_random_uuid(), 'web', now() FROM deliberation_voteevent",
    ],
)
def test_votes_of_a_closed_round_never_change(sql, voted, attack):
    close_round(round=the_round(voted[0]), actor=None)
    with refused("FM001"):
        sql(attack)


def test_votes_cannot_be_truncated(sql, voted):
    with refused("FM002"):
        sql("TRUNCATE deliberation_vote")


def test_a_draft_round_takes_no_votes(sql):
    deliberation = make_deliberation()
    statement = accepted(deliberation)[0]
    opened = make_open(slug="other")
    with refused("FM001"):
        sql(
            "INSERT INTO deliberation_vote "
            "(participant_id, statement_id, round_id, value, updated_at) "
            "VALUES (%s, %s, %s, 1, now())",
            join(opened).pk,
            statement.pk,
            statement.round_id,
        )


@pytest.mark.parametrize(
    "change",
    [
        "question = 'Another one?'",
        "consent_text = 'Another one.'",
        "plan = '{}'",
        "plan_hash = repeat('a', 64)",
        "statement_max_length = 500",
        "moderation = 'after'",
        "target_votes = 5",
        "frozen_hash = repeat('a', 64)",
        "opened_at = now() + interval '1 hour'",
        "phase = 'draft', opened_at = NULL, frozen_hash = ''",
    ],
)
def test_an_open_round_is_frozen(sql, change):
    make_open()
    with refused("FM003"):
        sql(f"UPDATE deliberation_round SET {change}")


@pytest.mark.parametrize(
    "change", ["phase = 'vote', closed_at = NULL", "closed_at = now() + interval '1 day'"]
)
def test_a_closed_round_stays_closed(sql, change):
    close_round(round=the_round(make_open()), actor=None)
    with refused("FM003"):
        sql(f"UPDATE deliberation_round SET {change}")


def test_proposing_does_not_come_back(sql):
    end_proposals(round=the_round(make_open()), actor=None)
    with refused("FM003"):
        sql("UPDATE deliberation_round SET phase = 'propose'")


def test_one_open_round_per_deliberation(sql):
    deliberation = make_open()
    first = the_round(deliberation)
    with pytest.raises(IntegrityError, match="one_open_round"), transaction.atomic():
        Round.objects.create(
            deliberation=deliberation,
            number=2,
            phase="vote",
            question="Again?",
            consent_text="Yes.",
            plan={},
            plan_hash="a" * 64,
            frozen_hash="b" * 64,
            opened_at=first.opened_at,
        )


@pytest.mark.parametrize(
    "change",
    [
        "closed_at = now()",
        "phase = 'closed'",
        "phase = 'propose'",
        "opened_at = now()",
        "phase = 'later'",
        "kind = 'poll'",
        "moderation = 'never'",
        "plan_hash = 'short'",
        "question = '  '",
        "statement_max_length = 5",
    ],
)
def test_a_round_that_contradicts_itself_is_refused(sql, change):
    make_deliberation()
    with refused(CHECK):
        sql(f"UPDATE deliberation_round SET {change}")


def test_statement_text_is_frozen_at_its_first_vote(sql, voted):
    _, _, statement = voted
    untouched = accepted(voted[0])[1]
    Statement.objects.filter(pk=untouched.pk).update(text="Nobody has voted on this one.")
    with refused("FM003"):
        sql(
            "UPDATE deliberation_statement SET text = 'Silently edited' WHERE id = %s", statement.pk
        )


def test_the_length_limit_of_the_round_is_held_by_the_database(sql):
    deliberation = make_deliberation(statement_max_length=60)
    with refused("FM004"):
        Statement.objects.create(
            round=the_round(deliberation),
            number=99,
            text="x" * 61,
            folded="x",
            origin="panel",
            created_at=the_round(deliberation).created_at,
        )


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("deliberation_statement", "text = ' untrimmed '"),
        ("deliberation_statement", "text = ''"),
        ("deliberation_statement", "status = 'maybe'"),
        ("deliberation_statement", "origin = 'machine'"),
        ("deliberation_statement", "routing_weight = 0"),
        ("deliberation_membership", "role = 'king'"),
        ("deliberation_deliberation", "visibility = 'secret'"),
        ("deliberation_deliberation", "title = ' '"),
        ("deliberation_user", "email = 'Alice@Example.org'"),
    ],
)
def test_unknown_words_and_broken_values_are_refused(sql, table, change):
    make_deliberation()
    with refused(CHECK):
        sql(f"UPDATE {table} SET {change}")


@pytest.mark.parametrize("value", [2, -2])
def test_a_vote_is_one_of_three_values(sql, voted, value):
    with refused(CHECK):
        sql(f"UPDATE deliberation_vote SET value = {value}")


@pytest.mark.parametrize("probability", [0, -0.1, 1.01])
def test_an_exposure_has_a_probability(sql, voted, probability):
    _, participant, statement = voted
    with refused(CHECK):
        sql(
            "INSERT INTO deliberation_exposure "
            "(participant_id, statement_id, round_id, probability, shown_at) "
            "VALUES (%s, %s, %s, %s, now())",
            participant.pk,
            statement.pk,
            statement.round_id,
            probability,
        )


def test_a_rejection_needs_a_reason(sql, voted):
    statement = voted[2]
    with refused(CHECK):
        ModerationDecision.objects.create(
            statement=statement, decision="reject", reason="fits", created_at=statement.created_at
        )


def test_a_statement_cannot_descend_from_itself(voted):
    with refused(CHECK):
        statement_models.StatementLineage.objects.create(
            child=voted[2], parent=voted[2], kind="reworded"
        )


def test_consent_is_stored_with_the_text_agreed_to(sql, voted):
    with refused(CHECK):
        sql("UPDATE deliberation_participant SET consent_hash = ''")


def test_deleting_a_deliberation_with_votes_is_refused(voted):
    with pytest.raises(IntegrityError), transaction.atomic():
        voted[0].delete()
    assert (Vote.objects.count(), VoteEvent.objects.count()) == (1, 1)

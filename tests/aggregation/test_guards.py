"""Runs and findings, attacked with raw SQL on PostgreSQL."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from aggregation.models import GroupFinding, Run, SelectionFinding, StatementFinding
from tests.factories import accepted, make_open, the_round

pytestmark = pytest.mark.django_db


def refuses(code: str, query: str, *params: object) -> bool:
    """Whether the database refuses ``query`` with SQLSTATE ``code``."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            cursor.execute(query, params)
    return caught.value.__cause__.sqlstate == code


@pytest.fixture
def done_run() -> Run:
    """A finished run with one finding of each kind."""
    deliberation = make_open()
    run = Run.objects.create(round=the_round(deliberation), plan={}, plan_hash="a" * 64, seed=1)
    statement = accepted(deliberation)[0]
    GroupFinding.objects.create(run=run, label=0, size=3)
    StatementFinding.objects.create(run=run, statement=statement, agree=1, disagree=0, passed=0)
    SelectionFinding.objects.create(
        run=run, rule_index=0, rule="threshold", statement=statement, status="selected", rank=1
    )
    run.status, run.finished_at, run.summary = "done", timezone.now(), {}
    run.input_digest = run.outcome_digest = "b" * 64
    run.save()
    return run


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE aggregation_run SET seed = 2",
        "UPDATE aggregation_run SET status = 'queued'",
        "UPDATE aggregation_run SET summary = '{\"forged\": 1}'",
        "UPDATE aggregation_groupfinding SET size = 99",
        "DELETE FROM aggregation_statementfinding",
        "UPDATE aggregation_selectionfinding SET rank = 2",
        "INSERT INTO aggregation_groupfinding (run_id, label, size) "
        "SELECT id, 1, 5 FROM aggregation_run",
        "DELETE FROM aggregation_run",
    ],
)
def test_a_finished_run_and_its_findings_are_frozen(done_run, attack):
    assert refuses("FM003", attack)


def test_findings_cannot_be_truncated(done_run):
    assert refuses("FM002", "TRUNCATE aggregation_groupfinding")


@pytest.mark.parametrize(
    "change",
    [
        "status = 'maybe'",
        "status = 'done'",
        "status = 'running'",
        "status = 'failed'",
        "progress = 101",
        "plan_hash = 'x'",
    ],
)
def test_a_run_that_contradicts_itself_is_refused(change):
    Run.objects.create(round=the_round(make_open()), plan={}, plan_hash="a" * 64, seed=1)
    assert refuses("23514", f"UPDATE aggregation_run SET {change}")


@pytest.mark.parametrize(
    ("status", "rank"), [("selected", "NULL"), ("not_selected", "1"), ("maybe", "NULL")]
)
def test_a_rank_belongs_to_what_is_selected(status, rank):
    deliberation = make_open()
    run = Run.objects.create(round=the_round(deliberation), plan={}, plan_hash="a" * 64, seed=1)
    assert refuses(
        "23514",
        "INSERT INTO aggregation_selectionfinding "
        "(run_id, rule_index, rule, statement_id, status, rank, reason) "
        f"VALUES (%s, 0, 'threshold', %s, '{status}', {rank}, '{{}}')",
        run.pk,
        accepted(deliberation)[0].pk,
    )


def test_one_finding_per_run_and_statement(done_run):
    copy = Run.objects.create(round=done_run.round, plan={}, plan_hash="a" * 64, seed=1)
    statement = done_run.statements.get().statement
    StatementFinding.objects.create(run=copy, statement=statement, agree=0, disagree=0, passed=0)
    assert refuses(
        "23505",
        "INSERT INTO aggregation_statementfinding (run_id, statement_id, agree, disagree, passed) "
        "VALUES (%s, %s, 1, 0, 0)",
        copy.pk,
        statement.pk,
    )

"""Constitutions, attacked with raw SQL on PostgreSQL."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from aggregation.models import Run
from constitutions.models import Constitution, Lineage, Principle, PrincipleEdit, Version
from tests.factories import accepted, make_open, the_round

pytestmark = pytest.mark.django_db


def refuses(code: str, query: str) -> bool:
    """Whether the database refuses ``query`` with SQLSTATE ``code``."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            cursor.execute(query)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return caught.value.__cause__.sqlstate == code


@pytest.fixture
def draft() -> Version:
    """A draft with one principle, its lineage and one edit."""
    deliberation = make_open()
    run = Run.objects.create(round=the_round(deliberation), plan={}, plan_hash="a" * 64, seed=1)
    constitution = Constitution.objects.create(deliberation=deliberation, title="Ours")
    version = Version.objects.create(constitution=constitution, number=1, run=run)
    principle = Principle.objects.create(
        version=version, key="p001", position=1, text="Choose the response that admits doubt."
    )
    Lineage.objects.create(
        principle=principle, statement=accepted(deliberation)[0], rule="threshold", rank=1
    )
    PrincipleEdit.objects.create(version=version, principle_key="p001", after=principle.text)
    return version


@pytest.fixture
def published(draft: Version) -> Version:
    draft.status, draft.published_at, draft.digest = "published", timezone.now(), "c" * 64
    draft.save()
    return draft


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE constitutions_version SET preamble = 'other'",
        "UPDATE constitutions_version SET status = 'draft', published_at = NULL, digest = ''",
        "UPDATE constitutions_version SET digest = repeat('d', 64)",
        "UPDATE constitutions_version SET status = 'ratified', ratified_at = now(), number = 9",
        "DELETE FROM constitutions_version",
        "UPDATE constitutions_principle SET text = 'other'",
        "DELETE FROM constitutions_principle",
        "INSERT INTO constitutions_principle (version_id, key, position, text) "
        "SELECT id, 'p002', 2, 'more' FROM constitutions_version",
        "UPDATE constitutions_lineage SET score = 1",
        "DELETE FROM constitutions_lineage",
        "INSERT INTO constitutions_principleedit "
        "(version_id, principle_key, before, after, reason, created_at) "
        "SELECT id, 'p001', 'a', 'b', '', now() FROM constitutions_version",
    ],
)
def test_a_published_version_is_frozen(published, attack):
    assert refuses("FM003", attack)


def test_a_published_version_can_still_be_ratified(published):
    published.status, published.ratified_at = "ratified", timezone.now()
    published.save()
    assert refuses("FM003", "UPDATE constitutions_version SET ratified_at = now()")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE constitutions_principleedit SET after = 'other'",
        "DELETE FROM constitutions_principleedit",
        "TRUNCATE constitutions_principleedit",
        "TRUNCATE constitutions_lineage",
    ],
)
def test_the_record_of_edits_only_grows(draft, attack):
    assert refuses("FM002", attack)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("version", "status = 'final'"),
        ("version", "status = 'published'"),
        ("version", "ratified_at = now()"),
        ("principle", "text = '  '"),
    ],
)
def test_a_draft_that_contradicts_itself_is_refused(draft, table, change):
    assert refuses("23514", f"UPDATE constitutions_{table} SET {change}")


def test_one_draft_at_a_time(draft):
    assert refuses(
        "23505",
        "INSERT INTO constitutions_version (constitution_id, number, status, run_id, rule_index, "
        "preamble, digest, created_at) SELECT constitution_id, 2, 'draft', run_id, 0, '', '', now()"
        " FROM constitutions_version",
    )


@pytest.mark.parametrize("column", ["key", "position"])
def test_keys_and_positions_are_unique_in_a_version(draft, column):
    other = {"key": "position + 1, key", "position": "position, 'p002'"}[column]
    assert refuses(
        "23505",
        "INSERT INTO constitutions_principle (version_id, position, key, text) "
        f"SELECT version_id, {other}, 'more' FROM constitutions_principle",
    )

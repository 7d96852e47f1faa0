"""What every test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings
from hypothesis import settings as hypothesis_settings

# A slow machine is no finding. With CI=true hypothesis has a profile of its own that says so, too.
if os.environ.get("CI") != "true":
    hypothesis_settings.register_profile("no deadline", deadline=None)
    hypothesis_settings.load_profile("no deadline")

_WITH_TRUNCATE_TRIGGER = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE NOT tgisinternal AND tgtype & 32 > 0 ORDER BY 1
"""


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Let a transactional test empty the tables that refuse TRUNCATE.

    The refusal is the product's; only the flush between tests steps around it.
    """
    flush = DatabaseOperations.execute_sql_flush

    def past_the_guards(self: DatabaseOperations, sql_list: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(_WITH_TRUNCATE_TRIGGER)
            guarded = [table for (table,) in cursor.fetchall()]
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded]
        flush(self, [*off, *sql_list, *on])

    DatabaseOperations.execute_sql_flush = past_the_guards  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Slow hashing is for production."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference data. Its absence skips, or fails where CI requires it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FOLKMOOT_DATA", beside))
    if not (folder / "README.md").is_file():
        reason = f"No reference data in {folder}. Set FOLKMOOT_DATA to the folder that has it."
        if os.environ.get("FOLKMOOT_REQUIRE_DATA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture
def sql(db: None):
    """Run raw SQL and return the rows, if any: ``sql("SELECT 1")``."""

    def run(query: str, *params: object) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall() if cursor.description else []

    return run

"""What tests of the embedded services share: asking the database, and seeing that all is gone."""

from pathlib import Path

import psycopg

from deploy.embedded.home import Home
from deploy.embedded.leftovers import servers_in
from deploy.local import Services
from deploy.processes import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]


def nothing_left(folder: Path) -> bool:
    """Servers gone and the supervisor too; a supervisor that stops holds its lock to the end."""
    if not folder.exists():
        return True
    alive = Home(folder).supervisor_alive
    return wait_until(lambda: not alive() and not servers_in(folder), seconds=30)


def query(running: Services, sql: str) -> list[tuple]:
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []

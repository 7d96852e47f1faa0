"""A pytest plugin: the tests' own PostgreSQL and Valkey, before Django reads its settings.

The process that was started as ``pytest`` runs the services in a throwaway home; pytest-xdist's
workers inherit the addresses and take a Redis database each (pytest-django does the same for
PostgreSQL). ``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name services of your own instead.
The developer's ``.folkmoot`` is never touched.
"""

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.embedded import postgres
from deploy.embedded.home import Home
from deploy.local import ServicesError, services
from deploy.processes import wait_until

_ENVIRONMENT = {
    "SECRET_KEY": "for the tests only, and known to everybody",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DECK_SECONDS": "0",  # what a test changes shows at once
    "FOLKMOOT_LOCAL": "1",  # plain HTTP, and static files as they lie
    "OPENBLAS_NUM_THREADS": "1",  # as in Celery's workers
}
_MUST_NOT_LEAK_IN = ("SECRET_KEY_FILE", "DATABASE_URL_FILE", "REDIS_URL_FILE", "DEBUG_FILE")
# Emptying tables between tests steps around the triggers that refuse TRUNCATE (conftest.py).
# The application's role may not do that, except here.
_FOR_TESTS = f"GRANT SET ON PARAMETER session_replication_role TO {postgres.ROLE};"
_cleanup = pytest.StashKey[ExitStack]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Runs before pytest-django's hook of the same name, which loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        early_config.stash[_cleanup] = cleanup = ExitStack()
        for name in _MUST_NOT_LEAK_IN:
            os.environ.pop(name, None)
        os.environ.update(_ENVIRONMENT)
        _provide_services(cleanup)
    else:
        os.environ["REDIS_URL"] = redis_url_for(worker, os.environ["REDIS_URL"])
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash.get(_cleanup, ExitStack()).close()


def redis_url_for(worker: str, url: str) -> str:
    """The Redis database of a pytest-xdist worker: gw0 has 1, gw1 has 2; 0 is for runs without."""
    number = int(worker.removeprefix("gw")) + 1
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def _provide_services(cleanup: ExitStack) -> None:
    urls = [os.environ.get(f"TEST_{name}", "") for name in ("DATABASE_URL", "REDIS_URL")]
    if any(urls) and not all(urls):
        raise pytest.UsageError("Set both TEST_DATABASE_URL and TEST_REDIS_URL, or neither.")
    home = Path(tempfile.mkdtemp(prefix="folkmoot-tests-"))
    os.environ["FOLKMOOT_HOME"] = str(home / "unused")
    if all(urls):
        cleanup.callback(home.rmdir)
    else:
        urls = _start(home, cleanup)
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = urls


def _start(home: Path, cleanup: ExitStack) -> list[str]:
    try:
        cleanup.callback(wait_until, lambda: not home.exists(), seconds=15)
        running = cleanup.enter_context(services(home, durable=False, throwaway=True))
        postgres.as_superuser(Home(home), running.state.postgres_port, _FOR_TESTS)
    except ServicesError as error:
        raise pytest.UsageError(str(error)) from error
    return [running.database_url, running.redis_url]

"""Real workers, real PostgreSQL, real Valkey; killed and stopped. A run still ends once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from aggregation import ranges, runs
from aggregation.engine import Plan
from aggregation.messages import send
from aggregation.models import GroupFinding, Run, RunPart, StatementFinding
from deliberation.models import Vote
from deliberation.services.rounds import close_round
from deploy.demo.serving import free_port
from deploy.embedded import valkey
from deploy.embedded.home import Home
from deploy.processes import Child, Children, wait_until
from tests.aggregation.running import large_round
from tests.factories import join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
LEASE = 3
# A hang must fail the test, not the build; nothing here is about speed.
PATIENCE = 90.0


def address_of_the_test_database() -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(say=print) as started:
        yield started


@pytest.fixture
def start_worker(children, tmp_path) -> Callable[..., Child]:
    """Start a Celery worker on the test database."""

    def start(redis_url: str = settings.REDIS_URL) -> Child:
        name = f"worker-{len(list(tmp_path.glob('worker-*.log')))}"
        return children.start(
            name,
            [
                Path(sys.executable).with_name("celery"),
                "--app=deploy.celery",
                "worker",
                "--queues=default,aggregate",
                "--concurrency=1",
                "--loglevel=INFO",
                f"--hostname={name}@%h",
            ],
            env=os.environ
            | {
                "DATABASE_URL": address_of_the_test_database(),
                "REDIS_URL": redis_url,
                "RUN_LEASE_SECONDS": str(LEASE),
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            log=tmp_path / f"{name}.log",
        )

    return start


@pytest.fixture(autouse=True)
def _sweep_at_once(monkeypatch) -> None:
    monkeypatch.setattr(runs, "FIRST_MESSAGE", 0)
    monkeypatch.setattr(ranges, "FIRST_MESSAGE", 0)


@contextmanager
def findings_locked() -> Iterator[psycopg.Connection]:
    """Whoever wants to save findings waits for us."""
    with psycopg.connect(address_of_the_test_database()) as other:
        other.execute("LOCK TABLE aggregation_groupfinding IN SHARE MODE")
        yield other


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = 'aggregation_groupfinding'::regclass"
        )
        return bool(cursor.fetchone()[0])


def kill(child: Child) -> None:
    """As the system does when memory runs out: no goodbye, the whole process group."""
    os.killpg(child.pid, signal.SIGKILL)
    child.process.wait()


def until(condition: Callable[[], bool], worker: Child) -> None:
    held = wait_until(condition, seconds=PATIENCE, every=0.2)
    assert held, worker.last_lines(40)


def done_after_sweep() -> bool:
    runs.sweep()
    ranges.sweep()
    return Run.objects.filter(status="done").exists()


def open_with_votes():
    deliberation = make_open("vote")
    for n in range(12):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0])
    return deliberation


def test_a_worker_takes_the_message_and_finishes_the_run(start_worker):
    worker = start_worker()
    round = close_round(round=the_round(open_with_votes()), actor=None)
    run = runs.queue_run(round=round)
    until(lambda: Run.objects.filter(status="done").exists(), worker)
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("done", 1)
    assert run.claimed_by.startswith("worker-0@")


def test_a_worker_killed_while_saving_leads_to_exactly_one_finished_run(start_worker):
    round = close_round(round=the_round(open_with_votes()), actor=None)
    with findings_locked():
        first = start_worker()
        run = runs.queue_run(round=round)
        until(waits_for_a_lock, first)
        assert Run.objects.get().status == "running"
        kill(first)
    assert not GroupFinding.objects.exists(), "the dead worker saved nothing"
    second = start_worker()
    until(done_after_sweep, second)
    run.refresh_from_db()
    assert Run.objects.count() == 1
    assert (run.status, run.attempts) == ("done", 2)
    assert run.claimed_by.startswith("worker-1@")
    assert StatementFinding.objects.count() == 4


def run_to_cut() -> tuple[Run, Run]:
    """A run of three ranges, and the same one to be executed here."""
    round = large_round()
    plan = Plan.from_dict(round.plan | {"ranges": {"participants": 256}})
    return runs.create_run(round=round, plan=plan), runs.create_run(round=round, plan=plan)


def outcome(run: Run) -> tuple[str, str, str]:
    run.refresh_from_db()
    return run.status, run.input_digest, run.outcome_digest


def test_two_workers_share_a_run_in_parts_and_give_the_same_bytes(start_worker):
    in_parts, whole = run_to_cut()
    runs.execute(whole.pk, "here")
    workers = [start_worker(), start_worker()]
    send(in_parts.pk)
    until(lambda: done_after_sweep() and outcome(in_parts)[0] == "done", workers[0])
    assert outcome(in_parts) == outcome(whole)
    assert not RunPart.objects.exists()


def test_a_worker_killed_in_a_part_costs_that_part_and_nothing_else(start_worker):
    in_parts, whole = run_to_cut()
    runs.execute(whole.pk, "here")
    with votes_locked():
        first = start_worker()
        send(in_parts.pk)
        until(lambda: RunPart.objects.filter(status="running").exists(), first)
        kill(first)
        part = RunPart.objects.get(status="running")
    second = start_worker()
    until(lambda: done_after_sweep() and outcome(in_parts)[0] == "done", second)
    assert outcome(in_parts) == outcome(whole)
    assert part.attempts == 1
    assert in_parts.attempts == 1, "the run itself was not begun again"


@contextmanager
def votes_locked() -> Iterator[psycopg.Connection]:
    """Whoever wants to read votes waits for us."""
    with psycopg.connect(address_of_the_test_database()) as other:
        other.execute("LOCK TABLE deliberation_vote IN ACCESS EXCLUSIVE MODE")
        yield other


def test_with_redis_stopped_voting_goes_on_and_the_run_is_done_when_it_is_back(
    start_worker, children, tmp_path, monkeypatch
):
    home, port = Home(tmp_path / "valkey"), free_port(0)
    home.create()
    valkey.create(home)
    broker = valkey.start(home, children, port)
    assert wait_until(lambda: bool(valkey.ready(home, port)), seconds=PATIENCE)
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", valkey.url(home, port))
    worker = start_worker(valkey.url(home, port))
    until(lambda: "ready." in worker.last_lines(200), worker)

    children.stop(broker)
    deliberation = open_with_votes()
    assert Vote.objects.count() == 48
    with hang_guard():
        round = close_round(round=the_round(deliberation), actor=None)
        runs.queue_run(round=round)
        assert runs.sweep() == 0, "no message can be sent"
    assert Run.objects.get().status == "queued"

    valkey.start(home, children, port)
    until(done_after_sweep, worker)
    assert Run.objects.get().attempts == 1
    children.stop(worker)  # before its broker, for which it would wait


@contextmanager
def hang_guard() -> Iterator[None]:
    """A call that never returns becomes an error."""

    def give_up(*_: object) -> None:
        raise TimeoutError("a dead broker held us up")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

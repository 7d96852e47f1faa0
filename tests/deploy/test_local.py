"""The embedded services: shared, apart, private, and gone when nobody is left."""

import socket
import stat
import subprocess
import sys
from contextlib import ExitStack

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.embedded.home import Home
from deploy.embedded.leftovers import servers_in
from deploy.local import ServicesError, reset, services
from deploy.processes import wait_until
from tests.deploy.embedded import REPOSITORY, nothing_left, query


def test_both_servers_answer_and_are_gone_after_the_last_user(home):
    with services(home, durable=False) as running:
        assert query(running, "SHOW server_version_num") >= [("180000",)]
        assert redis.from_url(running.redis_url).ping()
        assert running.trouble() == ""
        assert servers_in(home)
    assert nothing_left(home)
    assert not Home(home).state_file.exists()


def test_the_application_sorts_by_code_point_in_utf8_and_utc_without_superuser_rights(running):
    assert query(running, "SELECT datlocprovider, datlocale FROM pg_database LIMIT 1") == [
        ("b", "C.UTF-8")
    ]
    assert query(running, "SHOW server_encoding") == [("UTF8",)]
    assert query(running, "SHOW timezone") == [("UTC",)]
    assert query(running, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [
        (False,)
    ]


def test_votes_are_on_disk_when_postgres_says_so(home):
    with services(home) as running:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert query(running, f"SHOW {setting}") == [("on",)]


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
    query(running, "CREATE TABLE contact (email text PRIMARY KEY)")
    insert = "INSERT INTO contact VALUES ('alice@example.org')"
    query(running, insert)
    with pytest.raises(psycopg.errors.UniqueViolation, match="alice@"):
        query(running, insert)
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
        assert query(second, "SELECT 1") == [(1,)]


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
                    argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout.readline() == "up\n"
        assert servers_in(home)
        command.kill()
    assert nothing_left(home)


def test_two_homes_do_not_collide(running, tmp_path):
    with services(tmp_path / "other", durable=False) as other:
        query(running, "CREATE TABLE here (n int)")
        assert query(other, "SELECT to_regclass('here')") == [(None,)]
        redis.from_url(running.redis_url).set("here", 1)
        assert redis.from_url(other.redis_url).get("here") is None
    assert nothing_left(tmp_path / "other")
    assert running.trouble() == ""


def test_reset_empties_both_servers(running):
    query(running, "CREATE TABLE ballot (n int)")
    redis.from_url(running.redis_url).set("key", 1)
    reset(running)
    assert query(running, "SELECT to_regclass('ballot')") == [(None,)]
    assert redis.from_url(running.redis_url).dbsize() == 0
    assert running.trouble() == ""


def test_reset_is_refused_while_another_command_uses_the_services(running, home):
    query(running, "CREATE TABLE ballot (n int)")
    with services(home), pytest.raises(ServicesError, match="Another Folkmoot command"):
        reset(running)
    assert query(running, "SELECT to_regclass('ballot')::text") == [("ballot",)]
    reset(running)
    assert query(running, "SELECT to_regclass('ballot')") == [(None,)]

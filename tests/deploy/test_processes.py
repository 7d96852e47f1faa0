"""Child processes: they never outlive us, stop in order, and their end is reported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.processes import Children, wait_until, wakeups, watch

_REPOSITORY = Path(__file__).resolve().parents[2]
_STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(said):
    with Children(said.append) as running:
        yield running


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_leads_its_own_process_group(children):
    child = children.start("a sleeper", ["sleep", "60"])
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_watching_returns_the_child_that_dies_and_its_obituary_says_how(children, tmp_path):
    log = tmp_path / "log"
    log.write_text("from an earlier run\n")
    children.start("a sleeper", ["sleep", "60"])
    child = children.start("the poet", ["sh", "-c", "echo last words; kill -9 $$"], log=log)
    with wakeups() as waiter:
        assert watch(children, waiter, every=30) is child
    assert child.obituary().startswith(f"the poet (process {child.pid}) was killed by signal 9")
    assert str(log) in child.obituary()
    assert child.last_lines() == "last words"


def test_an_exit_status_is_reported(children):
    child = children.start("a failure", ["sh", "-c", "exit 3"])
    child.process.wait()
    assert children.dead() is child
    assert "ended with exit status 3" in child.obituary()


def test_children_are_stopped_last_one_first(tmp_path):
    order = tmp_path / "order"
    script = 'trap "echo $0 >> order; exit" TERM; echo > $0.up; while :; do sleep 0.02; done'
    with Children(print) as running:
        for name in ("first", "second"):
            running.start(name, ["sh", "-c", script, name], cwd=tmp_path)
            assert wait_until((tmp_path / f"{name}.up").exists, seconds=10)
    assert order.read_text().split() == ["second", "first"]


def test_a_child_that_ignores_the_signal_is_killed_and_that_is_said(children, said, tmp_path):
    log = tmp_path / "log"
    child = children.start("Stubborn", [sys.executable, "-c", _STUBBORN], log=log, patience=0.2)
    assert wait_until(lambda: "up" in log.read_text(), seconds=10)
    children.stop(child)
    assert child.process.returncode == -signal.SIGKILL
    assert any("Stubborn did not stop" in line for line in said)


def test_what_a_child_has_started_goes_with_it(children, tmp_path):
    script = f"sleep 60 & echo $! > {tmp_path}/draft; mv {tmp_path}/draft {tmp_path}/pid; wait"
    child = children.start("a parent", ["sh", "-c", script])
    assert wait_until((tmp_path / "pid").exists, seconds=10)
    grandchild = int((tmp_path / "pid").read_text())
    children.stop(child)
    assert wait_until(lambda: _gone(grandchild), seconds=10)


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path):
    code = (
        "import time; from deploy.processes import Children\n"
        "print(Children(print).start('a sleeper', ['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        assert not _gone(child)
        parent.kill()
    assert wait_until(lambda: _gone(child), seconds=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_watch_and_are_remembered(children, number):
    children.start("a sleeper", ["sleep", "60"])
    with wakeups() as waiter:
        os.kill(os.getpid(), number)
        assert watch(children, waiter, every=30) is None
        assert waiter.asked_to_stop is number


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD)
    with wakeups():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD)) == before


def test_watching_ends_when_there_is_nothing_left_to_do(children):
    children.start("a sleeper", ["sleep", "60"])
    with wakeups() as waiter:
        assert watch(children, waiter, every=0.01, until=lambda: True) is None
        assert waiter.asked_to_stop is None

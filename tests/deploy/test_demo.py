"""The demo as a newcomer runs it: as a command, on embedded services of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
FEW = ["--participants", "100"]


def environment(home: Path) -> dict[str, str]:
    """Ours without what the tests' own services put there."""
    theirs = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SECRET_KEY_FILE",
        "DJANGO_SETTINGS_MODULE",
    )
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    return kept | {"FOLKMOOT_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def manage(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@dataclass
class Played:
    """A home in which the demo was interrupted once, and what the command printed each time."""

    home: Path
    interrupted: str
    status: int
    rest: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    home = tmp_path_factory.mktemp("demo home")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--no-serve", *FEW],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if " people, " in line:
            process.send_signal(signal.SIGINT)
            break
    interrupted = process.communicate(timeout=60)[0]
    done = manage(home, "demo", "--no-serve", *FEW)
    assert done.returncode == 0, done.stderr
    return Played(home, interrupted, process.returncode, done.stdout)


def test_an_interrupted_demo_plays_on_to_a_published_constitution(played):
    assert played.status == 0
    assert "Constitution published" not in played.interrupted
    assert re.search(r"Constitution published: [1-9]\d* principles", played.rest)
    for label in ("Vote", "Organise", "Report", "Constitution", "Kit"):
        line = rf"^  {label} +http://127\.0\.0\.1:\d+/\S+"
        assert re.search(line, played.rest, re.MULTILINE), label


def test_what_it_left_adds_up(played):
    counts = manage(played.home, "shell", "--no-imports", "-c", RECONCILE)
    assert counts.returncode == 0, counts.stderr
    found = json.loads(counts.stdout)
    assert found["replayed"] == found["stored"] == found["reported"] > 300
    assert found["open"] == ["propose"]
    assert found["run"] == "done"
    assert found["worker"].startswith("celery@")


RECONCILE = """
import json
from aggregation.models import Run
from deliberation.models import Round, Vote, VoteEvent
votes = {}
for e in VoteEvent.objects.order_by("id"):
    votes[e.participant_id, e.statement_id] = e.value
stored = {(v.participant_id, v.statement_id): v.value for v in Vote.objects.all()}
assert {k: v for k, v in votes.items() if v is not None} == stored
run = Run.objects.get()
print(json.dumps({
    "replayed": len(votes), "stored": len(stored), "reported": sum(run.summary["votes"].values()),
    "open": list(Round.objects.filter(closed_at=None).values_list("phase", flat=True)),
    "run": run.status, "worker": run.claimed_by,
}))
"""


def test_a_second_start_uses_what_is_there_and_exports_the_same_bytes(played, tmp_path):
    home = played.home
    exported = [tmp_path / "before", tmp_path / "after"]
    for folder in exported:
        words = ["demo-assistant", "--format", "canonical-json", "--out", str(folder)]
        assert manage(home, "export_constitution", *words).returncode == 0
        again = manage(home, "demo", "--no-serve", *FEW)
        assert again.returncode == 0
        assert "there already" in again.stdout
    (before,), (after,) = ([*folder.iterdir()] for folder in exported)
    assert before.read_bytes() == after.read_bytes()


@pytest.fixture
def serving(played) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo serving on the data that is there: the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", "0"],
        cwd=ROOT,
        env=environment(played.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = ""
    for line in process.stdout:
        if found := re.search(r"answers at (http://\S+)/", line):
            address = found[1]
        if "Press Ctrl-C" in line:
            break
    assert address
    yield process, address
    process.kill()
    process.wait()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_it_serves_and_ctrl_c_leaves_nothing_behind(serving):
    process, address = serving
    with urllib.request.urlopen(f"{address}/", timeout=10) as answer:
        assert "Folkmoot" in answer.read().decode()
    children = family(process)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert gone(children)


def test_a_child_that_dies_is_reported_and_ends_the_demo(serving):
    process, _ = serving
    children = family(process)
    worker = next(child for child in children if "celery" in " ".join(child.cmdline()))
    worker.send_signal(signal.SIGKILL)
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert "Celery worker" in rest
    assert "SIGKILL" in rest
    assert gone(children)


def test_killed_without_a_word_it_takes_its_children_along(serving):
    process, _ = serving
    children = family(process)
    process.kill()
    process.wait()
    time.sleep(0.1)
    assert gone(children)


def test_too_few_people_are_refused_in_words(tmp_path):
    done = manage(tmp_path, "demo", "--no-serve", "--participants", "3")
    assert done.returncode == 1
    assert "at least 100" in done.stderr

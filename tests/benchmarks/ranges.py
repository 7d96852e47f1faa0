"""One run on 1, 2 and 4 workers: ``uv run tests/benchmarks/ranges.py [--people N] [--cast N]``.

Real PostgreSQL, Valkey and Celery, all on this computer. A synthetic round (100,000 people, 500
statements, 30 votes each, in two camps) is filled by COPY and closed. The same plan is executed by
this process with all votes in memory, then in parts by Celery workers of one process and one
thread each. Prints seconds and CPU for each, the median seconds of a part by step, and whether
every outcome has the same digest. Votes lie in the order of people, as after an import, or with
``--shuffled`` in the order of casting, people mixed.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from deploy.local import export, services  # noqa: E402
from deploy.processes import Child, Children, wait_until  # noqa: E402

_TYPES = ["int8", "int8", "int8", "int2", "timestamptz"]
_PATIENCE = 300.0
_PART = re.compile(r"part done.* cpu=([\d.]+) +part=\d+/(\w+)/\d+ seconds=([\d.]+)")


@dataclass(frozen=True)
class Turn:
    """One execution. Seconds; CPU of the workers and of the database."""

    who: str
    wall: float
    workers: float
    database: float
    digest: str


def prepare(people: int, statements: int, cast: int, shuffled: bool) -> Any:
    """A closed round with ``people`` x ``cast`` votes."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from deliberation.services.deliberations import create_deliberation
    from deliberation.services.rounds import close_round, consent_hash, open_round
    from deliberation.services.statements import add_seeds
    from tests.benchmarks.votes import PEOPLE, SEATED

    call_command("migrate", verbosity=0)
    deliberation = create_deliberation(
        owner=None,
        title="Benchmark",
        question="What should the assistant do?",
        consent_text="You are asked to vote.",
        slug="benchmark",
    )
    texts = [
        f"The assistant should keep to rule number {n} of the house." for n in range(statements)
    ]
    add_seeds(round=deliberation.rounds.get(), texts=texts, actor=None)
    round = open_round(round=deliberation.rounds.get(), actor=None, phase="vote")
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [deliberation.panel.pk, people])
        cursor.execute(SEATED, [consent_hash(round), deliberation.pk])
    fill(round, cast, shuffled)
    closed = close_round(round=round, actor=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return closed


def fill(round: Any, cast: int, shuffled: bool) -> None:
    """Votes of two camps, each person on statements of their own. The guard that takes a lock for
    each statement is the product's and stays on."""
    from django.utils.timezone import now

    from deliberation.copying import copy_in
    from deliberation.models import Participant, Statement

    who = np.array(Participant.objects.order_by("number").values_list("pk", flat=True))
    what = np.array(
        Statement.objects.filter(round=round).order_by("number").values_list("pk", flat=True)
    )
    lot, at = np.random.default_rng(1), now()
    rows = np.repeat(np.arange(len(who)), cast)
    columns = (
        np.tile(np.arange(cast), len(who)) * 7 + lot.integers(0, len(what), len(who))[rows]
    ) % len(what)
    lean = np.where(rows % 2, 1, -1) * np.where(columns % 3, 1, -1)
    values = np.where(lot.random(len(rows)) < 0.7, lean, lot.integers(-1, 2, len(rows)))
    order = lot.permutation(len(rows)) if shuffled else np.arange(len(rows))
    copy_in(
        "deliberation_vote (participant_id, statement_id, round_id, value, updated_at)",
        _TYPES,
        (
            (int(who[rows[n]]), int(what[columns[n]]), round.pk, int(values[n]), at)
            for n in order.tolist()
        ),
    )


def database() -> psutil.Process:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    parent = backend.parent()
    assert parent is not None
    return parent


def cpu(processes: list[psutil.Process]) -> float:
    """Seconds of CPU that these and their children have used, children that have ended too."""
    total = 0.0
    for one in processes:
        for process in [one, *one.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def alone(round: Any, plan: Any) -> Turn:
    """By this process, all votes in memory."""
    from aggregation import runs

    run = runs.create_run(round=round, plan=plan)
    server, me = [database()], psutil.Process()
    before, began, mine = cpu(server), time.perf_counter(), me.cpu_times()
    runs.execute(run.pk, "benchmark")
    wall, used = time.perf_counter() - began, me.cpu_times()
    run.refresh_from_db()
    spent = used.user + used.system - mine.user - mine.system
    return shown(Turn("this process", wall, spent, cpu(server) - before, run.outcome_digest))


def shown(turn: Turn) -> Turn:
    print(turn, flush=True)
    return turn


def in_parts(round: Any, plan: Any, workers: list[Child]) -> Turn:
    """By these workers."""
    from aggregation import runs
    from aggregation.messages import send
    from aggregation.models import Run

    run = runs.create_run(round=round, plan=plan)
    server, those = [database()], [psutil.Process(worker.pid) for worker in workers]
    before, began = (cpu(server), cpu(those)), time.perf_counter()
    send(run.pk)
    ended = Run.objects.filter(pk=run.pk, status__in=["done", "failed"])
    if not wait_until(ended.exists, seconds=_PATIENCE, every=0.05):
        raise SystemExit(workers[0].last_lines(40))
    wall = time.perf_counter() - began
    run.refresh_from_db()
    if run.error:
        raise SystemExit(run.error)
    who = f"{len(workers)} worker{'s' * (len(workers) > 1)}"
    spent = cpu(those) - before[1], cpu(server) - before[0]
    return shown(Turn(who, wall, *spent, run.outcome_digest))


def start(children: Children, number: int, home: Path) -> Child:
    """One Celery worker of one process."""
    name = f"worker-{number}"
    worker = children.start(
        name,
        [
            Path(sys.executable).with_name("celery"), "--app=deploy.celery", "worker",
            "--queues=aggregate", "--concurrency=1", "--loglevel=INFO", f"--hostname={name}@%h",
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "INFO"},
        cwd=ROOT,
        log=home / f"{name}.log",
    )  # fmt: skip
    if not wait_until(lambda: "ready." in worker.last_lines(200), seconds=60, every=0.1):
        raise SystemExit(worker.last_lines(40))
    return worker


def by_step(logs: list[Path]) -> dict[str, list[tuple[float, float]]]:
    """Seconds and CPU of every part, by step."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for log in logs:
        for used, step, seconds in _PART.findall(log.read_text()):
            found[step].append((float(seconds), float(used)))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--statements", type=int, default=500)
    options.add_argument("--cast", type=int, default=30, help="votes of each person")
    options.add_argument("--range", type=int, default=12_544, help="people in a range")
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--resamples", type=int, default=0, help="none unless given")
    options.add_argument("--shuffled", action="store_true")
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="folkmoot-benchmark-"))
    with services(home, durable=True, throwaway=True) as running:
        export(running)
        os.environ.update(LOG_LEVEL="WARNING", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        round = prepare(given.people, given.statements, given.cast, given.shuffled)
        from aggregation.engine import Plan

        wanted = {key: round.plan[key] for key in ("name", "title", "grouping", "thresholds")} | {
            "rules": [{"id": "threshold", "above": 0.5}],
            "ranges": {"participants": given.range},
        }
        if given.resamples:
            wanted["stability"] = {"resamples": given.resamples, "flips": False}
        plan = Plan.from_dict(wanted)
        print("the round is filled and closed", flush=True)
        turns = [alone(round, plan) for _ in range(given.turns)]
        for count in (1, 2, 4):
            with Children(say=print) as children:
                workers = [start(children, n, home) for n in range(count)]
                turns += [in_parts(round, plan, workers) for _ in range(given.turns)]
        report(turns, by_step(sorted(home.glob("worker-*.log"))))


def report(turns: list[Turn], parts: dict[str, list[tuple[float, float]]]) -> None:
    for who in dict.fromkeys(turn.who for turn in turns):
        of = [turn for turn in turns if turn.who == who]
        wall, workers, server = (
            statistics.median(getattr(turn, name) for turn in of)
            for name in ("wall", "workers", "database")
        )
        print(f"{who:14} {wall:7.2f} s   CPU {workers:6.2f} s + {server:6.2f} s database")
    for step, times in parts.items():
        wall, used = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"  {step:9} median {wall:6.3f} s, CPU {used:6.3f} s, of {len(times)} parts")
    same = len({turn.digest for turn in turns}) == 1
    print(f"same bytes: {'yes' if same else 'NO'}; {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

"""How many votes a second the real site takes: ``uv run tests/benchmarks/votes.py``.

Real HTTP on loopback (wrk: ``apt-get install -y wrk``), PostgreSQL with fsync on, two Granian
WSGI processes of four threads, all on this computer. 500 statements; 50,000 participants who
have voted on ten statements each before the clock starts. A vote is a full request of the
product: middleware, CSRF, limits, checks, vote, event, exposure, next card rendered.

Against it, in the same run and in turns, a bare view that only upserts (``bare/``). Prints each
turn and the medians: votes a second, latency, CPU of web server and database for each vote.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from deploy.local import export, services  # noqa: E402

PORT = 8391
STATEMENTS, PARTICIPANTS, EARLIER, REQUESTS = 500, 50_000, 10, 300_000
CONNECTIONS, WRK_THREADS = 32, 2


@dataclass(frozen=True)
class Turn:
    """One measurement. Latencies and CPU are in milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu_web: float
    cpu_database: float
    refused: int


# --- The world


def prepare() -> list[str]:
    """Fill the database; returns the requests of the product, one line each."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from deliberation.services.deliberations import create_deliberation
    from deliberation.services.rounds import consent_hash, open_round
    from deliberation.services.statements import add_seeds

    call_command("migrate", verbosity=0)
    deliberation = create_deliberation(
        owner=None,
        title="Benchmark",
        question="What should the assistant do?",
        consent_text="You are asked to vote.",
        slug="benchmark",
    )
    texts = [f"The assistant should keep to rule number {n} of the house." for n in range(500)]
    add_seeds(round=deliberation.rounds.get(), texts=texts, actor=None)
    round = open_round(round=deliberation.rounds.get(), actor=None)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [deliberation.panel.pk, PARTICIPANTS])
        cursor.execute(SEATED, [consent_hash(round), deliberation.pk])
        for table, columns, values in EARLIER_VOTES:
            cursor.execute(
                f"INSERT INTO {table} (participant_id, statement_id, round_id, {columns}) "
                f"SELECT p.id, s.id, s.round_id, {values} FROM deliberation_participant p "
                "JOIN deliberation_statement s ON (s.number + p.number * 37) %% 500 < %s",
                [EARLIER],
            )
        cursor.execute(
            "CREATE TABLE bare_vote (participant int, statement int, value smallint, "
            "PRIMARY KEY (participant, statement))"
        )
        cursor.execute("VACUUM ANALYZE")
    return product_requests()


PEOPLE = """
    INSERT INTO deliberation_seat (panel_id, number, kind, created_at, taken_at, link_version)
    SELECT %s, n, 'open', now(), now(), 1 FROM generate_series(1, %s) n
"""
SEATED = """
    INSERT INTO deliberation_participant
        (deliberation_id, seat_id, number, joined_at, consent_hash, consented_at, session_version)
    SELECT d.id, s.id, s.number, now(), %s, now(), 1
    FROM deliberation_seat s JOIN deliberation_panel p ON p.id = s.panel_id
    JOIN deliberation_deliberation d ON d.id = p.deliberation_id WHERE d.id = %s
"""
EARLIER_VOTES = [
    ("deliberation_vote", "value, updated_at", "1, now()"),
    (
        "deliberation_voteevent",
        "value, key, source, created_at",
        "1, gen_random_uuid(), 'web', now()",
    ),
    ("deliberation_exposure", "probability, shown_at", "0.002, now()"),
]


def product_requests() -> list[str]:
    """Votes of random participants on statements that are new to them, as a browser sends them."""
    from django.core import signing
    from django.middleware.csrf import _get_new_csrf_string, _mask_cipher_secret

    from deliberation.access import _salt
    from deliberation.deck import deck_of
    from deliberation.services.cards import Card, seal

    deck = deck_of("benchmark")
    assert deck is not None
    lot = random.Random(1)
    done: dict[int, set[int]] = {}
    lines = []
    for _ in range(REQUESTS):
        number = lot.randint(1, PARTICIPANTS)
        voted = done.setdefault(number, {n for n in range(1, 501) if (n + number * 37) % 500 < 10})
        now, following = lot.sample([s for s in deck.statements if s.number not in voted], 2)
        voted.add(now.number)
        secret = _get_new_csrf_string()
        seat = signing.dumps([number, 1], salt=_salt(deck.deliberation))
        body = "&".join(
            [
                f"csrfmiddlewaretoken={_mask_cipher_secret(secret)}",
                f"statement={now.number}",
                f"key={uuid.UUID(int=lot.getrandbits(128))}",
                f"next={seal(deck, number, Card(following, 0.002), after=now.id)}",
                f"value={lot.choice((-1, 0, 1))}",
            ]
        )
        address = f"10.{number % 100}.{number // 100 % 250}.7"
        lines.append(f"seat={seat}; csrftoken={secret}\t{address}\t{body}")
    return lines


def bare_requests() -> list[str]:
    lot = random.Random(2)
    return [
        f"\t10.0.0.1\tparticipant={lot.randint(1, PARTICIPANTS)}"
        f"&statement={lot.randint(1, STATEMENTS)}&value={lot.choice((-1, 0, 1))}"
        for _ in range(REQUESTS)
    ]


# --- Measuring


@contextmanager
def granian(application: str) -> Iterator[psutil.Process]:
    command = [
        str(Path(sys.executable).with_name("granian")),
        "--interface=wsgi",
        "--host=127.0.0.1",
        f"--port={PORT}",
        "--workers=2",
        "--blocking-threads=4",
        "--no-access-log",
        "--log-level=warning",
        application,
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def cpu(processes: list[psutil.Process]) -> float:
    """Seconds of CPU that these and their children have used."""
    total = 0.0
    for one in processes:
        for process in [one, *one.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    return total


def turn(path: str, file: Path, seconds: int, web: psutil.Process, skip: int) -> Turn:
    database = next(p for p in psutil.process_iter(["name"]) if is_postmaster(p))
    before = cpu([web]), cpu([database]), closed(database)
    answer = subprocess.run(
        [
            "wrk", f"-t{WRK_THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
            "-s", str(ROOT / "tests/benchmarks/votes.lua"), f"http://127.0.0.1:{PORT}{path}",
            "--", str(file), str(WRK_THREADS), str(skip),
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    after = cpu([web]), cpu([database]), closed(database)
    requests, micros, p50, p99, bad = (
        float(word) for word in answer.split("RESULT ")[1].split("\n")[0].split()
    )
    return Turn(
        per_second=requests / (micros / 1e6),
        p50=p50,
        p99=p99,
        cpu_web=(after[0] - before[0]) * 1000 / requests,
        cpu_database=(after[1] + after[2] - before[1] - before[2]) * 1000 / requests,
        refused=int(bad),
    )


def closed(postmaster: psutil.Process) -> float:
    """CPU of the database's children that have ended."""
    times = postmaster.cpu_times()
    return times.children_user + times.children_system


def is_postmaster(process: psutil.Process) -> bool:
    try:
        line = process.cmdline()
    except psutil.Error:
        return False
    return bool(line) and line[0].endswith("postgres") and HOME in " ".join(line)


HOME = ""


def ready(path: str) -> None:
    for _ in range(100):
        code = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{PORT}{path}"],
            capture_output=True, text=True,
        ).stdout  # fmt: skip
        if code not in ("", "000"):
            return
        time.sleep(0.1)
    raise SystemExit("the web server did not start")


def main() -> None:
    global HOME
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--seconds", type=int, default=15)
    options.add_argument("--only", choices=["product", "bare"])
    given = options.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing. Get it with: apt-get install -y wrk")
    home = Path(tempfile.mkdtemp(prefix="folkmoot-benchmark-"))
    HOME = str(home)
    with services(home, durable=True, throwaway=True) as running:
        export(running)
        os.environ.update(BEHIND_PROXY="1", DECK_SECONDS="1", LOG_LEVEL="WARNING")
        files = {"product": home / "product.txt", "bare": home / "bare.txt"}
        files["product"].write_text("\n".join(prepare()))
        files["bare"].write_text("\n".join(bare_requests()))
        sides: dict[str, tuple[str, str]] = {
            "product": ("deploy.wsgi:application", "/d/benchmark/vote/"),
            "bare": ("tests.benchmarks.bare.site:application", "/vote/"),
        }
        results: dict[str, list[Turn]] = {"product": [], "bare": []}
        for number in range(given.turns):
            for side, (application, path) in sides.items():
                if given.only in (None, side):
                    results[side].append(
                        measured(application, path, files[side], given.seconds, number)
                    )
                    print(side, results[side][-1], flush=True)
        for side, turns in results.items():
            if turns:
                report(side, turns)
        if all(results.values()):
            ratio = median(results["product"], lambda t: t.per_second) / median(
                results["bare"], lambda t: t.per_second
            )
            print(f"product / bare = {ratio:.2f}")


def measured(application: str, path: str, file: Path, seconds: int, number: int) -> Turn:
    with granian(application) as web:
        ready(path)
        turn(path, file, 3, web, skip=REQUESTS - 20_000)  # threads, connections and caches
        return turn(path, file, seconds, web, skip=number * 60_000)


def median(turns: list[Turn], of: Callable[[Turn], float]) -> float:
    return statistics.median(of(turn) for turn in turns)


def report(side: str, turns: list[Turn]) -> None:
    print(
        f"{side}: {median(turns, lambda t: t.per_second):,.0f} votes/s, "
        f"p50 {median(turns, lambda t: t.p50):.1f} ms, "
        f"p99 {median(turns, lambda t: t.p99):.1f} ms, "
        f"CPU per vote {median(turns, lambda t: t.cpu_web):.2f} ms web + "
        f"{median(turns, lambda t: t.cpu_database):.2f} ms database, "
        f"refused {sum(t.refused for t in turns)}"
    )


if __name__ == "__main__":
    main()

"""Draws of panels, timed: ours, and sortition-algorithms where asked for.

    uv run python -m tests.benchmarks.lottery [--peer] [--limit SECONDS] [PEOPLE×SEATS …]

Pools are made up (tests/deliberation/lottery/pools.py): five strata with 20 values that hang
together, quotas rounded from a population that the pool is not like. The peer is installed by
hand (``uv pip install sortition-algorithms``); each of its draws runs in a process of its own
and is ended at the limit. ``--golden FILE`` writes its leximin chances for a test instead.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import psutil

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from deliberation.lottery import draw
from tests.benchmarks.peers import sortition
from tests.deliberation.lottery.pools import made_up_pool

SIZES = ("200x40", "500x40", "2000x40", "2000x100")
ALGORITHMS = ("leximin", "maximin")
GOLDEN = (120, 20, 7)  # people, seats, seed of the pool


def ours(people: int, seats: int, algorithm: str) -> str:
    rows, quotas = made_up_pool(people, seats, seed=1)
    began, cpu = time.perf_counter(), time.process_time()
    drawn = draw(rows, quotas, seats, seed="benchmark", algorithm=algorithm)
    took, worked = time.perf_counter() - began, time.process_time() - cpu
    met = all(count.minimum <= count.drawn <= count.maximum for count in drawn.counts)
    return (
        f"{took:7.1f} s {worked:7.1f} s CPU  smallest {drawn.minimum:.6f}  "
        f"bound {drawn.bound:.6f}  panels {drawn.panels:4d}  kinds {drawn.kinds:4d}  "
        f"{'quotas met' if met else 'QUOTAS NOT MET'}{', exact' if drawn.exact else ''}"
    )


def _peer_draws(people: int, seats: int, algorithm: str, answer: object) -> None:
    rows, quotas = made_up_pool(people, seats, seed=1)
    began, cpu = time.perf_counter(), time.process_time()
    found = sortition.chances(rows, quotas, seats, algorithm)
    answer.put((time.perf_counter() - began, time.process_time() - cpu, min(found)))


def peer(people: int, seats: int, algorithm: str, limit: float) -> str:
    answer = multiprocessing.Queue()
    worker = multiprocessing.Process(target=_peer_draws, args=(people, seats, algorithm, answer))
    worker.start()
    worker.join(limit)
    if worker.is_alive():
        used = psutil.Process(worker.pid).cpu_times().user
        worker.terminate()
        worker.join()
        return f"not done after {limit:.0f} s, {used:.0f} s CPU"
    took, worked, smallest = answer.get()
    return f"{took:7.1f} s {worked:7.1f} s CPU  smallest {smallest:.6f}"


def write_golden(path: Path) -> None:
    people, seats, seed = GOLDEN
    rows, quotas = made_up_pool(people, seats, seed)
    found = sortition.chances(rows, quotas, seats, "leximin")
    written = {
        "people": people,
        "seats": seats,
        "seed": seed,
        "leximin": [round(one, 7) for one in found],
    }
    path.write_text(json.dumps(written) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", default=SIZES)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--limit", type=float, default=600.0)
    parser.add_argument("--golden", type=Path)
    asked = parser.parse_args()
    if asked.golden:
        write_golden(asked.golden)
        sys.exit()
    for size in asked.sizes:
        people, seats = (int(number) for number in size.split("x"))
        for algorithm in ALGORITHMS:
            print(f"{size:>9} {algorithm} ours {ours(people, seats, algorithm)}", flush=True)
            if asked.peer:
                took = peer(people, seats, algorithm, asked.limit)
                print(f"{size:>9} {algorithm} peer {took}", flush=True)


if __name__ == "__main__":
    main()

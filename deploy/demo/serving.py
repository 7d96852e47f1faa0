"""The web server and the worker as children of one supervising process."""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from deploy.processes import Child, Children, Wakeups

_ROOT = Path(__file__).resolve().parents[2]
_HOST = "127.0.0.1"
_ANSWERS_WITHIN = 60.0


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or the system asked us to end."""


class Died(Exception):
    """A child ended by itself. The message says which, how, and what it last logged."""


class Processes:
    """Starts the children of the demo and notices when one dies or we are asked to stop."""

    def __init__(self, children: Children, waiter: Wakeups, logs: Path | None) -> None:
        self._children = children
        self._waiter = waiter
        self._logs = logs
        self._address = ""

    def start_web(self, port: int) -> str:
        """Start Granian; returns the address it will answer at.

        One process of four threads for every two cores: the others are for PostgreSQL.
        """
        self._address = f"http://{_HOST}:{port}"
        workers = max(1, (os.cpu_count() or 2) // 2)
        self._start(
            "the web server",
            "web",
            [
                "granian",
                "--interface=wsgi",
                f"--host={_HOST}",
                f"--port={port}",
                f"--workers={workers}",
                "--blocking-threads=4",
                "--respawn-failed-workers",
                "deploy.wsgi:application",
            ],
        )
        return self._address

    def start_worker(self, schedule: Path) -> None:
        """Start one Celery worker with beat; ``schedule`` is the file beat keeps its times in."""
        self._start(
            "the Celery worker",
            "worker",
            [
                "celery",
                "--app=deploy.celery",
                "--quiet",
                "worker",
                "--beat",
                f"--schedule={schedule}",
                "--queues=default,aggregate",
                "--concurrency=1",
                "--loglevel=INFO",
            ],
        )

    def tick(self) -> None:
        """Raise Stopped or Died if there is reason to."""
        if self._waiter.asked_to_stop is not None:
            raise Stopped
        dead = self._children.dead()
        if dead is not None:
            raise Died(_report(dead))

    def pause(self, seconds: float) -> None:
        """Wait, but wake up early for a signal or a dead child."""
        self._waiter.wait(seconds)
        self.tick()

    def wait_for_answer(self, address: str) -> None:
        """Return when the home page answers with 200. Raises Died if it does not in a minute."""
        waited = 0.0
        while not _answers(address):
            self.pause(0.1)
            waited += 0.1
            if waited > _ANSWERS_WITHIN:
                raise Died(f"The web server did not answer at {address} within a minute.")

    def forever(self) -> None:
        """Serve until Stopped or Died."""
        while True:
            self.pause(1.0)

    def _start(self, name: str, log: str, argv: list[str]) -> None:
        program = Path(sys.executable).with_name(argv[0])
        self._children.start(
            name,
            [program, *argv[1:]],
            env=os.environ
            | {
                "PYTHONPATH": str(_ROOT),
                "PYTHONUNBUFFERED": "1",
                "FOLKMOOT_ADDRESS": self._address,  # for links in letters
            },
            cwd=_ROOT,
            log=self._logs / f"{log}.log" if self._logs else None,
        )


def free_port(wanted: int) -> int:
    """``wanted`` if it is free on this computer, else one that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Died("No free port on this computer.")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _report(dead: Child) -> str:
    lines = dead.last_lines()
    return f"{dead.obituary()}\n{lines}" if lines else dead.obituary()

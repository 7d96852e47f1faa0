"""Servers of a previous run that was killed: find them, end them, forget their traces."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from deploy.embedded import postgres
from deploy.embedded.home import Home, ServicesError
from deploy.processes import wait_until

_SERVERS = frozenset({"postgres", "valkey-server"})


def servers_in(folder: Path) -> list[int]:
    """Process ids of servers whose working directory lies in ``folder``.

    A process id in a file may long belong to somebody else; a server's name and working
    directory cannot be mistaken. Only where the system hides the directory is the id trusted.
    """
    recorded = _recorded_postmaster(folder)
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        place = process.info["cwd"]
        ours = Path(place).is_relative_to(folder) if place else process.pid == recorded
        if ours and process.info["name"] in _SERVERS:
            found.append(process.pid)
    return found


def clear(home: Home, *, patience: float = 15.0) -> list[int]:
    """End what a killed run left behind, then forget its files. Returns the ended process ids.

    The caller must hold the supervisor's lock, so these servers are nobody's any more.
    """
    folder = home.path.resolve()
    found = servers_in(folder)
    _signal(found, signal.SIGINT)  # an orderly stop for both servers
    if not wait_until(lambda: not servers_in(folder), seconds=patience, every=0.1):
        _signal(servers_in(folder), signal.SIGKILL)
        if not wait_until(lambda: not servers_in(folder), seconds=5, every=0.1):
            raise ServicesError(f"Servers of a previous run cannot be ended: {servers_in(folder)}.")
    home.state_file.unlink(missing_ok=True)
    # PostgreSQL judges this file better than we do, except when the id in it has gone to a
    # process that is none of ours: then it would refuse to start until that one ends.
    if psutil.pid_exists(_recorded_postmaster(folder)):
        postgres.pid_file(folder).unlink()
    return found


def _recorded_postmaster(folder: Path) -> int:
    """The id PostgreSQL wrote down when it started in ``folder``; -1 if there is none."""
    try:
        return int(postgres.pid_file(folder).read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return -1


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)

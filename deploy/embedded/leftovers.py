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

    Process ids in files may long belong to somebody else; a server's program and working
    directory cannot be mistaken. Processes of other users are not seen.
    """
    found = []
    for process in psutil.process_iter(["exe", "cwd"]):
        program, place = process.info["exe"], process.info["cwd"]
        ours = program and place and Path(place).is_relative_to(folder)
        if ours and Path(program).name in _SERVERS:
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
    # PostgreSQL refuses to start if the number in here is any living process's.
    (postgres.data_dir(home) / "postmaster.pid").unlink(missing_ok=True)
    return found


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)

"""The process that owns the embedded servers: ``python -m deploy.embedded.supervisor HOME``.

It is started by the first command that needs the services and detached from it. It starts
the servers in order, tells that command, and ends when nobody holds ``users.lock`` any more,
when a server dies, or when it is asked to. There is one exit path: whatever happens, the
servers are stopped in reverse order; and if it is killed, the kernel stops them.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from deploy.embedded import postgres, valkey
from deploy.embedded.home import Home, Lock, ServicesError, State
from deploy.processes import Child, Children, Wakeups, wakeups, watch

_READY_WITHIN = 120.0  # seconds; long, because recovery after a crash replays the log
_PORT_ATTEMPTS = 5
_LOOK_EVERY = 0.4  # seconds between two looks whether anybody is left


@dataclass(frozen=True)
class Running:
    child: Child
    port: int
    version: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run until nobody needs the services. Reports one line of JSON to ``--report`` when up."""
    options = _options(argv)
    _detach()
    home = Home(options.home)
    report = partial(_report, options.report)
    try:
        with wakeups() as waiter:
            supervise(home, waiter, report, durable=options.durable)
        status = 0
    except (ServicesError, OSError) as error:
        note(f"Could not run: {error}")
        report(str(error))
        status = 1
    if options.throwaway:
        shutil.rmtree(home.path, ignore_errors=True)
    return status


def supervise(
    home: Home, waiter: Wakeups, report: Callable[[str], None], *, durable: bool = True
) -> None:
    """Start both servers, ``report("")``, and stay until there is a reason to stop."""
    lock = Lock(home.supervisor_lock)
    if not lock.take(seconds=90.0):
        raise ServicesError(f"A previous run is still shutting down in {home.path}.")
    users = Lock(home.users_lock)
    clear_leftovers(home)
    with Children(note) as children:
        state = start_servers(home, children, waiter, durable=durable)
        home.write_state(state)
        report("")
        dead = watch(children, waiter, every=_LOOK_EVERY, until=users.take)
        if dead:
            note(dead.obituary())
            home.write_state(replace(state, failed=dead.obituary()))
        else:
            note("Asked to stop." if waiter.asked_to_stop else "Nobody is left; stopping.")
            home.state_file.unlink(missing_ok=True)
    note("Stopped.")


def start_servers(home: Home, children: Children, waiter: Wakeups, *, durable: bool) -> State:
    """PostgreSQL, then Valkey, each answering before the next step."""
    fresh = postgres.create(home)
    valkey.create(home)
    database = bring_up(
        partial(postgres.start, home, children, durable=durable),
        partial(postgres.ready, home),
        children,
        waiter,
    )
    broker = bring_up(
        partial(valkey.start, home, children), partial(valkey.ready, home), children, waiter
    )
    if fresh and durable:
        # initdb did not wait for the disk. Make good for it without keeping anybody waiting.
        threading.Thread(target=os.sync, daemon=True).start()
    note(f"PostgreSQL {database.version} on port {database.port}, process {database.child.pid}.")
    note(f"Valkey {broker.version} on port {broker.port}, process {broker.child.pid}.")
    return State(
        run=secrets.token_hex(8),
        supervisor=os.getpid(),
        database_url=postgres.url(home, database.port),
        redis_url=valkey.url(home, broker.port),
        postgres_port=database.port,
        postgres_pid=database.child.pid,
        postgres_version=database.version,
        valkey_port=broker.port,
        valkey_pid=broker.child.pid,
        valkey_version=broker.version,
    )


def bring_up(
    start: Callable[[int], Child],
    ready: Callable[[int], str],
    children: Children,
    waiter: Wakeups,
    *,
    pick_port: Callable[[], int] | None = None,
) -> Running:
    """Start a server on a free port and wait until it answers; ``ready`` returns its version.

    A port can be lost between choosing it and using it, so a server that ends while somebody
    else holds its port is started again on another one.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = (pick_port or free_port)()
        child = start(port)
        if version := _wait_for(child, partial(ready, port), waiter):
            return Running(child, port, version)
        words = f"{child.obituary()}\n{child.last_lines()}".strip()
        children.stop(child)
        if not _port_is_taken(port):
            raise ServicesError(f"{child.name} did not start. {words}")
        note(f"Port {port} was taken by somebody else; trying another.")
    raise ServicesError("No free port was found on 127.0.0.1; every one tried was taken.")


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clear_leftovers(home: Home) -> None:
    """End what a killed supervisor left. A clean end leaves none of the files looked at here."""
    traces = (home.state_file, postgres.pid_file(home.path))
    if not any(trace.exists() for trace in traces):
        return
    # Imported here because psutil is slow to import, and needed only after an accident.
    from deploy.embedded import leftovers

    ended = leftovers.clear(home)
    note(f"The previous run did not end cleanly. Servers of it that were ended: {ended or 'none'}.")


def note(line: str) -> None:
    """Write to our log, which is standard error."""
    now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{now} {line}\n")
    sys.stderr.flush()


def _wait_for(child: Child, ready: Callable[[], str], waiter: Wakeups) -> str:
    """Version once it answers; "" if it ended. Raises ServicesError if it takes too long."""
    deadline = time.monotonic() + _READY_WITHIN
    while not child.ended:
        version = ready()
        if version and not child.ended:  # if it has ended, somebody else has answered
            return version
        if waiter.asked_to_stop:
            raise ServicesError("Asked to stop while starting.")
        if time.monotonic() > deadline:
            raise ServicesError(
                f"{child.name} did not answer within {_READY_WITHIN:g} seconds."
                f" Its log: {child.log}\n{child.last_lines()}"
            )
        time.sleep(0.02)
    return ""


def _port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _report(handle: int, problem: str) -> None:
    """Tell the command that started us. It may be gone, and it listens only once."""
    with suppress(OSError):
        os.write(handle, (json.dumps({"problem": problem}) + "\n").encode())
        os.close(handle)


def _detach() -> None:
    """Leave the command's session and let init be our parent, so nobody must wait for us."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded.supervisor")
    parser.add_argument("home", type=Path)
    parser.add_argument("--report", type=int, required=True, help="file descriptor to report to")
    parser.add_argument("--not-durable", dest="durable", action="store_false")
    parser.add_argument("--throwaway", action="store_true", help="delete HOME at the end")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())

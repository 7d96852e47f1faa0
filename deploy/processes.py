"""Child processes that never outlive us, and one way to stop them.

Each child leads a process group of its own, so Ctrl-C in the terminal reaches only us and we
stop the children in order. On Linux the kernel signals them when we die without a word
(``kill -9``). Everything here belongs to one thread: the kernel ties that promise to the
thread that started the child, and signals are handled in the main thread.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_LARGE_LOG = 10_000_000  # bytes; a larger log is set aside at the next start


@dataclass
class Child:
    """A running process. ``name`` is for people: "PostgreSQL", "the web server"."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path | None
    log_start: int
    stop_signal: signal.Signals
    patience: float

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def obituary(self) -> str:
        """One line on how it ended, for people."""
        code = self.process.poll()
        if code is None:
            return f"{self.name} (process {self.pid}) is running."
        if code < 0:
            how = f"was killed by signal {-code} ({_signal_name(-code)})"
        else:
            how = f"ended with exit status {code}"
        where = f" Its log: {self.log}" if self.log else ""
        return f"{self.name} (process {self.pid}) {how}.{where}"

    def last_lines(self, count: int = 12) -> str:
        """The end of what it logged since this start; empty if it has no log file."""
        if self.log is None:
            return ""
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-count:])


@dataclass
class Children:
    """The processes we are answerable for. As a context manager it stops them all at the end."""

    say: Callable[[str], None]
    _running: list[Child] = field(default_factory=list)

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience: float = 10.0,
    ) -> Child:
        """Start a process; its output is appended to ``log``, or goes where ours goes.

        ``stop_signal`` asks it to end, from us or from the kernel if we die; after ``patience``
        seconds it is killed. Raises OSError if it cannot be started.
        """
        output = open_log(log) if log else None
        # Before the start: the child writes through the same file offset.
        log_start = output.tell() if output else 0
        try:
            process = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                process_group=0,
                preexec_fn=_end_with_parent(stop_signal),
            )
        finally:
            if output:
                output.close()
        child = Child(name, process, log, log_start, stop_signal, patience)
        self._running.append(child)
        return child

    def dead(self) -> Child | None:
        """The first child that ended without being asked to."""
        return next((child for child in self._running if child.ended), None)

    def stop(self, child: Child) -> None:
        """Ask one child to end, wait, and kill what is left of its process group."""
        self._running.remove(child)
        _signal(child, child.stop_signal)
        try:
            child.process.wait(child.patience)
        except subprocess.TimeoutExpired:
            self.say(f"{child.name} did not stop within {child.patience:g} seconds; killing it.")
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.process.wait()

    def stop_all(self) -> None:
        """Stop every child, the last one started first."""
        while self._running:
            self.stop(self._running[-1])

    def __enter__(self) -> "Children":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_all()


class Wakeups:
    """Waits that end early when a child ends or somebody asks us to stop."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.asked_to_stop: signal.Signals | None = None

    def wait(self, seconds: float) -> bool:
        """Sleep, at most ``seconds``. True once SIGINT, SIGTERM or SIGHUP has come."""
        if self.asked_to_stop is None and select.select([self._pipe], [], [], seconds)[0]:
            os.read(self._pipe, 4096)
        return self.asked_to_stop is not None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = self.asked_to_stop or signal.Signals(number)


@contextmanager
def wakeups() -> Iterator[Wakeups]:
    """Turn SIGINT, SIGTERM, SIGHUP and SIGCHLD into something to wait for, not an exception."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    waiter = Wakeups(reader)
    stoppers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, waiter._stop) for number in stoppers}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    pipe_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield waiter
    finally:
        signal.set_wakeup_fd(pipe_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def watch(
    children: Children,
    waiter: Wakeups,
    *,
    every: float = 0.5,
    until: Callable[[], bool] = lambda: False,
) -> Child | None:
    """Block until a child dies (returned), we are asked to stop, or ``until`` says so (None).

    ``until`` is asked about every ``every`` seconds.
    """
    while True:
        if dead := children.dead():
            return dead
        if waiter.asked_to_stop or until():
            return None
        waiter.wait(every)


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Ask again and again; False if the condition never held within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to, readable by its owner only."""
    if path.exists() and path.stat().st_size > _LARGE_LOG:
        path.replace(path.with_suffix(".old.log"))
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    file = os.fdopen(handle, "ab", buffering=0)
    file.seek(0, os.SEEK_END)
    return file


def _signal(child: Child, number: signal.Signals) -> None:
    if not child.ended:
        with suppress(ProcessLookupError):
            child.process.send_signal(number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def _end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Runs in the child between fork and exec: ask the kernel to signal it when we die."""
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()
    words = [ctypes.c_ulong(word) for word in (int(number), 0, 0, 0)]

    def in_child() -> None:
        if libc.prctl(_PR_SET_PDEATHSIG, *words) != 0 or os.getppid() != parent:
            os._exit(127)  # the parent died before the kernel knew

    return in_child

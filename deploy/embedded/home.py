"""The folder the embedded services live in: its files, locks and state.

    users.lock        held shared by every command that uses the services
    start.lock        held by the one command that may start a supervisor
    supervisor.lock   held by the supervisor for as long as it lives
    state.json        where the servers listen; exists while they run, or says why they failed
    secret-key        Django's SECRET_KEY for local use
    postgres/ valkey/ logs/

Locks are ``flock``: the kernel drops them when their holder dies, however it dies.
"""

import fcntl
import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class ServicesError(Exception):
    """The embedded services cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class State:
    """What a supervisor tells the users of its services. ``failed`` is empty while all is well."""

    run: str
    supervisor: int
    database_url: str
    redis_url: str
    postgres_port: int
    postgres_pid: int
    postgres_version: str
    valkey_port: int
    valkey_pid: int
    valkey_version: str
    failed: str = ""


@dataclass(frozen=True)
class Home:
    """Paths inside one home. Nothing in it remembers where it lies, so it can be moved."""

    path: Path

    @property
    def users_lock(self) -> Path:
        return self.path / "users.lock"

    @property
    def start_lock(self) -> Path:
        return self.path / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.path / "supervisor.lock"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def secret_key(self) -> Path:
        return self.path / "secret-key"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def create(self) -> None:
        """Make the folder, for its owner only, and the key that Django signs with."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / "logs").mkdir(mode=0o700, exist_ok=True)
        secret(self.secret_key, length=48)

    def read_state(self) -> State | None:
        """The state as last written; None when there is none or it cannot be read."""
        try:
            return State(**json.loads(self.state_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        write_private(self.state_file, json.dumps(asdict(state), indent=1))

    def supervisor_alive(self) -> bool:
        """Whether a supervisor holds its lock. Probes are shared, so they never see each other."""
        probe = Lock(self.supervisor_lock)
        free = probe.take(shared=True)
        probe.drop()
        return not free


def environment() -> dict[str, str]:
    """What the servers get of ours: nothing secret, and no PG* that leads libpq elsewhere."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


class Lock:
    """A ``flock`` on a file. Taking it again with the other mode converts it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self, *, shared: bool = False, seconds: float = 0.0) -> bool:
        """Try for at most ``seconds``. A failed conversion loses the lock that was held."""
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._handle, mode)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)

    def drop(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read. Readers see the old text or the new one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def secret(path: Path, *, length: int = 24) -> str:
    """The secret in this file, made up on first use. Its characters need no escaping anywhere."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.secret")
        write_private(draft, secrets.token_urlsafe(length))
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, this never replaces another command's secret
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()

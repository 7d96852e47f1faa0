"""Settings from environment variables, with sentences instead of stack traces.

Every function also accepts ``NAME_FILE``: the path of a file that holds the value, which is
how containers hand over secrets. An empty value counts as not set. A value that does not fit
raises ImproperlyConfigured; the message names the variable and never repeats a secret.
"""

import os
from collections.abc import Sequence
from email.utils import parseaddr
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class _Required(Enum):
    VALUE = "required"


REQUIRED: Final = _Required.VALUE

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_POSTGRES_SCHEMES = frozenset({"postgres", "postgresql"})
_MAIL_PORTS = {"smtp": 25, "smtps": 465}
_TLS = frozenset({"starttls", "none"})
_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})


def is_set(name: str) -> bool:
    """Whether ``name`` or ``NAME_FILE`` holds something."""
    return bool(os.environ.get(name, "").strip() or os.environ.get(f"{name}_FILE", "").strip())


def text(name: str, default: str | _Required = REQUIRED) -> str:
    """The value as it is, without surrounding white space."""
    value = _read(name)
    if value is not None:
        return value
    if isinstance(default, _Required):
        raise ImproperlyConfigured(
            f"{name} is not set. Set {name}, or {name}_FILE to the path of a file that holds it."
        )
    return default


def flag(name: str, default: bool | _Required = REQUIRED) -> bool:
    """1, true, yes, on; or 0, false, no, off. Upper and lower case are the same."""
    if not is_set(name) and not isinstance(default, _Required):
        return default
    value = text(name).lower()
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off).")
    return value in _TRUE


def number(
    name: str,
    default: int | _Required = REQUIRED,
    *,
    minimum: int = 0,
    maximum: int | None = None,
) -> int:
    """A whole number between ``minimum`` and ``maximum``, both allowed."""
    if not is_set(name) and not isinstance(default, _Required):
        return default
    try:
        value = int(text(name))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if value < minimum or (maximum is not None and value > maximum):
        limits = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ImproperlyConfigured(f"{name} must be {limits}.")
    return value


def words(name: str, default: Sequence[str] | _Required = REQUIRED) -> list[str]:
    """A list, separated by commas; empty entries are dropped."""
    if not is_set(name) and not isinstance(default, _Required):
        return list(default)
    return [word.strip() for word in text(name).split(",") if word.strip()]


def choice(name: str, choices: Sequence[str], default: str | _Required = REQUIRED) -> str:
    """One of ``choices``. Upper and lower case are the same."""
    if not is_set(name) and not isinstance(default, _Required):
        return default
    value = text(name).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}.")
    return value


def path(name: str, default: Path | _Required = REQUIRED) -> Path:
    """A path; ``~`` is the home directory."""
    if not is_set(name) and not isinstance(default, _Required):
        return default
    return Path(text(name)).expanduser()


def database(name: str = "DATABASE_URL") -> dict[str, Any]:
    """One entry of Django's DATABASES, from ``postgres://user:password@host:port/name?option=x``.

    User, password, host and name are percent-decoded. A socket directory goes into the host
    (``postgres://me@%2Frun%2Fpostgresql/name``) or the option ``host``. Every other option is
    handed to libpq as it is (``sslmode``, ``connect_timeout``, …).
    """
    parts = _split_url(name, text(name))
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    port = options.pop("port", "") or (str(parts.port) if parts.port else "")
    if port and not port.isdigit():
        raise ImproperlyConfigured(f"{name}: the port must be a number.")
    entry: dict[str, Any] = {
        "ENGINE": "deploy.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(_host_as_written(parts)),
        "PORT": port,
    }
    if not entry["NAME"]:
        raise ImproperlyConfigured(
            f"{name} names no database. It looks like postgres://user:password@host:5432/name."
        )
    return entry | ({"OPTIONS": options} if options else {})


class MailServer(NamedTuple):
    """Where letters are handed over. ``ssl`` is from the first byte, ``starttls`` afterwards."""

    host: str
    port: int
    user: str
    password: str
    ssl: bool
    starttls: bool


def email(name: str = "EMAIL_URL") -> MailServer:
    """A mail server, from ``smtp://user:password@host:587?tls=starttls``.

    ``smtps://`` encrypts from the first byte (port 465); ``?tls=starttls`` turns encryption on
    after the greeting. User and password are percent-decoded. A password is not sent in the
    clear to another machine unless ``?tls=none`` says that this is meant.
    """
    parts = _split_mail_url(name, text(name))
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = options.pop("tls", "")
    if options or (tls and (parts.scheme == "smtps" or tls not in _TLS)):
        raise ImproperlyConfigured(
            f"{name}: the only options are ?tls=starttls and ?tls=none, for smtp:// addresses."
        )
    clear = parts.scheme == "smtp" and not tls and parts.hostname not in _AT_HOME
    if parts.password and clear:
        raise ImproperlyConfigured(
            f"{name} would send its password unencrypted. Use smtps://, or add ?tls=starttls;"
            " ?tls=none says that it is meant."
        )
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or (587 if tls == "starttls" else _MAIL_PORTS[parts.scheme]),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ssl=parts.scheme == "smtps",
        starttls=tls == "starttls",
    )


def sender(name: str = "MAIL_FROM", default: str | _Required = REQUIRED) -> str:
    """The address that letters come from: ``name@host``, or ``Some Words <name@host>``."""
    value = text(name, default)
    _words, address = parseaddr(value)
    if "@" not in address.strip("@") or "\n" in value:
        raise ImproperlyConfigured(
            f"{name} must be an e-mail address, such as Folkmoot <panel@example.org>."
        )
    return value


def _read(name: str) -> str | None:
    direct = os.environ.get(name, "").strip()
    from_file = os.environ.get(f"{name}_FILE", "").strip()
    if direct and from_file:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
    if not from_file:
        return direct or None
    try:
        content = Path(from_file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {from_file}: {reason}.") from None
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE is empty: {from_file}.")
    return content


def _split_mail_url(name: str, url: str) -> SplitResult:
    parts = _parts(name, url)
    if parts.scheme not in _MAIL_PORTS:
        raise ImproperlyConfigured(f"{name} must begin with smtp:// or smtps://.")
    if not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ImproperlyConfigured(
            f"{name} must look like smtp://user:password@host:587?tls=starttls. Characters such as"
            " / @ : ? # in the password are percent-encoded."
        )
    return parts


def _parts(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is not a port
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} cannot be read. Is the port a number, and are characters such as"
            " / @ : ? # in the password percent-encoded?"
        ) from None
    return parts


def _split_url(name: str, url: str) -> SplitResult:
    parts = _parts(name, url)
    if parts.scheme not in _POSTGRES_SCHEMES:
        raise ImproperlyConfigured(
            f"{name} must begin with postgres:// or postgresql://. Folkmoot needs PostgreSQL."
        )
    if parts.fragment:
        raise ImproperlyConfigured(f"{name} contains a #. In a password it is written as %23.")
    return parts


def _host_as_written(parts: SplitResult) -> str:
    """The host in its own case: ``urlsplit().hostname`` lowers it, which breaks socket paths."""
    host = parts.netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]

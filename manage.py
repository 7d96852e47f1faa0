#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL they use the embedded services."""

import os
import secrets
import sys
from importlib import import_module

from django.core.management import execute_from_command_line

from deploy import env, local

_URLS = ("DATABASE_URL", "REDIS_URL")
# Commands that touch neither database nor Redis, so nothing is started for them.
_ALONE = frozenset(
    {"help", "version", "collectstatic", "compilemessages", "findstatic", "makemessages"}
)
# Most of what any other command loads first, and none of it needs settings.
_LIBRARIES = ("celery", "django.db.models", "django.forms", "numpy", "psycopg", "structlog")


def main() -> None:
    """Find out which services the command needs, and run it with them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    missing = [name for name in _URLS if not env.is_set(name)]
    if _runs_alone(sys.argv[1:]):
        _fill_in(missing)
        execute_from_command_line(sys.argv)
    elif not missing:
        execute_from_command_line(sys.argv)
    elif len(missing) < len(_URLS):
        present = next(name for name in _URLS if name not in missing)
        sys.exit(
            f"{present} is set, but {missing[0]} is not. Set both to use your own PostgreSQL and"
            " Redis, or neither to use the embedded ones."
        )
    else:
        _run_embedded()


def _run_embedded() -> None:
    try:
        with local.services(say=_say, meanwhile=_load_libraries) as running:
            local.export(running)
            execute_from_command_line(sys.argv)
    except local.ServicesError as error:
        sys.exit(f"Folkmoot: {error}")


def _load_libraries() -> None:
    """Use the time in which the servers start."""
    for name in _LIBRARIES:
        import_module(name)


def _runs_alone(words: list[str]) -> bool:
    return not words or words[0] in _ALONE or bool({"-h", "--help", "--version"} & set(words))


def _fill_in(missing: list[str]) -> None:
    """Settings ask for addresses that such a command never uses; these answer nothing."""
    nowhere = {
        "DATABASE_URL": "postgres://127.0.0.1:1/no_database_for_this_command",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    os.environ.update({name: nowhere[name] for name in missing})
    if missing and not env.is_set("SECRET_KEY"):
        os.environ["SECRET_KEY"] = secrets.token_urlsafe(48)


def _say(line: str) -> None:
    """Progress goes to a person at a terminal; standard output belongs to the command."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()

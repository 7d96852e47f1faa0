"""Which services manage.py uses, and what it says when it cannot tell."""

import os
import subprocess
import sys

import pytest

from tests.deploy.embedded import REPOSITORY

_VARIABLES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "FOLKMOOT_LOCAL")


def _manage(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=REPOSITORY,
        env=inherited | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_manage_py_without_urls_uses_the_embedded_services(home):
    code = (
        "from django.db import connection as c; from django.conf import settings as s;"
        "c.ensure_connection(); print(c.settings_dict['USER'], s.LOCAL, len(s.SECRET_KEY) > 40)"
    )
    done = _manage("shell", "--no-imports", "-c", code, FOLKMOOT_HOME=str(home))
    assert done.stdout.split() == ["folkmoot", "True", "True"], done.stderr


@pytest.mark.parametrize(
    ("present", "missing"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")]
)
def test_manage_py_with_one_url_says_which_is_missing(home, present, missing):
    done = _manage("migrate", FOLKMOOT_HOME=str(home), **{present: "something"})
    assert done.returncode == 1
    assert f"{present} is set, but {missing} is not" in done.stderr
    assert not home.exists()


def test_manage_py_with_own_urls_starts_nothing_and_asks_for_a_key(home):
    urls = {"DATABASE_URL": "postgres://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = _manage("check", FOLKMOOT_HOME=str(home), **urls)
    assert "SECRET_KEY is not set" in done.stderr
    assert not home.exists()


def test_help_and_version_start_nothing(home):
    assert "migrate" in _manage("help", "--commands", FOLKMOOT_HOME=str(home)).stdout
    assert _manage("--version", FOLKMOOT_HOME=str(home)).returncode == 0
    assert not home.exists()

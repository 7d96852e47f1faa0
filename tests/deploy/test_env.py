"""Settings from the environment: what they become, and the sentence when they do not fit."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy import env


def _complaint(monkeypatch: pytest.MonkeyPatch, value: str, read=env.text, **options) -> str:
    monkeypatch.setenv("THING", value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read("THING", **options)
    return str(caught.value)


def test_a_missing_value_is_named_with_both_ways_to_give_it(monkeypatch):
    message = _complaint(monkeypatch, "")
    assert "THING is not set" in message
    assert "THING_FILE" in message


def test_an_empty_value_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("THING", "  ")
    assert not env.is_set("THING")
    assert env.text("THING", default="otherwise") == "otherwise"
    assert env.flag("THING", default=True) is True
    assert env.number("THING", default=7) == 7
    assert env.words("THING", default=["a"]) == ["a"]


def test_a_secret_comes_from_a_file_without_its_line_end(monkeypatch, tmp_path):
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    monkeypatch.delenv("THING", raising=False)
    monkeypatch.setenv("THING_FILE", str(file))
    assert env.is_set("THING")
    assert env.text("THING", default="unused") == "s3cret"


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("\n", "is empty")])
def test_a_secret_file_that_holds_nothing_is_named(monkeypatch, tmp_path, content, words):
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("THING_FILE", str(file))
    message = _complaint(monkeypatch, "", default="unused")
    assert "THING_FILE" in message
    assert words in message


def test_a_value_and_a_file_at_once_are_refused(monkeypatch):
    monkeypatch.setenv("THING_FILE", "/some/file")
    message = _complaint(monkeypatch, "s3cret")
    assert "Both THING and THING_FILE" in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)]
)
def test_a_flag_is_read_in_usual_spellings(monkeypatch, value, meaning):
    monkeypatch.setenv("THING", value)
    assert env.flag("THING") is meaning


def test_a_flag_that_is_neither_is_refused(monkeypatch):
    assert "must be 1 or 0" in _complaint(monkeypatch, "perhaps", env.flag)


def test_numbers_are_whole_and_within_their_limits(monkeypatch):
    monkeypatch.setenv("THING", "12")
    assert env.number("THING", maximum=12) == 12
    assert "whole number" in _complaint(monkeypatch, "1.5", env.number)
    assert "at least 0" in _complaint(monkeypatch, "-1", env.number)
    assert "from 0 to 12" in _complaint(monkeypatch, "13", env.number, maximum=12)


def test_words_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("THING", "localhost, [::1],,example.org ")
    assert env.words("THING") == ["localhost", "[::1]", "example.org"]


def test_a_path_starts_in_the_home_directory(monkeypatch):
    monkeypatch.setenv("THING", "~/files")
    assert env.path("THING") == Path.home() / "files"


def _database(monkeypatch: pytest.MonkeyPatch, url: str) -> dict:
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database()


def test_a_database_url_is_taken_apart_and_decoded(monkeypatch):
    entry = _database(
        monkeypatch, "postgres://al%40ice:p%2Fw%3A%23@db.example:6543/mo%20ot?sslmode=require"
    )
    assert entry == {
        "ENGINE": "deploy.postgresql",
        "USER": "al@ice",
        "PASSWORD": "p/w:#",
        "HOST": "db.example",
        "PORT": "6543",
        "NAME": "mo ot",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://me@%2Frun%2FPostgreSQL/name", "/run/PostgreSQL"),
        ("postgres:///name?host=/run/postgresql", "/run/postgresql"),
        ("postgres://me@[::1]:5432/name", "::1"),
        ("postgres:///name", ""),
    ],
)
def test_a_database_can_be_a_socket_or_an_address(monkeypatch, url, host):
    entry = _database(monkeypatch, url)
    assert entry["HOST"] == host
    assert entry["NAME"] == "name"
    assert "OPTIONS" not in entry


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///db.sqlite3", "Folkmoot needs PostgreSQL"),
        ("postgres://me:s3cret@host", "names no database"),
        ("postgres://me:s3cret@host:port/name", "Is the port a number"),
        ("postgres://me:s3/cret@host:5432/name", "percent-encoded"),
        ("postgres:///name?port=none", "port must be a number"),
        ("postgres://me@host/name#s3cret", "%23"),
    ],
)
def test_a_database_url_that_does_not_fit_is_explained_without_its_secret(monkeypatch, url, words):
    with pytest.raises(ImproperlyConfigured) as caught:
        _database(monkeypatch, url)
    assert words in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", ("localhost", 25, "", "", False, False)),
        (
            "smtp://me%40here:p%2Fw@mail.example.org:2525?tls=starttls",
            ("mail.example.org", 2525, "me@here", "p/w", False, True),
        ),
        ("smtp://mail.example.org?tls=starttls", ("mail.example.org", 587, "", "", False, True)),
        ("smtps://me:pw@mail.example.org", ("mail.example.org", 465, "me", "pw", True, False)),
        (
            "smtp://me:pw@mail.example.org?tls=none",
            ("mail.example.org", 25, "me", "pw", False, False),
        ),
        ("smtp://me:pw@127.0.0.1:1025", ("127.0.0.1", 1025, "me", "pw", False, False)),
    ],
)
def test_a_mail_server_is_read_from_its_address(monkeypatch, url, server):
    monkeypatch.setenv("THING", url)
    assert env.email("THING") == server


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("imap://mail.example.org", "must begin with smtp:// or smtps://"),
        ("smtp://", "must look like"),
        ("smtp://mail.example.org/box", "must look like"),
        ("smtp://me:hush@mail.example.org", "unencrypted"),
        ("smtp://me:hush@mail.example.org:abc", "cannot be read"),
        ("smtp://me:hush@mail.example.org?tls=yes", "the only options"),
        ("smtps://me:hush@mail.example.org?tls=starttls", "the only options"),
        ("smtp://me:hush@mail.example.org?timeout=3", "the only options"),
    ],
)
def test_a_mail_server_that_does_not_fit_is_refused_in_words(monkeypatch, url, words):
    message = _complaint(monkeypatch, url, env.email)
    assert "THING" in message
    assert words in message
    assert "hush" not in message


def test_the_sender_must_be_an_address(monkeypatch):
    assert "e-mail address" in _complaint(monkeypatch, "Folkmoot", env.sender)
    monkeypatch.setenv("THING", "Folkmoot <panel@example.org>")
    assert env.sender("THING") == "Folkmoot <panel@example.org>"


def test_a_choice_is_one_of_its_words(monkeypatch):
    monkeypatch.setenv("THING", "Required")
    assert env.choice("THING", ("optional", "required")) == "required"
    message = _complaint(monkeypatch, "perhaps", env.choice, choices=("optional", "required"))
    assert message == "THING must be optional or required."
    monkeypatch.delenv("THING")
    assert env.choice("THING", ("optional", "required"), default="optional") == "optional"

"""The home of the embedded services: where it is, its secrets, its locks."""

import pytest

from deploy import local
from deploy.embedded.home import Lock, secret
from deploy.local import ServicesError, services
from tests.deploy.embedded import REPOSITORY


def test_a_home_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ServicesError, match="cannot be used for the embedded services"),
        services(tmp_path / "file" / "home"),
    ):
        pass


def test_a_secret_is_made_once(tmp_path):
    first = secret(tmp_path / "key")
    assert len(first) >= 32
    assert secret(tmp_path / "key") == first
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_lock_is_shared_by_users_and_denied_to_one_who_wants_it_alone(tmp_path):
    alice, bob, charlie = (Lock(tmp_path / "lock") for _ in range(3))
    assert alice.take(shared=True)
    assert bob.take(shared=True)
    assert not charlie.take()
    alice.drop()
    bob.drop()
    assert charlie.take()
    assert not alice.take(shared=True)
    for lock in (alice, charlie):
        lock.drop()


def test_the_home_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FOLKMOOT_HOME", str(tmp_path))
    assert local.home() == tmp_path
    monkeypatch.delenv("FOLKMOOT_HOME")
    assert local.home() == REPOSITORY / ".folkmoot"

"""Embedded services for the tests beside this file."""

import pytest

from deploy.local import services
from tests.deploy.embedded import nothing_left


@pytest.fixture
def home(tmp_path):
    """A home on a path with a space; whatever a test does, its servers end with it."""
    folder = tmp_path / "a home"
    yield folder
    assert nothing_left(folder)


@pytest.fixture
def running(home):
    with services(home, durable=False) as started:
        yield started

"""What tests of pages share: an open deliberation, and its maker's browser."""

import pytest
from django.test import Client

from deliberation.models import Deliberation
from tests.factories import make_open, make_user


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open()


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_user())
    return client

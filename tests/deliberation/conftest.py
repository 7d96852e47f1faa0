"""What tests of pages share: an open deliberation, its maker, and someone who works there, too."""

import pytest
from django.test import Client

from deliberation.models import Deliberation, Membership, User
from tests.factories import make_open, make_user


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open()


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def alice(db: None) -> User:
    return make_user()


@pytest.fixture
def alices(alice: User) -> Client:
    """Her browser."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def bob(deliberation: Deliberation) -> User:
    """A moderator of the deliberation, whichever it is."""
    user = make_user("bob@example.org")
    Membership.objects.create(deliberation=deliberation, user=user, role="moderator")
    return user

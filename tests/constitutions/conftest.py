from __future__ import annotations

import pytest

from aggregation.models import Run
from constitutions.drafting import draft_version, publish_version
from constitutions.models import Principle, Version
from deliberation.models import Deliberation, User
from tests.constitutions.world import make_closed, make_run
from tests.factories import make_user


@pytest.fixture
def alice(db: None) -> User:
    """Owns the deliberation."""
    return make_user("alice@example.org")


@pytest.fixture
def closed(alice: User) -> Deliberation:
    return make_closed(owner=alice)


@pytest.fixture
def run(closed: Deliberation) -> Run:
    return make_run(closed)


@pytest.fixture
def draft(closed: Deliberation, run: Run, alice: User) -> Version:
    """Four principles: p005, p006, p007, p001."""
    return draft_version(deliberation=closed, run=run, actor=alice)


@pytest.fixture
def published(draft: Version, alice: User) -> Version:
    return publish_version(version=draft, actor=alice)


@pytest.fixture
def first(draft: Version) -> Principle:
    return draft.principles.get(key="p005")

"""What tests of moderation share: proposals that wait, and people who decide."""

from __future__ import annotations

from deliberation.models import Deliberation, Membership, Statement, User
from deliberation.services.statements import propose
from tests.factories import join, make_open, make_user, the_round


def waiting_panel(count: int, **changes: object) -> Deliberation:
    """Open, with so many proposals waiting; their numbers begin with 5, after the seeds."""
    deliberation = make_open(**changes)
    author = join(deliberation)
    for number in range(count):
        text = f"It should know fact number {number}."
        propose(participant=author, round=the_round(deliberation), text=text)
    return deliberation


def alice() -> User:
    """The owner."""
    return User.objects.get(email="alice@example.org")


def moderator(deliberation: Deliberation, name: str = "bob") -> User:
    user = make_user(f"{name}@example.org")
    Membership.objects.create(deliberation=deliberation, user=user, role="moderator")
    return user


def numbered(number: int) -> Statement:
    return Statement.objects.get(number=number)


def states(*numbers: int) -> list[str]:
    return [numbered(number).status for number in numbers]

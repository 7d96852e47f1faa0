"""Small worlds for tests: a deliberation with people, statements and votes.

Everything is made by the services that the product uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from deliberation.deck import read_deck
from deliberation.models import Deliberation, Participant, Round, Statement, User
from deliberation.models.statements import Status
from deliberation.services.cards import Card, hand
from deliberation.services.deliberations import create_deliberation
from deliberation.services.panels import take_seat
from deliberation.services.rounds import consent_hash, open_round
from deliberation.services.statements import add_seeds
from deliberation.services.votes import cast_vote

SEEDS = [
    "The assistant should admit when it does not know.",
    "The assistant should keep what I tell it to itself.",
    "The assistant should answer in plain words.",
    "The assistant should ask before it acts for me.",
]
CONSENT = "You are asked to vote on short statements. You may stop at any time."


def make_user(email: str = "alice@example.org") -> User:
    return User.objects.create_user(email, "correct horse battery")


def make_deliberation(owner: User | None = None, **changes: object) -> Deliberation:
    """In preparation, with four seeds; owned by alice unless told otherwise."""
    wanted: dict = {
        "title": "How an assistant should behave",
        "question": "What should the assistant do?",
        "consent_text": CONSENT,
        "slug": "assistant",
    } | changes
    owner = owner or User.objects.filter(email="alice@example.org").first() or make_user()
    deliberation = create_deliberation(owner=owner, **wanted)
    add_seeds(round=the_round(deliberation), texts=SEEDS, actor=owner)
    return deliberation


def make_open(phase: str = "propose", **changes: object) -> Deliberation:
    """Open for proposing and voting."""
    deliberation = make_deliberation(**changes)
    open_round(round=the_round(deliberation), actor=None, phase=phase)
    return deliberation


def the_round(deliberation: Deliberation) -> Round:
    return deliberation.rounds.latest("number")


def join(deliberation: Deliberation) -> Participant:
    """One more participant, by the open link."""
    round = the_round(deliberation)
    return take_seat(deliberation=deliberation, token=None, consent_hash=consent_hash(round))


def accepted(deliberation: Deliberation) -> list[Statement]:
    return list(
        Statement.objects.filter(round=the_round(deliberation), status=Status.ACCEPTED).order_by(
            "number"
        )
    )


def vote(participant: Participant, statement: Statement, value: int) -> None:
    cast_vote(participant=participant, statement=statement, value=value, key=uuid4())


def vote_row(participant: Participant, values: Iterable[int | None]) -> None:
    """One value per accepted statement, in order; None leaves it unseen."""
    for statement, value in zip(accepted(participant.deliberation), values, strict=False):
        if value is not None:
            vote(participant, statement, value)


def next_card(participant: Participant, u: float | None = None) -> Card | None:
    """The card in front of the participant, drawn and logged if none is open."""
    deck = read_deck(the_round(participant.deliberation))
    return next(iter(hand(participant=participant, deck=deck, size=1, u=u)), None)

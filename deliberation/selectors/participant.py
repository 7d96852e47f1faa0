"""What a participant's own pages read."""

from __future__ import annotations

from dataclasses import dataclass

from deliberation.deck import Deck, DeckStatement
from deliberation.models import Participant, Vote
from deliberation.services.cards import draw_card, hand, seal, show_asked
from deliberation.services.votes import CastResult, Showing


@dataclass(frozen=True, slots=True)
class LastVote:
    """The vote that an undo would take back."""

    statement: DeckStatement
    value: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """The card in front of a participant, the one after it, and how far they have come.

    ``statement`` is None once they have voted on everything. ``choice`` and ``important`` are
    set when they look at a vote they have cast. ``upcoming`` is what comes after this vote, and
    ``sealed`` carries it with the vote (services/cards.py). ``goal`` is the number of votes
    asked for, never more than there are statements.
    """

    statement: DeckStatement | None
    upcoming: DeckStatement | None
    sealed: str
    voted: int
    goal: int
    last: LastVote | None
    choice: int | None = None
    important: bool = False

    @property
    def reached(self) -> bool:
        return self.voted >= self.goal


def ballot(
    *,
    participant: Participant,
    deck: Deck,
    number: int | None = None,
    asked: Showing | None = None,
) -> Ballot:
    """The next card, drawn and logged if none is open.

    number : show the vote on this statement instead, if there is one.
    asked  : put this statement before the participant, who asked for it.
    """
    votes = list(
        Vote.objects.filter(participant=participant, round=deck.round)
        .order_by("updated_at", "id")
        .values_list("statement_id", "value", "important")
    )
    voted = {pk for pk, _, _ in votes}
    for pk, value, important in votes:
        found = deck.by_id(pk)
        if found is not None and found.number == number:
            return _ballot(deck, participant, voted, found, votes, value, important)
    if asked is not None and asked.statement not in voted:
        statement = deck.statements[deck.places[asked.statement]]
        show_asked(participant=participant, deck=deck, statement=statement)
        return _ballot(deck, participant, voted, statement, votes)
    cards = hand(participant=participant, deck=deck, size=1)
    return _ballot(deck, participant, voted, cards[0].statement if cards else None, votes)


def ballot_after_vote(
    *, deck: Deck, number: int, cast: CastResult, showing: Showing, voted_on: int
) -> Ballot:
    """The card that the vote has put before participant ``number``. Asks the database nothing.

    voted_on : the number of the statement the vote was on.
    """
    last = deck.by_number(voted_on)
    return _upcoming(
        deck=deck,
        number=number,
        group=cast.routing_group,
        voted=cast.voted,
        statement=deck.by_id(showing.statement),
        last=LastVote(last, cast.value) if last and cast.value is not None else None,
    )


def _ballot(
    deck: Deck,
    participant: Participant,
    voted: set[int],
    statement: DeckStatement | None,
    votes: list[tuple[int, int, bool]],
    choice: int | None = None,
    important: bool = False,
) -> Ballot:
    last = next(((deck.by_id(pk), value) for pk, value, _ in reversed(votes)), (None, 0))
    return _upcoming(
        deck=deck,
        number=participant.number,
        group=participant.routing_group,
        voted=frozenset(voted),
        statement=statement,
        last=LastVote(last[0], last[1]) if last[0] else None,
        choice=choice,
        important=important,
    )


def _upcoming(
    *,
    deck: Deck,
    number: int,
    group: int | None,
    voted: frozenset[int],
    statement: DeckStatement | None,
    last: LastVote | None,
    choice: int | None = None,
    important: bool = False,
) -> Ballot:
    card = None
    if statement is not None:
        card = draw_card(
            deck=deck,
            number=number,
            group=group,
            without=voted | {statement.id},
            after=statement.id,
        )
    return Ballot(
        statement=statement,
        upcoming=card.statement if card else None,
        sealed=seal(deck, number, card, after=statement.id) if statement and card else "",
        voted=sum(pk in deck.places for pk in voted),
        goal=deck.goal,
        last=last,
        choice=choice,
        important=important,
    )

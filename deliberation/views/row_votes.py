"""Votes sent from a row of a list: what the list view and the own votes page share."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from deliberation.access import SeatOnDevice, seat_on_device
from deliberation.deck import Deck, forget
from deliberation.forms import UndoForm, sent_vote
from deliberation.services import limits
from deliberation.services.errors import Invalid, NoSeat, ServiceError
from deliberation.services.votes import Showing, Voter, cast_in_round

TAKE_BACK = "back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a vote: stored, or refused with words, a status and seconds to wait.

    ``number`` is that of the statement; 0 if even that did not arrive.
    """

    number: int
    problem: str = ""
    status: int = 200
    wait: int = 0


@dataclass(frozen=True, slots=True)
class _Sent:
    statement: int
    value: int | None
    key: uuid.UUID
    important: bool


def store_row(request: HttpRequest, deck: Deck) -> Outcome:
    """Store the vote in a request, or take it back. Raises NoSeat."""
    seat = seat_on_device(request, deck.deliberation)
    if seat is None:
        raise NoSeat(_("You have no seat on this device"))
    number = request.POST.get("statement", "")
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    try:
        limits.take_if_busy(limits.VOTE_NETWORK, limits.network(request))
        _store(deck, seat, _read(request))
    except NoSeat:
        raise
    except ServiceError as error:
        forget(deck.deliberation.slug)
        return Outcome(known, error.message, error.status, getattr(error, "retry_after", 0))
    return Outcome(known)


def finish(response: HttpResponse, outcome: Outcome | None) -> HttpResponse:
    """Give a page the status of what it tells."""
    if outcome is not None:
        response.status_code = outcome.status
        if outcome.wait:
            response["Retry-After"] = str(outcome.wait)
    return response


def _read(request: HttpRequest) -> _Sent:
    if request.POST.get("value") == TAKE_BACK:
        form = UndoForm(request.POST)
        if form.is_valid():
            return _Sent(form.cleaned_data["statement"], None, form.cleaned_data["key"], False)
    elif (sent := sent_vote(request.POST)) is not None:
        return _Sent(sent.statement, sent.value, sent.key, sent.important)
    raise Invalid(_("Your vote did not arrive in one piece. Please choose again."))


def _store(deck: Deck, seat: SeatOnDevice, sent: _Sent) -> None:
    statement = next((s for s in deck.statements if s.number == sent.statement), None)
    # What is taken back is put before the participant again, unless it left the vote.
    again = Showing(statement.id, 1.0) if statement and sent.value is None else None
    cast_in_round(
        voter=Voter(deck.deliberation.pk, seat.number, seat.session, deck.consent),
        round=deck.round.pk,
        statement=sent.statement,
        value=sent.value,
        key=sent.key,
        important=sent.important,
        showing=again,
    )

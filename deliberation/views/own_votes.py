"""All votes of a participant, each of which can be changed while the round is open."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, visible_deliberation
from deliberation.deck import Deck
from deliberation.models import Participant
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors import own_votes as selectors
from deliberation.services.errors import NoSeat
from deliberation.views.answers import HtmxRequest, no_seat, the_deck, words_when_down
from deliberation.views.row_votes import Outcome, finish, store_row


@never_cache
@words_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def own_votes(request: HtmxRequest, slug: str) -> HttpResponse:
    """``?show=`` one of the filters, ``?order=`` one of the orders, ``?page=``."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    deck = the_deck(slug)
    if request.method != "POST":
        return _page(request, deck, participant)
    try:
        outcome = store_row(request, deck)
    except NoSeat:
        return no_seat(request, deliberation)
    if outcome.status != 200:
        deck = the_deck(slug)
    if request.htmx:
        return _row(request, deck, participant, outcome)
    if outcome.status != 200:
        return _page(request, deck, participant, outcome)
    messages.success(request, _("Saved."))
    response = redirect(f"{request.get_full_path()}#s{outcome.number}")
    response.status_code = 303
    return response


def _page(
    request: HtmxRequest, deck: Deck, participant: Participant, outcome: Outcome | None = None
) -> HttpResponse:
    show, order = request.GET.get("show", ""), request.GET.get("order", "")
    show = show if show in selectors.FILTERS else "all"
    order = order if order in selectors.ORDERS else "newest"
    found = selectors.own_votes(
        participant=participant, deck=deck, show=show, order=order, page=request.GET.get("page")
    )
    context = _context(deck, found.rows, outcome) | {
        "page": found.page,
        "counts": found.counts,
        "show": show,
        "order": order,
        "keep": f"show={show}&order={order}&",
    }
    return finish(render(request, "deliberation/own_votes.html", context), outcome)


def _row(
    request: HtmxRequest, deck: Deck, participant: Participant, outcome: Outcome
) -> HttpResponse:
    row = selectors.own_vote(participant=participant, deck=deck, number=outcome.number)
    context = _context(deck, [row] if row else [], outcome)
    return finish(render(request, "deliberation/own_votes.html#answer", context), outcome)


def _context(deck: Deck, rows: list[selectors.Row], outcome: Outcome | None) -> dict[str, object]:
    return {
        "deliberation": deck.deliberation,
        "round": deck.round,
        "rows": [(row, uuid.uuid4()) for row in rows],
        "outcome": outcome,
        "may_vote": allows(deck.round.stage, PARTICIPANT, "vote"),
    }

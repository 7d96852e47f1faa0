"""Ten statements on one page, for who prefers a list to cards."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, visible_deliberation
from deliberation.deck import Deck
from deliberation.models import Participant
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.own_votes import listed, progress
from deliberation.services.cards import hand
from deliberation.services.errors import NoSeat
from deliberation.views.answers import HtmxRequest, no_seat, the_deck, words_when_down
from deliberation.views.row_votes import Outcome, finish, store_row

_SIZE = 10
_COOKIE = "view"
_HALF_A_YEAR = 180 * 24 * 3600


@never_cache
@words_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def list_view(request: HtmxRequest, slug: str) -> HttpResponse:
    """Statements drawn for the participant, which stay on the page when they are voted on.

    ``?of=3-1-2`` names those of the page, so that reloading or coming back shows the same.
    """
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    deck = the_deck(slug)
    if request.method == "POST":
        return _vote(request, deck, participant)
    if not allows(deck.round.stage, PARTICIPANT, "vote"):
        return redirect("vote", slug)
    if participant.consent_hash != deck.consent:
        return redirect("join", slug)
    if "of" in request.GET:
        return remember_view(_page(request, deck, participant), request, "list")
    cards = hand(participant=participant, deck=deck, size=_SIZE)
    numbers = "-".join(str(card.statement.number) for card in cards)
    return redirect(f"{reverse('list', args=[slug])}?of={numbers}")


def _vote(request: HtmxRequest, deck: Deck, participant: Participant) -> HttpResponse:
    try:
        outcome = store_row(request, deck)
    except NoSeat:
        return no_seat(request, deck.deliberation)
    if outcome.status == 200 and not request.htmx:
        response = redirect(f"{request.get_full_path()}#s{outcome.number}")
        response.status_code = 303
        return response
    if outcome.status != 200:
        deck = the_deck(deck.deliberation.slug)
    return finish(_page(request, deck, participant, outcome), outcome)


def _page(
    request: HtmxRequest, deck: Deck, participant: Participant, outcome: Outcome | None = None
) -> HttpResponse:
    """The whole page, or the row of ``outcome`` alone where only that is asked for."""
    alone = request.htmx and outcome is not None
    numbers = [outcome.number] if alone and outcome else _numbers(request)
    context = {
        "deliberation": deck.deliberation,
        "round": deck.round,
        "rows": [
            (row, uuid.uuid4())
            for row in listed(participant=participant, deck=deck, numbers=numbers)
        ],
        "progress": progress(participant=participant, deck=deck),
        "outcome": outcome,
        "may_vote": allows(deck.round.stage, PARTICIPANT, "vote"),
        "may_propose": allows(deck.round.stage, PARTICIPANT, "propose"),
    }
    return render(request, f"deliberation/list.html{'#answer' if alone else ''}", context)


def _numbers(request: HttpRequest) -> list[int]:
    parts = request.GET.get("of", "")[:200].split("-")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]


# --- Which of the two is remembered


def prefers_list(request: HttpRequest) -> bool:
    """Whether this device was last on the list."""
    return request.COOKIES.get(_COOKIE) == "list"


def remember_view(response: HttpResponse, request: HttpRequest, view: str) -> HttpResponse:
    """Keep which view was chosen on the device: ``list`` or ``cards``."""
    if request.COOKIES.get(_COOKIE, "cards") != view:
        response.set_cookie(
            _COOKIE,
            view,
            max_age=_HALF_A_YEAR,
            path="/d/",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response

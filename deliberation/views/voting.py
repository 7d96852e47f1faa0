"""The card, and the answer to a vote: the next card, in one round trip."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import current_participant, seat_on_device, visible_deliberation
from deliberation.deck import Deck, forget
from deliberation.forms import UndoForm, sent_vote
from deliberation.models import Statement
from deliberation.models.rounds import PAUSED
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.participant import Ballot, ballot, ballot_after_vote
from deliberation.services import limits
from deliberation.services.cards import unseal
from deliberation.services.errors import ConsentChanged, NoSeat, WrongPhase
from deliberation.services.votes import Voter, cast_in_round, withdraw_vote
from deliberation.views.answers import (
    HtmxRequest,
    never_kept,
    no_seat,
    see_other,
    the_deck,
    words_when_down,
)
from deliberation.views.card_html import card_context, saved_card
from deliberation.views.list_view import prefers_list, remember_view


@never_kept
@words_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """The card; the answer to a vote is the next card."""
    if request.method == "POST":
        return _cast(request, slug)
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    deck = the_deck(slug)
    if not allows(deck.round.stage, PARTICIPANT, "vote"):
        return _card(request, deck, None, status=409)
    if participant.consent_hash != deck.consent:
        return redirect("join", slug)
    if not request.GET and prefers_list(request):
        return redirect("list", slug)
    asked = request.GET.get("statement", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    shown = ballot(
        participant=participant,
        deck=deck,
        number=number,
        asked=unseal(deck, participant.number, request.GET.get("card", ""), after=0),
    )
    response = _card(request, deck, shown)
    return remember_view(response, request, "cards") if "view" in request.GET else response


def _cast(request: HtmxRequest, slug: str) -> HttpResponse:
    """Store a vote. This is the busiest request of all: one statement to the database."""
    deck = the_deck(slug)
    seat = seat_on_device(request, deck.deliberation)
    if seat is None:
        return no_seat(request, visible_deliberation(request, slug))
    sent = sent_vote(request.POST)
    if sent is None:
        problem = _("Your vote did not arrive in one piece. Please choose again.")
        return _again(request, slug, problem, status=422)
    limits.take_if_busy(limits.VOTE_NETWORK, limits.network(request))
    front = deck.by_number(sent.statement)
    showing = unseal(deck, seat.number, sent.sealed, after=front.id) if front else None
    try:
        cast = cast_in_round(
            voter=Voter(deck.deliberation.pk, seat.number, seat.session, deck.consent),
            round=deck.round.pk,
            statement=sent.statement,
            value=sent.value,
            key=sent.key,
            important=sent.important,
            showing=showing,
        )
    except NoSeat:
        return no_seat(request, visible_deliberation(request, slug))
    except WrongPhase as error:
        forget(slug)
        changed = isinstance(error, ConsentChanged)
        return _again(request, slug, error.message, status=409, agree_again=changed)
    if "HTTP_HX_REQUEST" not in request.META:  # what request.htmx says, at a tenth of the cost
        return see_other("vote", deck.deliberation)
    if showing is None or cast.kind == "replayed" or showing.statement in cast.voted:
        return _again(request, slug, saved=True)
    following = ballot_after_vote(
        deck=deck, number=seat.number, cast=cast, showing=showing, voted_on=sent.statement
    )
    return HttpResponse(saved_card(request, deck, following))


@never_kept
@words_when_down
@require_POST
def undo_vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """Take back a vote and show its card again."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    deck = the_deck(slug)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _again(request, slug, _("There is no vote to take back."), status=422)
    statement = get_object_or_404(
        Statement.objects.select_related("round"),
        round=deck.round,
        number=form.cleaned_data["statement"],
    )
    if deck.round.stage == PAUSED:
        raise WrongPhase(_("Voting is paused. Your earlier votes are kept and count."))
    limits.take(limits.VOTE, f"{deliberation.pk}.{participant.number}")
    withdraw_vote(participant=participant, statement=statement, key=form.cleaned_data["key"])
    if not request.htmx:
        return see_other("vote", deliberation)
    return _card(request, deck, ballot(participant=participant, deck=deck), undone=True)


def _again(
    request: HtmxRequest, slug: str, problem: str = "", *, status: int = 200, **news: object
) -> HttpResponse:
    """The card that is open now, read from the database, with what has to be said."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    deck = the_deck(slug)
    may_vote = allows(deck.round.stage, PARTICIPANT, "vote")
    shown = ballot(participant=participant, deck=deck) if may_vote else None
    return _card(request, deck, shown, status=status, problem=problem, **news)


def _card(
    request: HtmxRequest, deck: Deck, shown: Ballot | None, *, status: int = 200, **news: object
) -> HttpResponse:
    """``shown`` is None when the round takes no votes."""
    context = card_context(deck, shown) | news
    fragment = "#card" if request.htmx else ""
    return render(request, f"deliberation/vote.html{fragment}", context, status=status)

"""The card, and the answer to a vote."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import current_participant, current_round, visible_deliberation
from deliberation.forms import UndoForm, VoteForm
from deliberation.models import Participant, Round, Statement
from deliberation.models.votes import Choice
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.participant import ballot
from deliberation.services.cards import show_again
from deliberation.services.errors import WrongPhase
from deliberation.services.votes import cast_vote, withdraw_vote
from deliberation.views.answers import HtmxRequest, no_seat, see_other, words_when_down


@never_cache
@words_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """The card; the answer to a vote is the next card."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    round = current_round(deliberation)
    if not allows(round.phase, PARTICIPANT, "vote"):
        return _card(request, participant, round, status=409)
    if request.method == "POST":
        return _cast(request, participant, round)
    asked = request.GET.get("statement", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    return _card(request, participant, round, number=number)


def _cast(request: HtmxRequest, participant: Participant, round: Round) -> HttpResponse:
    form = VoteForm(request.POST)
    if not form.is_valid():
        problem = _("Your vote did not arrive in one piece. Please choose again.")
        return _card(request, participant, round, problem=problem, status=422)
    sent = form.cleaned_data
    statement = get_object_or_404(Statement, round=round, number=sent["statement"])
    try:
        cast_vote(
            participant=participant, statement=statement, value=sent["value"], key=sent["key"]
        )
    except WrongPhase as error:
        round.refresh_from_db()
        return _card(request, participant, round, problem=error.message, status=409)
    if not request.htmx:
        return see_other("vote", round.deliberation)
    return _card(request, participant, round, saved=True)


@never_cache
@words_when_down
@require_POST
def undo_vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """Take back a vote and show its card again."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    round = current_round(deliberation)
    form = UndoForm(request.POST)
    if not form.is_valid():
        problem = _("There is no vote to take back.")
        return _card(request, participant, round, problem=problem, status=422)
    statement = get_object_or_404(Statement, round=round, number=form.cleaned_data["statement"])
    result = withdraw_vote(
        participant=participant, statement=statement, key=form.cleaned_data["key"]
    )
    if result.kind == "withdrawn":
        show_again(participant=participant, statement=statement)
    if not request.htmx:
        return see_other("vote", deliberation)
    return _card(request, participant, round, undone=True)


def _card(
    request: HtmxRequest,
    participant: Participant,
    round: Round,
    *,
    number: int | None = None,
    status: int = 200,
    **news: object,
) -> HttpResponse:
    may_vote = allows(round.phase, PARTICIPANT, "vote")
    context = {
        "deliberation": round.deliberation,
        "round": round,
        "may_vote": may_vote,
        "may_propose": allows(round.phase, PARTICIPANT, "propose"),
        "ballot": ballot(participant=participant, round=round, number=number) if may_vote else None,
        "key": uuid.uuid4(),
        "undo_key": uuid.uuid4(),
        "choices": Choice,
    }
    fragment = "#card" if request.htmx else ""
    return render(request, f"deliberation/vote.html{fragment}", context | news, status=status)

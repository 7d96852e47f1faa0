"""Pages of the panel: sit down, vote, propose."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from deliberation.access import (
    current_participant,
    current_round,
    invited_deliberation,
    remember_participant,
    visible_deliberation,
)
from deliberation.forms import ConsentForm, ProposeForm, UndoForm, VoteForm
from deliberation.models import Deliberation, Participant, Round, Statement
from deliberation.models.statements import Status
from deliberation.models.votes import Choice
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.participant import ballot, contributions
from deliberation.services.cards import show_again
from deliberation.services.errors import Duplicate, Invalid, NotAllowed, WrongPhase
from deliberation.services.panels import take_seat
from deliberation.services.rounds import consent_hash
from deliberation.services.statements import propose as propose_statement
from deliberation.services.votes import cast_vote, withdraw_vote

View = Callable[..., HttpResponse]


class HtmxRequest(HttpRequest):
    """What django-htmx's middleware makes of a request."""

    htmx: HtmxDetails


def see_other(name: str, deliberation: Deliberation) -> HttpResponse:
    """After a POST: fetch this page with GET, so that reloading sends nothing twice."""
    response = redirect(name, deliberation.slug)
    response.status_code = 303
    return response


# --- Sitting down


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a seat by the open link."""
    deliberation = visible_deliberation(request, slug)
    if current_participant(request, deliberation) is not None:
        return redirect("vote", slug)
    round = current_round(deliberation)
    if not round.is_open:
        raise WrongPhase(_("Nobody can join at the moment: the voting is not open."))
    if not deliberation.panel.open_link:
        raise NotAllowed(_("This panel is by invitation. Use the personal link you were sent."))
    return _consent(request, deliberation, round, token=None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Take the seat of a personal link. It works once; the same device may come back by it."""
    deliberation, seat = invited_deliberation(request, slug, token)
    sitting = current_participant(request, deliberation)
    if sitting is not None and sitting.seat_id == seat.pk:
        return redirect("vote", slug)
    if seat.taken_at is not None:
        context = {"deliberation": deliberation}
        return render(request, "deliberation/seat_taken.html", context, status=410)
    return _consent(request, deliberation, current_round(deliberation), token=token)


def _consent(
    request: HttpRequest, deliberation: Deliberation, round: Round, *, token: str | None
) -> HttpResponse:
    current = consent_hash(round)
    form = ConsentForm(request.POST or None, current=current)
    if request.method == "POST" and form.is_valid():
        participant = take_seat(deliberation=deliberation, token=token, consent_hash=current)
        response = see_other("vote", deliberation)
        remember_participant(response, participant)
        return response
    context = {"deliberation": deliberation, "round": round, "form": form, "current": current}
    status = 422 if request.method == "POST" else 200
    return render(request, "deliberation/join.html", context, status=status)


# --- Voting


def words_when_down(view: View) -> View:
    """503 with words, and the same request ready to be sent again, when the database is away."""

    @wraps(view)
    def answer(request: HtmxRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            fragment = "#trouble" if request.htmx else ""
            sent = [(k, v) for k, v in request.POST.items() if k in ("statement", "key", "value")]
            response = render(
                request, f"deliberation/not_stored.html{fragment}", {"sent": sent}, status=503
            )
            response["Retry-After"] = "5"
            return reswap(retarget(response, "#card-trouble"), "innerHTML")

    return answer


@never_cache
@words_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """The card; the answer to a vote is the next card."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return _no_seat(request, deliberation)
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
        return _no_seat(request, deliberation)
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


def _no_seat(request: HtmxRequest, deliberation: Deliberation) -> HttpResponse:
    if request.method in ("GET", "HEAD") and deliberation.panel.open_link:
        return redirect("join", deliberation.slug)
    fragment = "#no_seat" if request.htmx else ""
    context = {"deliberation": deliberation}
    return render(request, f"deliberation/no_seat.html{fragment}", context, status=403)


# --- Proposing


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HtmxRequest, slug: str) -> HttpResponse:
    """Write a statement, and see what became of one's own."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return _no_seat(request, deliberation)
    round = current_round(deliberation)
    form = ProposeForm(request.POST or None)
    if request.method != "POST":
        return _propose_page(request, participant, round, form)
    if not form.is_valid():
        return _propose_page(request, participant, round, form, status=422)
    return _store_proposal(request, participant, round, form)


def _store_proposal(
    request: HttpRequest, participant: Participant, round: Round, form: ProposeForm
) -> HttpResponse:
    try:
        statement = propose_statement(
            participant=participant, round=round, text=form.cleaned_data["text"]
        )
    except Invalid as error:
        form.add_error("text", error.message)
        existing = error.existing if isinstance(error, Duplicate) else None
        return _propose_page(request, participant, round, form, existing=existing, status=422)
    except WrongPhase:
        round.refresh_from_db()
        return _propose_page(request, participant, round, form, status=409)
    messages.success(request, _what_happens_next(statement))
    return see_other("propose", round.deliberation)


def _what_happens_next(statement: Statement) -> str:
    if statement.status == Status.ACCEPTED:
        return _("Thank you. Your statement is in the vote now. A moderator reads it later.")
    return _("Thank you. A moderator reads your statement next. You see below what was decided.")


def _propose_page(
    request: HttpRequest,
    participant: Participant,
    round: Round,
    form: ProposeForm,
    *,
    existing: Statement | None = None,
    status: int = 200,
) -> HttpResponse:
    may_propose = allows(round.phase, PARTICIPANT, "propose")
    context = {
        "deliberation": round.deliberation,
        "round": round,
        "form": form,
        "existing": existing,
        "may_propose": may_propose,
        "contributions": contributions(participant=participant, round=round),
    }
    return render(request, "deliberation/propose.html", context, status=status)

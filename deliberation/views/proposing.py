"""Write a statement, look for those like it, and see what became of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation import similarity
from deliberation.access import current_participant, visible_deliberation
from deliberation.deck import Deck, forget
from deliberation.forms import ProposeForm
from deliberation.models import Participant, Statement
from deliberation.models.statements import Status
from deliberation.selectors.own_statements import own_statements
from deliberation.selectors.proposing import (
    Check,
    Votable,
    check,
    suggestions,
    votable,
)
from deliberation.services import limits
from deliberation.services.errors import Duplicate, Invalid, ServiceError, TooMany, WrongPhase
from deliberation.services.statements import propose as propose_statement
from deliberation.services.statements import same_statement, takes_statements, votes_first
from deliberation.views.answers import (
    HtmxRequest,
    no_seat,
    see_other,
    text_kept_when_down,
    the_deck,
)

# What is looked over and not stored. PROPOSE is for what would be stored.
_LOOK_OVER = limits.Limit("propose-look", every=1, burst=30)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Who writes, and the statements that are there already."""

    request: HtmxRequest
    participant: Participant
    deck: Deck

    @property
    def seat(self) -> str:
        """By which limits count."""
        return f"{self.participant.deliberation_id}.{self.participant.number}"


@never_cache
@text_kept_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HtmxRequest, slug: str) -> HttpResponse:
    """Write a statement, and see what became of one's own."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    writer = _Writer(request, participant, the_deck(slug))
    if request.method != "POST":
        return _page(writer)
    if "change" in request.POST:
        return _page(writer, text=request.POST.get("text", ""), changing=True)
    return _sent(writer, request.POST.get("text", ""))


@never_cache
@text_kept_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def similar(request: HtmxRequest, slug: str) -> HttpResponse:
    """Accepted statements like what is typed: a fragment for htmx, else the whole page.

    The page sends the text with POST, so that drafts do not end up in logs of addresses.
    """
    deck = the_deck(slug)
    participant = current_participant(request, deck.deliberation)
    if participant is None:
        return no_seat(request, visible_deliberation(request, slug))
    writer = _Writer(request, participant, deck)
    text = (request.POST if request.method == "POST" else request.GET).get("text", "")
    try:
        limits.take(limits.SIMILAR, writer.seat)
    except TooMany as error:
        answer = _suggested(writer, text, status=429, pause=error.message)
        answer["Retry-After"] = str(error.retry_after)
        return answer
    _warm(deck)
    return _suggested(writer, text, found=suggestions(text, deck=deck, participant=participant))


def _suggested(writer: _Writer, text: str, *, status: int = 200, **news: object) -> HttpResponse:
    if writer.request.htmx:
        context = {"deliberation": writer.deck.deliberation} | news
        return render(writer.request, "deliberation/similar.html", context, status=status)
    return _page(writer, text=text, status=status, looked=True, **news)


def _sent(writer: _Writer, text: str) -> HttpResponse:
    """The answer to a statement that was sent. Whatever it says, it keeps the text."""
    deck, participant = writer.deck, writer.participant
    form = ProposeForm(writer.request.POST, round=deck.round)
    try:
        limits.take(_LOOK_OVER, writer.seat)
        if not _may_write(writer):
            return _page(writer, text=text, status=409)
        if not form.is_valid():
            return _page(writer, text=text, problems=form.errors["text"], status=422)
        text = form.cleaned_data["text"]
        if not form.cleaned_data["confirmed"] and same_statement(text, deck.round) is None:
            checked = check(text, deck=deck, participant=participant)
            if checked:
                return _check_page(writer, text, checked)
        limits.take(limits.PROPOSE, writer.seat)
        made = propose_statement(participant=participant, round=deck.round, text=text)
    except Duplicate as error:
        return _already_there(writer, text, error)
    except (Invalid, WrongPhase, TooMany) as error:
        return _refused(writer, text, error)
    messages.success(writer.request, _what_happens_next(made))
    return see_other("propose", deck.deliberation)


def _already_there(writer: _Writer, text: str, error: Duplicate) -> HttpResponse:
    existing = error.existing
    if existing.author_id == writer.participant.pk:
        # Most likely the same request once more.
        words = _("You have sent this statement before. Below you see what became of it.")
        messages.info(writer.request, words)
        return see_other("propose", writer.deck.deliberation)
    return _page(
        writer,
        text=text,
        problems=[error.message],
        existing=existing,
        existing_card=_card_of(writer, existing),
        status=422,
    )


def _card_of(writer: _Writer, statement: Statement) -> Votable | None:
    """The way to vote on it; None as long as nobody can."""
    shown = writer.deck.by_id(statement.pk)
    if shown is None:
        return None
    (way,) = votable([shown], deck=writer.deck, participant=writer.participant)
    return way


def _refused(writer: _Writer, text: str, error: ServiceError) -> HttpResponse:
    slug = writer.deck.deliberation.slug
    if isinstance(error, WrongPhase):
        # It was another phase, or there were fewer votes, than the deck knew.
        forget(slug)
        writer = _Writer(writer.request, writer.participant, the_deck(slug))
    answer = _page(writer, text=text, problems=[error.message], status=error.status)
    if isinstance(error, TooMany):
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _what_happens_next(statement: Statement) -> str:
    if statement.status == Status.ACCEPTED:
        return _("Thank you. Your statement is in the vote now. A moderator reads it later.")
    return _("Thank you. A moderator reads your statement next. You see below what was decided.")


def _may_write(writer: _Writer) -> bool:
    round = writer.deck.round
    taken = takes_statements(round)
    return taken and not votes_first(writer.participant, round).missing


def _check_page(writer: _Writer, text: str, checked: Check) -> HttpResponse:
    """Nothing is wrong with what was sent, so this is no error."""
    context = {
        "deliberation": writer.deck.deliberation,
        "round": writer.deck.round,
        "text": text,
        "check": checked,
    }
    return render(writer.request, "deliberation/propose_check.html", context)


def _page(writer: _Writer, *, text: str = "", status: int = 200, **news: object) -> HttpResponse:
    """The page with the field. ``text`` is what was written, whether it was sent or not."""
    deck, participant = writer.deck, writer.participant
    taken = takes_statements(deck.round)
    if taken:
        _warm(deck)
    context = {
        "deliberation": deck.deliberation,
        "round": deck.round,
        "text": text,
        "takes_statements": taken,
        "first": votes_first(participant, deck.round),
        "own": own_statements(participant=participant, round=deck.round, deck=deck),
    }
    return render(writer.request, "deliberation/propose.html", context | news, status=status)


def _warm(deck: Deck) -> None:
    """Have the statements ready to be compared, without waiting for that."""
    texts = [statement.text for statement in deck.statements]
    similarity.warm_soon(texts, language=deck.deliberation.language)

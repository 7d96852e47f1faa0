"""Write a statement, and see what became of one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, current_round, visible_deliberation
from deliberation.forms import ProposeForm
from deliberation.models import Participant, Round, Statement
from deliberation.models.statements import Status
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.participant import contributions
from deliberation.services.errors import Duplicate, Invalid, WrongPhase
from deliberation.services.statements import propose as propose_statement
from deliberation.views.answers import HtmxRequest, no_seat, see_other


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HtmxRequest, slug: str) -> HttpResponse:
    """Write a statement, and see what became of one's own."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
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

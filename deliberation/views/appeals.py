"""Ask the moderators for a second look at a statement of one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, current_round, visible_deliberation
from deliberation.forms import AppealForm
from deliberation.selectors.own_statements import own_statement
from deliberation.services import limits
from deliberation.services.appeals import ask_again
from deliberation.services.errors import Invalid, TooMany, WrongPhase
from deliberation.views.answers import HtmxRequest, no_seat, see_other, text_kept_when_down


@never_cache
@text_kept_when_down
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HtmxRequest, slug: str, number: int) -> HttpResponse:
    """Say why a statement that was turned down should be shown. 404 for anyone but its author."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    round = current_round(deliberation)
    own = own_statement(participant=participant, round=round, number=number)
    if own is None:
        raise Http404
    form = AppealForm(request.POST or None)
    context = {"deliberation": deliberation, "round": round, "own": own, "form": form}
    if request.method != "POST":
        status = 200 if own.may_ask_again else 409
        return render(request, "deliberation/appeal.html", context, status=status)
    if not form.is_valid():
        return render(request, "deliberation/appeal.html", context, status=422)
    try:
        limits.take(limits.PROPOSE, f"{deliberation.pk}.{participant.number}")
        ask_again(participant=participant, statement=own.statement, text=form.cleaned_data["text"])
    except (Invalid, WrongPhase, TooMany) as error:
        form.add_error("text", error.message)
        answer = render(request, "deliberation/appeal.html", context, status=error.status)
        if isinstance(error, TooMany):
            answer["Retry-After"] = str(error.retry_after)
        return answer
    messages.success(request, _("A moderator will look at your statement again. You see it here."))
    return see_other("propose", deliberation)

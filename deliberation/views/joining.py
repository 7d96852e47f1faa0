"""Take a seat, or come back to it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import (
    current_participant,
    current_round,
    invited_deliberation,
    remember_participant,
    visible_deliberation,
)
from deliberation.forms import ConsentForm
from deliberation.models import Deliberation, Round
from deliberation.services.errors import NotAllowed, WrongPhase
from deliberation.services.panels import take_seat
from deliberation.services.rounds import consent_hash
from deliberation.views.answers import see_other


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

"""The round moves on. Each move is confirmed on a page that says what it means."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.access import managed_deliberation
from deliberation.organiser_forms import OpenForm
from deliberation.selectors.organiser import numbers
from deliberation.services import rounds
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def open_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze question, plan and consent text, and let people in."""
    managed = managed_deliberation(request, slug, "open")
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rounds.open_round(
            round=managed.round, actor=signed_in(request), phase=form.cleaned_data["phase"]
        )
        messages.success(request, _("The round is open. Share the link below."))
        return redirect("workspace", slug)
    context = {
        "managed": managed,
        "form": form,
        "missing": rounds.what_is_missing(managed.round),
        "numbers": numbers(managed),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/open_round.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def end_proposals(request: HttpRequest, slug: str) -> HttpResponse:
    """From now on people vote only."""
    managed = managed_deliberation(request, slug, "end_proposals")
    if request.method == "POST":
        rounds.end_proposals(round=managed.round, actor=signed_in(request))
        messages.success(request, _("Proposing has ended. Voting goes on."))
        return redirect("workspace", slug)
    context = {"managed": managed, "numbers": numbers(managed)}
    return render(request, "organise/end_proposals.html", context)

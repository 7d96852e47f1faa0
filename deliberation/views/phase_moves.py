"""The round moves on. Each move is confirmed on a page that says what it means."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import managed_deliberation
from deliberation.models import Round, User
from deliberation.models.rounds import OPEN_PHASES
from deliberation.organiser_forms import OpenForm, put_beside_field
from deliberation.phase_forms import DatesForm, PauseForm, ReopenForm
from deliberation.selectors.members import Waiting, waiting_approval
from deliberation.selectors.organiser import numbers
from deliberation.services import opening, reopening, rounds, schedule
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def open_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze question, plan and consent text, and let people in."""
    managed = managed_deliberation(request, slug, "open")
    round, actor = managed.round, signed_in(request)
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        phase, seen = form.cleaned_data["phase"], request.POST.get("seen", "")
        if opening.ask_to_open(round=round, phase=phase, actor=actor, seen=seen):
            messages.success(request, _("The round is open. People can take part now."))
            return redirect("workspace", slug)
        messages.info(request, _("Asked. The round opens when a second person opens it, too."))
        return redirect("open_round", slug)
    context = {
        "managed": managed,
        "form": form,
        "missing": rounds.missing_before_opening(round),
        "numbers": numbers(managed),
        "two_people": opening.needs_two_people(round),
        "digest": opening.opening_digest(round),
        "waiting": _waiting(managed.round, actor),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/open_round.html", context, status=status)


def _waiting(round: Round, actor: User) -> Waiting | None:
    """A request to open that waits for a second person; marked where it is not the same now."""
    found = None
    for phase in OPEN_PHASES:
        digest = opening.opening_digest(round, phase)
        found = waiting_approval(round.deliberation, "open", actor, digest=digest)
        if found is None or not found.other:
            return found
    return found


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


@login_required
@require_http_methods(["GET", "POST"])
def dates(request: HttpRequest, slug: str) -> HttpResponse:
    """When the round opens, stops taking statements and closes by itself."""
    if request.method == "POST":
        managed = managed_deliberation(request, slug, "schedule")
    else:
        managed = readable(request, slug, "schedule")
    deliberation, round = managed.deliberation, managed.round
    form = DatesForm(request.POST or None, deliberation=deliberation, round=round)
    if request.method == "POST" and form.is_valid():
        actor = signed_in(request)
        try:
            schedule.set_dates(round=round, actor=actor, role=managed.role, **form.dates(round))
        except Invalid as error:
            put_beside_field(form, error)
        else:
            zone = form.cleaned_data["time_zone"]
            if zone != deliberation.time_zone:
                update_draft(deliberation=deliberation, actor=actor, time_zone=zone)
            messages.success(request, _("The dates are saved."))
            return redirect("workspace", slug)
    status = 422 if request.method == "POST" else 200
    context = {"managed": managed, "form": form, "may": managed.may("schedule")}
    return render(request, "organise/dates.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    """Take no votes for a while, and say why."""
    managed = managed_deliberation(request, slug, "pause")
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rounds.pause_round(
            round=managed.round, actor=signed_in(request), reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("Voting is paused. Everybody who comes reads why."))
        return redirect("workspace", slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/pause.html", {"managed": managed, "form": form}, status=status)


@login_required
@require_POST
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Go on."""
    managed = managed_deliberation(request, slug, "resume")
    rounds.resume_round(round=managed.round, actor=signed_in(request))
    messages.success(request, _("Voting goes on."))
    return redirect("workspace", slug)


@login_required
@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, slug: str) -> HttpResponse:
    """Take votes again after closing: an amendment, public with its reason."""
    managed = managed_deliberation(request, slug, "reopen")
    form = ReopenForm(request.POST or None, zone=managed.deliberation.time_zone)
    if request.method == "POST" and form.is_valid():
        try:
            reopening.reopen_round(
                round=managed.round,
                actor=signed_in(request),
                role=managed.role,
                **form.cleaned_data,
            )
        except Invalid as error:
            put_beside_field(form, error)
        else:
            messages.success(request, _("Voting is open again. The reason is public."))
            return redirect("workspace", slug)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "organise/reopen.html", {"managed": managed, "form": form}, status=status
    )

"""The round moves on. Each move is confirmed on a page that says what it means."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import managed_deliberation
from deliberation.models import Round
from deliberation.organiser_forms import OpenForm, put_beside_field
from deliberation.phase_forms import DatesForm, PauseForm, ReopenForm
from deliberation.selectors.organiser import numbers
from deliberation.services import reopening, rounds, schedule
from deliberation.services.approvals import agreed
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def open_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze question, plan and consent text, and let people in."""
    managed = managed_deliberation(request, slug, "open")
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            opened = _second_person_agrees(request, managed.round)
            if opened:
                rounds.open_round(
                    round=managed.round, actor=signed_in(request), phase=form.cleaned_data["phase"]
                )
        if opened:
            messages.success(request, _("The round is open. People can take part now."))
        else:
            messages.info(request, _("Asked. The round opens when a second person opens it, too."))
        return redirect("workspace", slug)
    context = {
        "managed": managed,
        "form": form,
        "missing": rounds.missing_before_opening(managed.round),
        "numbers": numbers(managed),
        "two_people": schedule.needs_two_people(managed.round),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/open_round.html", context, status=status)


def _second_person_agrees(request: HttpRequest, round: Round) -> bool:
    """Whether opening may go on; if not, the second person has been asked now."""
    if rounds.what_is_missing(round) or not schedule.needs_two_people(round):
        return True  # what is missing is said by the service
    return agreed(
        deliberation=round.deliberation,
        action="open",
        digest=rounds.frozen_hash(round),
        actor=signed_in(request),
    )


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

"""The organiser's side: close the round, start runs, watch them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from aggregation import selectors
from aggregation.forms import StartForm
from aggregation.models import Run
from aggregation.runs import queue_run
from deliberation.access import managed_deliberation
from deliberation.models.rounds import Phase
from deliberation.selectors.organiser import numbers
from deliberation.services import rounds
from deliberation.services.exclusions import matches
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def close_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Close for good, and have the votes counted by the plan that was fixed before."""
    managed = managed_deliberation(request, slug, "close")
    if request.method == "POST":
        actor = signed_in(request)
        with transaction.atomic():
            closed = rounds.close_round(round=managed.round, actor=actor)
            run = queue_run(round=closed, requested_by=actor)
        messages.success(request, _("The round is closed. The votes are being counted."))
        return redirect("run", slug, run.pk)
    context = {
        "managed": managed,
        "numbers": numbers(managed),
        "left_out": matches(managed.round),
    }
    return render(request, "aggregation/close_round.html", context)


@login_required
@require_safe
def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """Every run of the round, and a form for one more."""
    managed = readable(request, slug, "run")
    form = StartForm(managed.round) if managed.may("run") else None
    context = {"managed": managed, "rows": selectors.run_rows(managed.round), "form": form}
    return render(request, "aggregation/runs.html", context)


@login_required
@require_POST
def start_run(request: HttpRequest, slug: str) -> HttpResponse:
    """Queue one more run."""
    managed = managed_deliberation(request, slug, "run")
    form = StartForm(managed.round, request.POST)
    if form.is_valid():
        run = queue_run(round=managed.round, plan=form.chosen(), requested_by=signed_in(request))
        return redirect("run", slug, run.pk)
    context = {"managed": managed, "rows": selectors.run_rows(managed.round), "form": form}
    return render(request, "aggregation/runs.html", context, status=422)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def run(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """How far one run is. The page asks again by itself until it is done."""
    managed = readable(request, slug, "run")
    found = Run.objects.filter(pk=run_id, round__deliberation=managed.deliberation)
    shown = found.select_related("round").defer("summary").first()
    if shown is None:
        raise Http404
    context = {
        "managed": managed,
        "deliberation": managed.deliberation,
        "run": shown,
        "official": shown.plan_hash == shown.round.plan_hash,
        "closed": managed.round.phase == Phase.CLOSED,
    }
    part = "#progress" if request.headers.get("HX-Request") else ""
    return render(request, f"aggregation/run.html{part}", context)

"""The public report: pages read findings of a done run, and anyone may read them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from aggregation import selectors
from aggregation.document import outcome_text
from aggregation.models import Run, RunStatus, SelectionStatus
from aggregation.report import report_of
from aggregation.runs import official_run
from deliberation.access import current_round, visible_deliberation
from deliberation.models import Deliberation
from deliberation.models.rounds import Phase
from deliberation.services.errors import WrongPhase

_PER_PAGE = 50


@require_safe
@vary_on_headers("HX-Request")
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The report of the official run; until it is done, how far it is."""
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    if round.phase != Phase.CLOSED:
        raise WrongPhase(_("The report follows when voting has closed."))
    run = official_run(round)
    if run is not None:
        # A waiting page asks for itself with htmx; the report is a page of its own.
        if request.headers.get("HX-Request"):
            return HttpResponseClientRefresh()
        return _page(request, deliberation, run)
    context = {"deliberation": deliberation, "run": selectors.newest_official(round)}
    part = "#progress" if request.headers.get("HX-Request") else ""
    return render(request, f"aggregation/waiting.html{part}", context)


@require_safe
def report_run(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """The report of one run, also of one with another plan, which says so."""
    deliberation = visible_deliberation(request, slug)
    return _page(request, deliberation, _done_run(deliberation, run_id))


@require_safe
def report_statements(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """All statements of a run, sorted and filtered by links."""
    deliberation = visible_deliberation(request, slug)
    run = _done_run(deliberation, run_id)
    measure = selectors.measure_of(run)
    sort = _one_of(request.GET.get("sort"), selectors.SORTS, "common")
    show = _one_of(request.GET.get("show"), SelectionStatus.values, "")
    found = selectors.lines(run)
    if show:
        found = selectors.chosen(found, 0, show)
    ordered = selectors.in_order(found, sort, measure)
    context = {
        "deliberation": deliberation,
        "run": run,
        "measure": measure,
        "sort": sort,
        "show": show,
        "statuses": SelectionStatus.choices,
        "page": Paginator(ordered, _PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "aggregation/statements.html", context)


@require_safe
def outcome(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """The outcome as JSON; its SHA-256 is the outcome digest of the run."""
    deliberation = visible_deliberation(request, slug)
    run = _done_run(deliberation, run_id)
    response = HttpResponse(outcome_text(run), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{slug}-run-{run.pk}.json"'
    return response


def _page(request: HttpRequest, deliberation: Deliberation, run: Run) -> HttpResponse:
    context = {"deliberation": deliberation, "run": run, "report": report_of(run)}
    return render(request, "aggregation/report.html", context)


def _done_run(deliberation: Deliberation, run_id: int) -> Run:
    run = (
        Run.objects.select_related("round")
        .filter(pk=run_id, round__deliberation=deliberation, status=RunStatus.DONE)
        .first()
    )
    if run is None:
        raise Http404
    return run


def _one_of(value: str | None, known: list[str] | tuple[str, ...], otherwise: str) -> str:
    return value if value is not None and value in known else otherwise

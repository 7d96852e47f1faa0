"""The public report: pages read findings of a done run, and anyone may read them."""

from __future__ import annotations

from statistics import NormalDist

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from aggregation import selectors
from aggregation.document import outcome_text
from aggregation.models import ParticipantFinding, Run
from aggregation.report.change import change_of
from aggregation.report.groups import groups
from aggregation.report.lines import lines
from aggregation.report.moderation import moderation
from aggregation.report.page import is_strata, opinion_map, report_of
from aggregation.runs import official_run
from aggregation.views.reading import page, reader, run_to_read
from deliberation.access import current_round, visible_deliberation
from deliberation.models.rounds import Phase
from deliberation.services.errors import WrongPhase


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
        run.round = round
        round.deliberation = deliberation
        return _report(request, run)
    context = {"deliberation": deliberation, "run": selectors.newest_official(round)}
    part = "#progress" if request.headers.get("HX-Request") else ""
    return render(request, f"aggregation/waiting.html{part}", context)


@require_safe
def report_run(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """The report of one run, also of one with another plan, which says so."""
    return _report(request, run_to_read(request, slug, run_id))


def _report(request: HttpRequest, run: Run) -> HttpResponse:
    found = report_of(run)
    context: dict[str, object] = {"report": found, "map": found.map}
    me = reader(request, run)
    if me is not None:
        mine = ParticipantFinding.objects.get(run=run, participant=me)
        own = next((group for group in found.groups if group.label == mine.group), None)
        context |= {
            "me": me,
            "own_group": own,
            "map": opinion_map(run, found.groups, mine=me.pk),
        }
    return page(request, run, "aggregation/report.html", "report_run", context)


@require_safe
def report_change(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """What would change the outcome: other people, a few ballots, another plan."""
    run = run_to_read(request, slug, run_id)
    context = {"change": change_of(run, lines(run))}
    return page(request, run, "aggregation/change.html", "report_change", context)


@require_safe
def report_moderation(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """What moderators decided on the statements of each opinion group."""
    run = run_to_read(request, slug, run_id)
    found = moderation(run, groups(run, lines(run)), strata=is_strata(run))
    context = {"moderation": found, "confidence": run.plan["confidence"]}
    return page(request, run, "aggregation/moderation.html", "report_moderation", context)


@require_safe
def report_method(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """How it was counted, with formulas, and how to count it again."""
    run = run_to_read(request, slug, run_id)
    z = NormalDist().inv_cdf(0.5 + run.plan["confidence"] / 2)
    context = {"report": report_of(run), "z": z}
    return page(request, run, "aggregation/method.html", "report_method", context)


@require_safe
def outcome(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """The outcome as JSON; its SHA-256 is the outcome digest of the run."""
    run = run_to_read(request, slug, run_id)
    response = HttpResponse(outcome_text(run), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{slug}-run-{run.pk}.json"'
    return response

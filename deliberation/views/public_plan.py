"""What was fixed before the first vote, and what was changed since: for everyone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deliberation import plan_toml
from deliberation.access import current_round, visible_deliberation
from deliberation.amendment_words import amendments_of
from deliberation.models import Deliberation, Round
from deliberation.models.rounds import Phase
from deliberation.plan_preview import shown
from deliberation.views.plan import toml_answer


def _opened(request: HttpRequest, slug: str) -> tuple[Deliberation, Round]:
    """404 while nothing is fixed, also for those who can see the deliberation already."""
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    if round.phase == Phase.DRAFT:
        raise Http404
    return deliberation, round


@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The frozen plan in words."""
    deliberation, round = _opened(request, slug)
    context = {
        "deliberation": deliberation,
        "round": round,
        "words": shown(round),
        "amendments": round.amendments.count(),
    }
    return render(request, "deliberation/plan.html", context)


@require_safe
def plan_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The frozen plan as a file, from which anyone can count again."""
    _deliberation, round = _opened(request, slug)
    return toml_answer(plan_toml.of(round), slug)


@require_safe
def amendments(request: HttpRequest, slug: str) -> HttpResponse:
    """Every change of what was fixed, the newest first."""
    deliberation, round = _opened(request, slug)
    context = {"deliberation": deliberation, "round": round, "amendments": amendments_of(round)}
    return render(request, "deliberation/amendments.html", context)

"""Results while voting is open, where the plan shows them to everybody."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from aggregation.now_page import now_page
from deliberation.access import current_round, visible_deliberation
from deliberation.models.rounds import Phase

_ON_A_PAGE = 50


@require_safe
def results_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Groups, and how each statement stands so far. 404 unless the plan says that all may see."""
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    if not round.show_results or round.phase == Phase.DRAFT:
        raise Http404
    if round.phase == Phase.CLOSED:
        return redirect("report", slug)
    now = now_page(round)
    page = Paginator(now.lines if now else [], _ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [(line, line.enough(now.needed)) for line in page] if now else []
    context = {
        "deliberation": deliberation,
        "round": round,
        "now": now,
        "page": page,
        "rows": rows,
        "some": any(enough for _line, enough in rows),
    }
    return render(request, "aggregation/now.html", context)

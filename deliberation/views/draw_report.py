"""The lottery as anyone may read it: how it works, what was fixed, and a report of each draw."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from deliberation.access import current_round, lottery_deliberation
from deliberation.models import Draw, Pool
from deliberation.models.recruiting import DrawState
from deliberation.selectors import draw_report as reports
from deliberation.selectors.draws import answers
from deliberation.services.quotas import balances
from deliberation.services.sign_up import taking


@require_safe
def lottery(request: HttpRequest, slug: str) -> HttpResponse:
    """What is fixed so far, and every draw that was made."""
    deliberation, pool = lottery_deliberation(request, slug)
    context = {
        "deliberation": deliberation,
        "round": current_round(deliberation),
        "pool": pool,
        "taking": taking(pool),
        "strata": balances(pool.panel),
        "draws": reports.draws_made(pool),
        "failed": pool.draws.filter(state=DrawState.FAILED).count(),
        "answers": answers(pool),
    }
    return render(request, "deliberation/lottery.html", context)


@require_safe
def draw_report(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One draw: quotas, chances, the lot, and how to redo it."""
    deliberation, pool = lottery_deliberation(request, slug)
    context = {
        "deliberation": deliberation,
        "round": current_round(deliberation),
        "report": reports.draw_report(_made(pool, number)),
    }
    return render(request, "deliberation/draw_report.html", context)


@require_safe
def draw_file(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The same for programs."""
    _deliberation, pool = lottery_deliberation(request, slug)
    return JsonResponse(
        reports.public_document(_made(pool, number)),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _made(pool: Pool, number: int) -> Draw:
    return get_object_or_404(reports.draws_made(pool), number=number)

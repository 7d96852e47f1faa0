"""Pages that anyone may read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deliberation.access import current_participant, current_round, visible_deliberation
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors import moderation_log as log
from deliberation.selectors import public
from deliberation.selectors.moderation_log import Wanted


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "deliberation/home.html", {"home": public.home()})


@require_safe
def deliberation(request: HttpRequest, slug: str) -> HttpResponse:
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    return render(
        request,
        "deliberation/deliberation.html",
        {
            "deliberation": deliberation,
            "round": round,
            "participant": current_participant(request, deliberation),
            "numbers": public.numbers(round),
            "steps": public.steps(deliberation, round),
            "may_propose": allows(round.stage, PARTICIPANT, "propose"),
            "amended": round.amendments.count(),
            "sign_up_open": public.takes_sign_ups(deliberation),
        },
    )


@require_safe
def statements(request: HttpRequest, slug: str) -> HttpResponse:
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    reader = current_participant(request, deliberation)
    page, rows = public.statements(round, page=request.GET.get("page"), reader=reader)
    context = {"deliberation": deliberation, "round": round, "page": page, "rows": rows}
    return render(request, "deliberation/statements.html", context | {"reader": reader})


@require_safe
def moderation_log(request: HttpRequest, slug: str) -> HttpResponse:
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    wanted = Wanted.read(request.GET)
    page, rows = log.moderation_log(round, page=request.GET.get("page"), wanted=wanted)
    context = {
        "deliberation": deliberation,
        "round": round,
        "page": page,
        "rows": rows,
        "wanted": wanted,
        "shown": log.SHOWN,
        "tally": log.tally(round),
    }
    return render(request, "deliberation/moderation_log.html", context)


@require_safe
def help(request: HttpRequest) -> HttpResponse:
    return render(request, "deliberation/help.html")


@require_safe
def help_organisers(request: HttpRequest) -> HttpResponse:
    return render(request, "deliberation/help_organisers.html")

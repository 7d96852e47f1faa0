"""How statements are checked: the page for everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deliberation.access import current_round, visible_deliberation
from deliberation.selectors.policy import policy as policy_of


@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """What is checked, when, why a statement may be turned down, and what its author can do."""
    deliberation = visible_deliberation(request, slug)
    round = current_round(deliberation)
    context = {"deliberation": deliberation, "round": round, "policy": policy_of(round)}
    return render(request, "deliberation/policy.html", context)

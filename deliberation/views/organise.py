"""My deliberations, the workspace of one, and its audit trail."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from deliberation.access import managed_deliberation
from deliberation.links import absolute
from deliberation.selectors.audit import audit_entries, audit_row
from deliberation.selectors.organiser import my_deliberations, numbers
from deliberation.selectors.workspace import workspace_of
from deliberation.views.organising import readable, signed_in


@login_required
@require_safe
def organise(request: HttpRequest) -> HttpResponse:
    """Everything I work on, with its phase and what needs attention."""
    user = signed_in(request)
    return render(
        request,
        "organise/organise.html",
        {"rows": my_deliberations(user), "may_create": user.may_create},
    )


# What the page offers to those who may.
_MOVES: Final = (
    "open",
    "schedule",
    "end_proposals",
    "pause",
    "resume",
    "close",
    "reopen",
    "recruit",
    "moderate",
    "run",
    "draft",
    "copy",
)


@login_required
@require_safe
def workspace(request: HttpRequest, slug: str) -> HttpResponse:
    """Where we are, what is missing, what comes next, and the link to share."""
    managed = managed_deliberation(request, slug, "view")
    deliberation, round = managed.deliberation, managed.round
    context = {
        "managed": managed,
        "deliberation": deliberation,
        "round": round,
        "numbers": numbers(managed),
        "space": workspace_of(managed),
        "participant_link": absolute(reverse("deliberation", args=[slug]), request),
        "may": {action: managed.may(action) for action in _MOVES},
    }
    return render(request, "organise/workspace.html", context)


@login_required
@require_safe
def audit_trail(request: HttpRequest, slug: str) -> HttpResponse:
    """Who changed what, newest first."""
    managed = readable(request, slug, "audit")
    page = Paginator(audit_entries(managed.deliberation), 50).get_page(request.GET.get("page"))
    context = {"managed": managed, "page": page, "rows": [audit_row(entry) for entry in page]}
    return render(request, "organise/audit_trail.html", context)

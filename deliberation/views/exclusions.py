"""Whom the plan's rule meets, and leaving their votes out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import managed_deliberation
from deliberation.models.deliberations import TwoPeopleAction
from deliberation.models.rounds import ExclusionRule
from deliberation.services.approvals import open_approval
from deliberation.services.exclusions import apply_rule, matches
from deliberation.views.organising import readable, signed_in


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def exclusions(request: HttpRequest, slug: str) -> HttpResponse:
    """How many the rule meets and their numbers; applied to all of them or to nobody."""
    if request.method == "POST":
        managed = managed_deliberation(request, slug, "exclude")
        done = apply_rule(
            round=managed.round, actor=signed_in(request), digest=request.POST.get("digest", "")
        )
        said = _("Done. The votes of all whom the rule meets are left out.")
        asked = _("Asked. Someone else has to do the same.")
        messages.success(request, said if done.done else asked)
        return redirect("exclusions", slug)
    managed = readable(request, slug, "exclude")
    found = matches(managed.round)
    approval = open_approval(managed.deliberation, TwoPeopleAction.EXCLUDE)
    current = approval if approval and approval.digest == found.digest else None
    context = {
        "managed": managed,
        "round": managed.round,
        "has_rule": managed.round.exclusion_rule != ExclusionRule.NONE,
        "found": found,
        "approval": current,
        "own_request": current is not None and current.asked_by_id == signed_in(request).pk,
        "may_apply": managed.may("exclude"),
    }
    return render(request, "organise/exclusions.html", context)

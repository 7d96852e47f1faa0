"""How an open round goes, for those who run it. Never what the votes say."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from aggregation.watch_page import sources, watch_page
from deliberation.models.rounds import ExclusionRule, Phase
from deliberation.selectors.watching import concerns
from deliberation.views.organising import by_htmx, readable


@login_required
@require_safe
@vary_on_headers("HX-Request")
def watch(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or the part of it that asks again by itself; 304 while nothing is new."""
    managed = readable(request, slug, "watch")
    found = sources(managed.round)
    tag = found.fingerprint(managed.role, get_language() or "")
    if by_htmx(request):
        unchanged = get_conditional_response(request, etag=tag)
        if unchanged is not None:
            return unchanged
    context = watch_page(found) | {
        "managed": managed,
        "concerns": concerns(managed.round),
        "round": managed.round,
        "draft": managed.round.phase == Phase.DRAFT,
        "has_rule": managed.round.exclusion_rule != ExclusionRule.NONE,
        "may_exclude": managed.may("exclude"),
        "may_moderate": managed.may("moderate"),
    }
    part = "#watch" if by_htmx(request) else ""
    response = render(request, f"aggregation/watch.html{part}", context)
    if by_htmx(request):
        response["ETag"] = tag
        patch_cache_control(response, private=True, no_cache=True)
    return response

"""Signing up for a lottery: put one's name in, confirm it by the letter, take it out again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from deliberation.access import current_round, linked_lottery, lottery_deliberation
from deliberation.models import Deliberation, Pool
from deliberation.pool_forms import SignUpForm
from deliberation.services import limits
from deliberation.services import sign_up as services
from deliberation.services.errors import Gone, TooMany
from deliberation.services.pools import find_member
from deliberation.services.quotas import balances
from deliberation.services.tokens import refuse_sample


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, slug: str) -> HttpResponse:
    """The page on which people put their own name in. ``?sent`` says what to do next."""
    deliberation, pool = lottery_deliberation(request, slug)
    if not services.taking(pool) and request.method != "POST":
        return _page(request, deliberation, pool, None)
    strata = balances(pool.panel)
    if request.method != "POST":
        return _page(request, deliberation, pool, SignUpForm(strata))
    form = SignUpForm(strata, request.POST)
    if not form.is_valid():
        return _page(request, deliberation, pool, form, status=422)
    try:
        limits.take(services.SIGN_UP, limits.network(request))
        services.sign_up(
            pool=pool,
            email=form.cleaned_data["email"],
            language=get_language() or deliberation.language,
            values=form.values(),
        )
    except TooMany as error:
        response = _page(request, deliberation, pool, form, status=429, problem=error.message)
        response["Retry-After"] = str(error.retry_after)
        return response
    response = redirect(request.path + "?sent")
    response.status_code = 303
    return response


def _page(
    request: HttpRequest,
    deliberation: Deliberation,
    pool: Pool,
    form: SignUpForm | None,
    *,
    status: int = 200,
    problem: str = "",
) -> HttpResponse:
    context = {
        "deliberation": deliberation,
        "round": current_round(deliberation),
        "pool": pool,
        "form": form,
        "sent": "sent" in request.GET and request.method != "POST",
        "problem": problem,
    }
    return render(request, "deliberation/sign_up.html", context, status=status)


@never_cache
@csrf_exempt  # the secret in the address decides; mail programs send it without a page (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link of the letter: confirm the address, or take the name off the list.

    Opening it changes nothing, since mail programs open links before people do.
    """
    refuse_sample(token)
    deliberation, pool = linked_lottery(slug)
    limits.take(limits.LINK, limits.network(request))
    if request.method == "POST":
        if request.POST.get("do") == "confirm":
            services.confirm(pool=pool, token=token)
            return redirect("sign_up_link", slug, token)
        member = find_member(pool, token)
        if member is not None and member.withdrawn_at is None:
            services.leave(member=member)
        return _link_page(request, deliberation, left=True)
    member = find_member(pool, token)
    if member is None or member.withdrawn_at is not None:
        raise Gone(services.NOT_ON_THE_LIST)
    return _link_page(request, deliberation, member=member, drawn=hasattr(member, "drawn"))


def _link_page(request: HttpRequest, deliberation: Deliberation, **more: object) -> HttpResponse:
    context = {"deliberation": deliberation, "round": current_round(deliberation)}
    return render(request, "deliberation/sign_up_link.html", context | more)

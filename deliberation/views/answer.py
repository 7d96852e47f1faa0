"""What someone says to being drawn, by the link in their letter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from deliberation.access import current_round, linked_lottery
from deliberation.models import DrawnMember, Pool
from deliberation.selectors.draws import answer_state
from deliberation.services import draws, limits
from deliberation.services.errors import Gone
from deliberation.services.pools import find_member
from deliberation.services.recruiting import seat_link_token
from deliberation.services.sign_up import NOT_ON_THE_LIST
from deliberation.services.tokens import refuse_sample


@never_cache
@csrf_exempt  # the secret in the address decides, and nothing else that a browser keeps
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Opening the link changes nothing; a button says yes or no. Yes leads to the seat."""
    refuse_sample(token)
    deliberation, pool = linked_lottery(slug)
    limits.take(limits.LINK, limits.network(request))
    drawn = _drawn(pool, token)
    if request.method == "POST" and request.POST.get("comes") in ("yes", "no"):
        draws.answer(drawn=drawn, comes=request.POST["comes"] == "yes")
        return redirect("answer", slug, token)
    state = answer_state(drawn)
    context = {
        "deliberation": deliberation,
        "round": current_round(deliberation),
        "draw": drawn.draw,
        "state": state,
        "declining": "no" in request.GET and state in ("invited", "drawn", "accepted"),
        "seat_link": _seat_link(slug, drawn) if state == "accepted" else "",
        "token": token,
    }
    return render(request, "deliberation/answer.html", context)


def _drawn(pool: Pool, token: str) -> DrawnMember:
    member = find_member(pool, token)
    if member is None or not hasattr(member, "drawn"):
        raise Gone(NOT_ON_THE_LIST)
    found = DrawnMember.objects.select_related("seat__panel", "draw__pool__panel__deliberation")
    return found.get(member=member)


def _seat_link(slug: str, drawn: DrawnMember) -> str:
    seat = draws.seat_of(drawn)
    return reverse("seat", args=[slug, seat_link_token(seat)]) if seat is not None else ""

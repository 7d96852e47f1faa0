"""What the views of the panel's pages share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from deliberation.deck import Deck, deck_of
from deliberation.models import Deliberation

View = Callable[..., HttpResponse]


_NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"
_OF_A_VOTE = ("statement", "key", "value", "important", "next")


class HtmxRequest(HttpRequest):
    """What django-htmx's middleware makes of a request."""

    htmx: HtmxDetails


def see_other(name: str, deliberation: Deliberation) -> HttpResponse:
    """After a POST: fetch this page with GET, so that reloading sends nothing twice."""
    response = redirect(name, deliberation.slug)
    response.status_code = 303
    return response


def never_kept(view: View) -> View:
    """Like Django's never_cache, which takes longer over it than the busiest view can spare."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = _NEVER
        return response

    return answer


def words_when_down(view: View) -> View:
    """503 with words, and the same request ready to be sent again, when the database is away."""

    @wraps(view)
    def answer(request: HtmxRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            fragment = "#trouble" if request.htmx else ""
            sent = [(k, v) for k, v in request.POST.items() if k in _OF_A_VOTE]
            response = render(
                request, f"deliberation/not_stored.html{fragment}", {"sent": sent}, status=503
            )
            response["Retry-After"] = "5"
            return reswap(retarget(response, "#card-trouble"), "innerHTML")

    return answer


def text_kept_when_down(view: View) -> View:
    """503 with words and what was written, ready to be sent again, when the database is away."""

    @wraps(view)
    def answer(request: HtmxRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            sent = [(k, v) for k, v in request.POST.items() if k in ("text", "confirmed")]
            context = {"sent": sent, "text": request.POST.get("text", "")}
            response = render(request, "deliberation/not_sent.html", context, status=503)
            response["Retry-After"] = "5"
            return response

    return answer


def the_deck(slug: str) -> Deck:
    """The deck of the newest round; 404 where there is no such deliberation."""
    deck = deck_of(slug)
    if deck is None:
        raise Http404
    return deck


def no_seat(request: HtmxRequest, deliberation: Deliberation) -> HttpResponse:
    if request.method in ("GET", "HEAD") and deliberation.panel.open_link:
        return redirect("join", deliberation.slug)
    fragment = "#no_seat" if request.htmx else ""
    context = {"deliberation": deliberation}
    return render(request, f"deliberation/no_seat.html{fragment}", context, status=403)

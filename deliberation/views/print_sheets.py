"""Seat links on paper: slips to hand out, letters for people without e-mail. Shown, not kept."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from deliberation.access import managed_deliberation
from deliberation.links import absolute
from deliberation.print_sheets import Slip
from deliberation.seat_letters import seat_link
from deliberation.services.audit import record
from deliberation.services.panels import find_seats
from deliberation.services.recruiting import on_paper
from deliberation.views.organising import signed_in

_MOST = 1000  # slips or letters of one page


@login_required
@never_cache
@require_POST
def print_seats(request: HttpRequest, slug: str) -> HttpResponse:
    """Slips for links that were shown a moment ago. The page before sends the links along.

    Only links of seats that are still free come onto the sheet.
    """
    managed = managed_deliberation(request, slug, "recruit")
    tokens = request.POST.get("tokens", "").split()[:_MOST]
    found = find_seats(managed.deliberation, tokens)
    if not found:
        return redirect("seats", slug)
    slips = [
        Slip(seat.number, absolute(reverse("seat", args=[slug, token]), request))
        for token, seat in found
        if seat.taken_at is None
    ]
    context = {"managed": managed, "round": managed.round, "slips": slips}
    return render(request, "organise/print_seats.html", context)


@login_required
@never_cache
@require_POST
def print_letters(request: HttpRequest, slug: str) -> HttpResponse:
    """A letter each for invited people whom no e-mail reaches and who are not here yet."""
    managed = managed_deliberation(request, slug, "contacts")
    managed_deliberation(request, slug, "recruit")
    letters = [
        (person, Slip(person.seat.number, link))
        for person in on_paper(managed.deliberation.panel)[:_MOST]
        if person.seat is not None and (link := seat_link(person.seat)) is not None
    ]
    record(
        deliberation=managed.deliberation,
        actor=signed_in(request),
        action="letters.printed",
        letters=len(letters),
    )
    context = {"managed": managed, "round": managed.round, "letters": letters}
    return render(request, "organise/print_letters.html", context)

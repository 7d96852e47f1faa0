"""Seat links on paper: slips to hand out, letters for people without e-mail. Shown, not kept."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from deliberation.access import Managed, managed_deliberation
from deliberation.links import absolute
from deliberation.models import Contact
from deliberation.paper_letters import PaperLetter, invited, not_drawn
from deliberation.print_sheets import Slip, to_type
from deliberation.services.audit import record
from deliberation.services.draws import thanked_on_paper
from deliberation.services.panels import find_seats
from deliberation.services.quotas import the_pool
from deliberation.services.recruiting import on_paper
from deliberation.views.organising import signed_in

# What a browser can lay out on one page.
_SLIPS = 1000
_LETTERS = 500


@login_required
@never_cache
@require_POST
def print_seats(request: HttpRequest, slug: str) -> HttpResponse:
    """Slips for links that were shown a moment ago. The page before sends the links along.

    Only links of seats that are still free come onto the sheet.
    """
    managed = managed_deliberation(request, slug, "recruit")
    tokens = request.POST.get("tokens", "").split()[:_SLIPS]
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
    """A letter each for people whom no e-mail reaches, so many on a page.

    ``letters`` says for whom: "drawn", in the draw with the number ``draw``; "not_drawn"; "one",
    with the primary key ``contact``; else for everyone who is invited and not here yet.
    ``after`` is where the page before ended.
    """
    managed = managed_deliberation(request, slug, "contacts")
    managed_deliberation(request, slug, "recruit")
    panel, wanted = managed.deliberation.panel, request.POST.get("letters", "")
    thanks = wanted == "not_drawn"
    position = "pool_member__number" if thanks else "seat__number"
    found = thanked_on_paper(the_pool(panel)) if thanks else on_paper(panel)
    if wanted == "drawn":
        found = found.filter(seat__drawn_member__draw__number=_number(request, "draw"))
    if wanted == "one":
        found = found.filter(pk=_number(request, "contact"))
    waiting = found.filter(**{f"{position}__gt": _number(request, "after")})
    people = list(waiting[:_LETTERS])
    letters = (not_drawn if thanks else invited)(managed.round, people, request)
    if letters:
        _note(managed, letters, request)
    context = {
        "managed": managed,
        "round": managed.round,
        "letters": letters,
        "wanted": wanted,
        "draw": _number(request, "draw"),
        "after": _place(people[-1], thanks) if people else 0,
        "left": max(waiting.count() - len(people), 0),
        "bare": sum(not letter.person.postal_address for letter in letters),
        "lottery": to_type(absolute(reverse("lottery", args=[slug]), request)),
    }
    return render(request, "organise/print_letters.html", context)


def _note(managed: Managed, letters: list[PaperLetter], request: HttpRequest) -> None:
    kinds = sorted({str(letter.kind) for letter in letters})
    record(
        deliberation=managed.deliberation,
        actor=signed_in(request),
        action="letters.printed",
        letters=len(letters),
        kinds=kinds,
    )


def _place(person: Contact, thanks: bool) -> int:
    """Where someone stands in the order of the letters."""
    if thanks:
        return int(person.pool_member.number)
    return person.seat.number if person.seat is not None else 0


def _number(request: HttpRequest, name: str) -> int:
    sent = request.POST.get(name, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 15 else 0

"""Seats: issue them, see which are taken, give one a new link, revoke one."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import Managed, managed_deliberation
from deliberation.links import absolute
from deliberation.organiser_forms import SeatsForm
from deliberation.selectors.seats import link_mark, listed_seats, seat_counts, seat_row
from deliberation.services.panels import IssuedSeat, issue_seats, reissue_seat, revoke_seat
from deliberation.spreadsheets import csv_text
from deliberation.views.organising import readable, signed_in


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def seats(request: HttpRequest, slug: str) -> HttpResponse:
    """The seats of the panel, and a form for more.

    The answer to that form shows the links, once: afterwards only their hashes are known. So
    it is no redirect, and the form says after which seat it counts, that a reload issues nothing.
    """
    if request.method == "GET":
        managed = readable(request, slug, "recruit")
        return _seats_page(request, managed, SeatsForm(initial=_after(managed)))
    managed = managed_deliberation(request, slug, "recruit")
    form = SeatsForm(request.POST)
    if not form.is_valid():
        return _seats_page(request, managed, form, status=422)
    if form.cleaned_data["after"] != _after(managed)["after"]:
        return _seats_page(request, managed, SeatsForm(initial=_after(managed)), status=409)
    issued = issue_seats(
        deliberation=managed.deliberation,
        count=form.cleaned_data["count"],
        actor=signed_in(request),
    )
    return _links_page(request, managed, issued)


@login_required
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make the link of one seat useless, after asking."""
    managed = managed_deliberation(request, slug, "recruit")
    found = managed.deliberation.panel.seats.filter(revoked_at=None)
    seat = get_object_or_404(found, number=number)
    if request.method == "POST":
        revoke_seat(seat=seat, actor=signed_in(request))
        messages.success(request, _("Seat %(n)d is revoked.") % {"n": number})
        return redirect("seats", slug)
    context = {"managed": managed, "seat": seat_row(seat)}
    return render(request, "organise/revoke_seat.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def reissue(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A new link for one seat, after asking. The answer shows the link once.

    The form names the link it replaces by its state, so that a reload replaces nothing again.
    """
    managed = managed_deliberation(request, slug, "recruit")
    found = managed.deliberation.panel.seats.select_related("participant")
    seat = get_object_or_404(found.filter(revoked_at=None), number=number)
    mark = link_mark(seat)
    if request.method == "POST" and constant_time_compare(request.POST.get("replaces", ""), mark):
        issued = reissue_seat(seat=seat, actor=signed_in(request))
        return _links_page(request, managed, [issued])
    context = {"managed": managed, "seat": seat_row(seat), "mark": mark}
    status = 409 if request.method == "POST" else 200
    return render(request, "organise/reissue_seat.html", context, status=status)


def _after(managed: Managed) -> dict[str, int]:
    return {"after": seat_counts(managed.deliberation)["highest"]}


def _seats_page(
    request: HttpRequest, managed: Managed, form: SeatsForm, status: int = 200
) -> HttpResponse:
    every = "all" in request.GET
    seats_ = listed_seats(managed.deliberation, every=every)
    page = Paginator(seats_, 50).get_page(request.GET.get("page"))
    context = {
        "managed": managed,
        "form": form,
        "page": page,
        "rows": [seat_row(seat) for seat in page],
        "every": every,
        "counts": seat_counts(managed.deliberation),
        "may_recruit": managed.may("recruit"),
        "issued_meanwhile": status == 409,
    }
    return render(request, "organise/seats.html", context, status=status)


def _links_page(request: HttpRequest, managed: Managed, issued: list[IssuedSeat]) -> HttpResponse:
    slug = managed.deliberation.slug
    links = [(s.number, absolute(reverse("seat", args=[slug, s.token]), request)) for s in issued]
    table = csv_text([_("Seat"), _("Link")], links)
    context = {
        "managed": managed,
        "links": links,
        "tokens": " ".join(s.token for s in issued),
        # Carried by the page itself: no second request could ask for links that are forgotten.
        "csv_address": "data:text/csv;charset=utf-8," + quote(table),
    }
    return render(request, "organise/seat_links.html", context)

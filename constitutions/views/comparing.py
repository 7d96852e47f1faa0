"""The organiser's side of a comparison: ask for suggestions, confirm or change them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from constitutions.comparison import compare, confirm_suggestions, decide_match
from constitutions.coverage import Placed, coverage
from constitutions.forms import PlaceForm, place_choices
from constitutions.models import Comparison
from deliberation.views.organising import signed_in

from .finding import comparison_of, is_htmx, managed_version


@login_required
@require_safe
def edit_comparison(request: HttpRequest, slug: str, number: int, baseline: str) -> HttpResponse:
    """Every principle with the place that is suggested or decided."""
    managed, version = managed_version(request, slug, number)
    found = comparison_of(version, baseline)
    context = {"managed": managed, "version": version, "baseline": baseline}
    if found is not None:
        context |= {"coverage": coverage(found), "choices": _choices(found)}
        context["missing"] = version.principles.count() - found.matches.count()
    return render(request, "constitutions/edit_comparison.html", context)


@login_required
@require_POST
def suggest_places(request: HttpRequest, slug: str, number: int, baseline: str) -> HttpResponse:
    """Let the machine suggest where each principle belongs. Decisions by people stay."""
    _managed, version = managed_version(request, slug, number)
    compare(version=version, baseline_slug=baseline)
    messages.success(request, _("These are suggestions. Confirm or change each of them."))
    return redirect("edit_comparison", slug, number, baseline)


@login_required
@require_POST
def confirm_places(request: HttpRequest, slug: str, number: int, baseline: str) -> HttpResponse:
    """Confirm all suggestions that nobody has decided on yet."""
    _managed, version = managed_version(request, slug, number)
    found = comparison_of(version, baseline)
    if found is None:
        raise Http404
    count = confirm_suggestions(comparison=found, actor=signed_in(request))
    words = ngettext("%(n)d suggestion confirmed.", "%(n)d suggestions confirmed.", count)
    messages.success(request, words % {"n": count})
    return redirect("edit_comparison", slug, number, baseline)


@login_required
@require_POST
def decide_place(
    request: HttpRequest, slug: str, number: int, baseline: str, key: str
) -> HttpResponse:
    """Say where one principle belongs."""
    managed, version = managed_version(request, slug, number)
    found = comparison_of(version, baseline)
    match = found.matches.filter(principle__key=key).first() if found else None
    if found is None or match is None:
        raise Http404
    form = PlaceForm(found.baseline.items.order_by("position"), request.POST)
    if form.is_valid():
        decide_match(match=match, item=form.chosen(), actor=signed_in(request))
        if not is_htmx(request):
            here = reverse("edit_comparison", args=[slug, number, baseline])
            return redirect(f"{here}#{key}")
    context = {"managed": managed, "version": version, "baseline": baseline, "form": form}
    context |= {"choices": _choices(found), "placed": _placed(found, key), "saved": form.is_valid()}
    context["coverage"] = coverage(found)
    part = "#place" if is_htmx(request) else ""
    return render(
        request, f"constitutions/edit_comparison.html{part}", context,
        status=200 if form.is_valid() else 422,
    )  # fmt: skip


def _choices(comparison: Comparison) -> list[Any]:
    return place_choices(comparison.baseline.items.order_by("position"))


def _placed(comparison: Comparison, key: str) -> Placed:
    return next(placed for placed in coverage(comparison).placed if placed.key == key)

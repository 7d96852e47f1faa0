"""Seed statements: what people find when they arrive."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from deliberation.access import managed_deliberation
from deliberation.models import Statement
from deliberation.models.statements import Origin
from deliberation.organiser_forms import SeedsForm, put_beside_field
from deliberation.services.errors import Invalid
from deliberation.services.statements import add_seeds
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def seeds(request: HttpRequest, slug: str) -> HttpResponse:
    """The seeds of this round, and a field for more, one a line."""
    managed = managed_deliberation(request, slug, "seed" if request.method == "POST" else "view")
    form = SeedsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lines = form.cleaned_data["texts"].splitlines()
            added = add_seeds(round=managed.round, texts=lines, actor=signed_in(request))
        except Invalid as error:
            put_beside_field(form, error)
        else:
            text = ngettext("%(n)d seed added.", "%(n)d seeds added.", len(added))
            messages.success(request, text % {"n": len(added)})
            return redirect("seeds", slug)
    context = {
        "managed": managed,
        "form": form,
        "seeds": Statement.objects.filter(round=managed.round, origin=Origin.SEED).order_by(
            "number"
        ),
        "may_seed": managed.may("seed"),
        "may_moderate": managed.may("moderate"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/seeds.html", context, status=status)

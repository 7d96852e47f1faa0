"""Change what was fixed, in two steps: write it with a reason, read what would change, publish."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.access import Managed, managed_deliberation
from deliberation.amend_form import AmendForm
from deliberation.amendment_words import changes_in_words
from deliberation.organiser_forms import put_beside_field
from deliberation.services.amendments import amend as amend_round
from deliberation.services.amendments import what_would_change
from deliberation.services.errors import Invalid
from deliberation.views.organising import signed_in
from deliberation.views.plan import changed_form, editing


@login_required
@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, slug: str) -> HttpResponse:
    """“review” shows what would change, “publish” does it, every other button edits on."""
    managed = managed_deliberation(request, slug, "amend")
    do = request.POST.get("do", "")
    if request.method == "GET":
        return _page(request, managed, AmendForm(round=managed.round))
    if do not in ("review", "publish", "show"):
        return _page(
            request, managed, cast("AmendForm", changed_form(request, AmendForm, managed).quiet())
        )
    form = AmendForm(request.POST, round=managed.round)
    if form.is_valid() and do == "review":
        return _review(request, managed, form)
    if form.is_valid() and do == "publish":
        return _publish(request, managed, form)
    return _page(request, managed, form, 200 if form.is_valid() else 422)


def _review(request: HttpRequest, managed: Managed, form: AmendForm) -> HttpResponse:
    found = what_would_change(managed.round, form.settings())
    if not found:
        form.add_error(None, _("This is what is fixed already. Change something first."))
        return _page(request, managed, form, 422)
    changes = changes_in_words(
        {name: old for name, (old, _new) in found.items()},
        {name: new for name, (_old, new) in found.items()},
    )
    context = {
        "managed": managed,
        "form": form,
        "changes": changes,
        "asked_again": "consent_text" in found,
    }
    return render(request, "organise/amend_review.html", context)


def _publish(request: HttpRequest, managed: Managed, form: AmendForm) -> HttpResponse:
    try:
        amend_round(
            round=managed.round,
            actor=signed_in(request),
            role=managed.role,
            reason=form.cleaned_data["reason"],
            **form.settings(),
        )
    except Invalid as error:
        put_beside_field(form, error)
        return _page(request, managed, form, 422)
    messages.success(request, _("The amendment is published. Everyone can read it."))
    return redirect("amendments", managed.deliberation.slug)


def _page(
    request: HttpRequest, managed: Managed, form: AmendForm, status: int = 200
) -> HttpResponse:
    return render(request, "organise/amend.html", editing(request, managed, form), status=status)

"""Begin a deliberation, and prepare it until it opens."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.access import managed_deliberation
from deliberation.plan_words import describe
from deliberation.selectors.profiles import questions
from deliberation.services.deliberations import create_once, update_draft
from deliberation.set_up_form import SetUpForm, as_initial
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def organise_new(request: HttpRequest) -> HttpResponse:
    """A new deliberation, in preparation."""
    user = signed_in(request)
    if not user.may_create:
        raise PermissionDenied
    form = SetUpForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        made = create_once(owner=user, **form.settings())
        messages.success(request, _("The deliberation is there. Nobody can join yet."))
        return redirect("workspace", made.slug)
    context = {"form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def round_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Edit while in preparation; afterwards read what is frozen, with its hash."""
    managed = managed_deliberation(request, slug, "edit" if request.method == "POST" else "view")
    deliberation, round = managed.deliberation, managed.round
    if not managed.may("edit"):
        context = {
            "managed": managed,
            "round": round,
            "plan_words": describe(round.plan),
            "asked": questions(deliberation),
            "language_name": dict(settings.LANGUAGES).get(
                deliberation.language, deliberation.language
            ),
        }
        return render(request, "organise/settings_frozen.html", context)
    form = SetUpForm(
        request.POST or None,
        request.FILES or None,
        initial=as_initial(deliberation, round),
        round=round,
    )
    if request.method == "POST" and form.is_valid():
        changes = form.changes(deliberation, round)
        if changes:
            update_draft(deliberation=deliberation, actor=signed_in(request), **changes)
        messages.success(request, _("Saved."))
        return redirect("workspace", slug)
    context = {"managed": managed, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/settings.html", context, status=status)

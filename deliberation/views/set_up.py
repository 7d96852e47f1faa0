"""Begin a deliberation, and write its texts until it opens."""

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
from deliberation.selectors.profiles import questions
from deliberation.services.deliberations import create_once, update_draft
from deliberation.set_up_form import QuestionForm, TextsForm, as_initial, to_begin_with
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def organise_new(request: HttpRequest) -> HttpResponse:
    """A new deliberation, in preparation, with the recommended plan."""
    user = signed_in(request)
    if not user.may_create:
        raise PermissionDenied
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = create_once(owner=user, **form.cleaned_data, **to_begin_with())
        messages.success(request, _("The deliberation is there. Nobody can join yet."))
        return redirect("workspace", made.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def round_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The texts: edited while in preparation, afterwards only read."""
    managed = managed_deliberation(request, slug, "edit" if request.method == "POST" else "view")
    deliberation, round = managed.deliberation, managed.round
    if not managed.may("edit"):
        language = dict(settings.LANGUAGES).get(deliberation.language, deliberation.language)
        context = {
            "managed": managed,
            "round": round,
            "asked": questions(deliberation),
            "language_name": language,
            "may_amend": managed.may("amend"),
        }
        return render(request, "organise/settings_frozen.html", context)
    form = TextsForm(request.POST or None, initial=as_initial(deliberation, round))
    if request.method == "POST" and form.is_valid():
        if changes := form.changes(deliberation, round):
            update_draft(deliberation=deliberation, actor=signed_in(request), **changes)
        messages.success(request, _("Saved."))
        return redirect("workspace", slug)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "organise/settings.html", {"managed": managed, "form": form}, status=status
    )

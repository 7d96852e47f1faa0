"""The plan: written in the browser or read from a file, until the round opens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliberation import plan_toml
from deliberation.access import Managed, managed_deliberation
from deliberation.organiser_forms import put_beside_field
from deliberation.plan_file_form import PlanFileForm
from deliberation.plan_form import PlanForm, begun_with, is_offered
from deliberation.plan_form_data import rearranged
from deliberation.plan_preview import preview, shown
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Edit the plan while in preparation; afterwards read it. Buttons inside the form only
    rearrange it: nothing is stored before “Save the plan”."""
    managed = managed_deliberation(request, slug, "edit" if request.method == "POST" else "view")
    if not managed.may("edit"):
        context = {
            "managed": managed,
            "round": managed.round,
            "words": shown(managed.round),
            "may_amend": managed.may("amend"),
        }
        return render(request, "organise/plan_frozen.html", context)
    do = request.POST.get("do", "")
    if request.method == "POST" and do not in ("save", "show"):
        return _page(request, managed, changed_form(request, PlanForm, managed).quiet())
    form = PlanForm(request.POST if request.method == "POST" else None, round=managed.round)
    if request.method == "POST" and do == "save" and form.is_valid():
        return _saved(request, managed, form)
    return _page(request, managed, form, 200 if not form.is_bound or form.is_valid() else 422)


def changed_form(request: HttpRequest, kind: type[PlanForm], managed: Managed) -> PlanForm:
    """The form after one of its buttons: begin with a shipped plan, add, remove or move a rule."""
    data: QueryDict = request.POST
    do = data.get("do", "")
    if do == "begin":
        name = data.get("beginning", "")
        data = begun_with(data, name, managed.round) if is_offered(name) else data
    else:
        data = rearranged(data, do)
    return kind(data, round=managed.round)


@login_required
@require_safe
def plan_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan as a file, in any phase."""
    managed = managed_deliberation(request, slug, "view")
    return toml_answer(plan_toml.of(managed.round), slug)


@login_required
@require_http_methods(["GET", "POST"])
def plan_import(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a plan from a file: everything in it holds, or nothing changes."""
    managed = managed_deliberation(request, slug, "edit")
    form = PlanFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            form.store(managed.round, signed_in(request))
        except Invalid as error:
            put_beside_field(form, error)
        else:
            messages.success(request, _("The plan is taken from the file. Look through it here."))
            return redirect("plan", slug)
    context = {"managed": managed, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/plan_import.html", context, status=status)


def toml_answer(text: str, slug: str) -> HttpResponse:
    """A file to keep."""
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-plan.toml"'
    return answer


def _saved(request: HttpRequest, managed: Managed, form: PlanForm) -> HttpResponse:
    if changes := form.changes():
        update_draft(deliberation=managed.deliberation, actor=signed_in(request), **changes)
        messages.success(request, _("The plan is saved."))
    else:
        messages.success(request, _("Nothing had changed."))
    return redirect("workspace", managed.deliberation.slug)


def _page(
    request: HttpRequest, managed: Managed, form: PlanForm, status: int = 200
) -> HttpResponse:
    return render(request, "organise/plan.html", editing(request, managed, form), status=status)


def editing(request: HttpRequest, managed: Managed, form: PlanForm) -> dict[str, Any]:
    """What the editor shows. ``moved`` is the number of the rule that a button has moved here."""
    do = request.POST.get("do", "")
    verb, _dash, given = do.partition("-")
    last = len(form.rules) - 1
    steps = {"up": -1, "down": 1, "remove": 0}
    moved = None
    if verb == "add":
        moved = last
    elif verb in steps and given.isascii() and given.isdigit():
        moved = min(max(int(given) + steps[verb], 0), last)
    return {"managed": managed, "form": form, "preview": preview(form), "moved": moved}

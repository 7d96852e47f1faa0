"""Changes of a draft: wording, order, removal, preamble. Plain pages; htmx makes them inline."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from constitutions import editing
from constitutions.editing import ChangedMeanwhile
from constitutions.forms import PreambleForm, PrincipleForm, RemoveForm
from constitutions.models import Version
from constitutions.selectors import read_version
from deliberation.access import Managed
from deliberation.organiser_forms import put_beside_field
from deliberation.services.errors import Invalid
from deliberation.views.organising import signed_in

from .finding import is_htmx, managed_version, principle_of


@login_required
@require_http_methods(["GET", "POST"])
def edit_principle(request: HttpRequest, slug: str, number: int, key: str) -> HttpResponse:
    """Another wording for one principle. What two people typed at once is shown side by side."""
    managed, version = managed_version(request, slug, number)
    principle = principle_of(version, key)
    ids = f"{key}-%s"  # several forms may stand on one page
    initial = {"text": principle.text, "seen": principle.text}
    form = PrincipleForm(request.POST or None, initial=initial, auto_id=ids)
    context = {"managed": managed, "version": version, "principle": principle, "form": form}
    if request.method == "GET" or not form.is_valid():
        return _principle_page(request, context, 422 if request.method == "POST" else 200)
    try:
        editing.edit_principle(principle=principle, actor=signed_in(request), **form.cleaned_data)
    except ChangedMeanwhile as clash:
        again = {**request.POST.dict(), "seen": clash.current}
        context |= {"clash": clash, "form": PrincipleForm(initial=again, auto_id=ids)}
        return _principle_page(request, context, 409)
    except Invalid as error:
        put_beside_field(form, error)
        return _principle_page(request, context, 422)
    return _saved(request, managed, version, key)


@login_required
@require_http_methods(["GET", "POST"])
def remove_principle(request: HttpRequest, slug: str, number: int, key: str) -> HttpResponse:
    """Take a principle out, with a public reason."""
    managed, version = managed_version(request, slug, number)
    principle = principle_of(version, key)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            editing.remove_principle(
                principle=principle, reason=form.cleaned_data["reason"], actor=signed_in(request)
            )
        except Invalid as error:
            put_beside_field(form, error)
        else:
            messages.success(request, _("Taken out. You can put it back further down."))
            return redirect("edit_version", slug, number)
    context = {"managed": managed, "version": version, "principle": principle, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "constitutions/remove_principle.html", context, status=status)


@login_required
@require_POST
def restore_principle(request: HttpRequest, slug: str, number: int, key: str) -> HttpResponse:
    """Put a removed principle back at the end."""
    _managed, version = managed_version(request, slug, number)
    editing.restore_principle(version=version, key=key, actor=signed_in(request))
    messages.success(request, _("Put back, at the end of the list."))
    return redirect(_at(slug, number, key))


@login_required
@require_POST
def move_principle(request: HttpRequest, slug: str, number: int, key: str) -> HttpResponse:
    """One place up or down."""
    _managed, version = managed_version(request, slug, number)
    principle = principle_of(version, key)
    up = request.POST.get("to") == "up"
    editing.move_principle(principle=principle, up=up, actor=signed_in(request))
    return redirect(_at(slug, number, key))


@login_required
@require_POST
def edit_preamble(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The words in front. The page with the whole draft has the form."""
    managed, version = managed_version(request, slug, number)
    form, clash = PreambleForm(request.POST), None
    if form.is_valid():
        try:
            editing.edit_preamble(version=version, actor=signed_in(request), **form.cleaned_data)
        except ChangedMeanwhile as refused:
            clash = refused
            again = {"text": form.cleaned_data["text"], "seen": refused.current}
            form = PreambleForm(initial=again)
        except Invalid as error:
            put_beside_field(form, error)
        else:
            messages.success(request, _("The preamble is saved."))
            return redirect("edit_version", slug, number)
    context = {"managed": managed, "version": version, "form": form, "clash": clash}
    return render(
        request, "constitutions/edit_preamble.html", context, status=409 if clash else 422
    )


def _principle_page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    """The whole page, or its form alone where htmx asks."""
    template = "constitutions/edit_principle.html"
    part = f"{template}#form" if is_htmx(request) else template
    return render(request, part, context, status=status)


def _saved(request: HttpRequest, managed: Managed, version: Version, key: str) -> HttpResponse:
    """Back to the principle in the list, or that principle alone where htmx asks."""
    if not is_htmx(request):
        messages.success(request, _("The wording is saved."))
        return redirect(_at(managed.deliberation.slug, version.number, key))
    principles = read_version(version).principles
    context = {
        "managed": managed,
        "version": version,
        "principle": next(p for p in principles if p.key == key),
        "count": len(principles),
        "saved": True,
    }
    return render(request, "constitutions/edit_version.html#article", context)


def _at(slug: str, number: int, key: str) -> str:
    return f"{reverse('edit_version', args=[slug, number])}#{key}"

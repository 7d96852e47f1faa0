"""Begin a deliberation from another one, and carry one from site to site."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import managed_deliberation
from deliberation.bundles.importing import begin_from, import_bundle
from deliberation.bundles.people import questions_used
from deliberation.bundles.reading import read_bundle
from deliberation.bundles.set_up import set_up_of
from deliberation.bundles.writing import bundle, takes_votes_along
from deliberation.models import Deliberation, User
from deliberation.organiser_forms import put_beside_field
from deliberation.portability_forms import CopyForm, ImportForm
from deliberation.services.audit import record
from deliberation.services.errors import Invalid, ServiceError
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the set-up as a template for a new deliberation, or everything as a file."""
    managed = managed_deliberation(request, slug, "copy")
    user = signed_in(request)
    set_up = set_up_of(managed.deliberation, managed.round)
    form = CopyForm(request.POST or None, set_up=set_up)
    if request.method == "POST" and form.is_valid():
        if not user.may_create:
            raise PermissionDenied
        made = _copied(managed.deliberation, form, user)
        messages.success(request, _("The copy is in preparation. Look through it before you open."))
        return redirect("workspace", made.slug)
    with_votes = takes_votes_along(managed.round)
    context = {
        "managed": managed,
        "form": form,
        "may_create": user.may_create,
        "with_votes": with_votes,
        "answers_to": questions_used(managed.round) if with_votes else [],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/copy.html", context, status=status)


def _copied(source: Deliberation, form: CopyForm, user: User) -> Deliberation:
    with transaction.atomic():
        made = begin_from(set_up=form.chosen(), owner=user, title=form.cleaned_data["title"])
        record(deliberation=made, actor=user, action="deliberation.copied", subject=source.slug)
    return made


@login_required
@require_safe
def bundle_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The bundle. Votes are in it once the round is closed."""
    managed = managed_deliberation(request, slug, "copy")
    content = bundle(managed.deliberation, managed.round)
    record(
        deliberation=managed.deliberation,
        actor=signed_in(request),
        action="deliberation.exported",
        with_votes=takes_votes_along(managed.round),
    )
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="folkmoot-{slug}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Make a deliberation from a bundle: all of it, or nothing."""
    user = signed_in(request)
    if not user.may_create:
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = import_bundle(
                bundle=read_bundle(form.cleaned_data["file"].read()),
                owner=user,
                slug=form.cleaned_data["slug"] or None,
            )
        except Invalid as error:
            put_beside_field(form, error)
        except ServiceError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, _("The deliberation is here."))
            return redirect("workspace", made.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/import.html", {"form": form}, status=status)

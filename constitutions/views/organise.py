"""The organiser's constitution pages: draft, order, publish."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from constitutions.drafting import ask_to_publish, draft_digest, draft_version, redraft
from constitutions.forms import DraftForm, PreambleForm, PublishForm
from constitutions.kit import FORMATS
from constitutions.selectors import current_draft, latest_run, published_versions, read_version
from deliberation.access import managed_deliberation
from deliberation.selectors.members import waiting_approval
from deliberation.services.errors import WrongPhase
from deliberation.views.organising import readable, signed_in

from .finding import managed_version


@login_required
@require_safe
def constitution_workspace(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the constitution stands: nothing yet, a draft, published versions."""
    managed = readable(request, slug, "draft")
    context = {
        "managed": managed,
        "deliberation": managed.deliberation,
        "draft": current_draft(managed.deliberation),
        "versions": published_versions(managed.deliberation),
        "run": latest_run(managed.deliberation),
        "formats": FORMATS,
    }
    return render(request, "constitutions/workspace.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def draft_constitution(request: HttpRequest, slug: str) -> HttpResponse:
    """Draft from the official run. Where a draft is there, ask first (GET)."""
    managed = managed_deliberation(request, slug, "draft")
    deliberation, run = managed.deliberation, latest_run(managed.deliberation)
    if run is None:
        raise WrongPhase(_("The votes are not counted yet. Wait until the count is done."))
    draft = current_draft(deliberation)
    form = DraftForm(request.POST or None)
    if request.method == "POST" and draft is None:
        draft = draft_version(deliberation=deliberation, run=run, actor=signed_in(request))
    elif request.method == "POST" and form.is_valid() and form.cleaned_data["anew"] and draft:
        redraft(version=draft, run=run, actor=signed_in(request))
    else:
        context = {"managed": managed, "draft": draft, "run": run, "form": form}
        status = 409 if request.method == "POST" else 200
        return render(request, "constitutions/draft_anew.html", context, status=status)
    messages.success(request, _("Here is the draft. Read every principle and mend its wording."))
    return redirect("edit_version", slug, draft.number)


@login_required
@require_safe
def edit_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The draft on one page, with a way to change each part of it."""
    managed, version = managed_version(request, slug, number)
    if not version.is_draft:
        return redirect("constitution_version", slug, number)
    seen = {"text": version.preamble, "seen": version.preamble}
    context = {
        "managed": managed,
        "version": version,
        "record": read_version(version),
        "preamble": PreambleForm(initial=seen, auto_id="preamble-%s"),
        "formats": FORMATS,
    }
    return render(request, "constitutions/edit_version.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask once more, then freeze the draft and make it public."""
    managed, version = managed_version(request, slug, number, "publish")
    form, actor = PublishForm(request.POST or None), signed_in(request)
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("seen", "")
        if ask_to_publish(version=version, actor=actor, seen=seen):
            messages.success(request, _("The constitution is published. Everyone can read it now."))
            return redirect("constitution_workspace", slug)
        messages.info(request, _("Asked. Somebody else has to do the same."))
        return redirect("publish_version", slug, number)
    if not version.is_draft:
        raise WrongPhase(_("This version is published already."))
    digest = draft_digest(version)
    context = {
        "managed": managed,
        "version": version,
        "record": read_version(version),
        "form": form,
        "digest": digest,
        "waiting": waiting_approval(managed.deliberation, "publish", actor, digest=digest),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "constitutions/publish.html", context, status=status)

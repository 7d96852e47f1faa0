"""The pool of a lottery: whom it holds, a list taken in after a dry run, the sign-up page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.contact_forms import ImportForm, ListForm
from deliberation.links import absolute
from deliberation.models import ListUpload
from deliberation.organiser_forms import put_beside_field
from deliberation.pool_forms import SignUpPageForm
from deliberation.pool_lists import PoolList, read_people
from deliberation.selectors.pools import pool_state
from deliberation.services import list_uploads
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.pools import (
    add_people,
    document,
    empty_pool,
    known_emails,
    set_sign_up,
    still_open,
)
from deliberation.services.quotas import balances, the_pool
from deliberation.services.subscriptions import mail_offered
from deliberation.views.organising import readable, signed_in

_PURPOSE = "pool"
_SHOWN = 200  # lines with a problem on the page of a dry run


@login_required
@require_http_methods(["GET", "POST"])
def pool(request: HttpRequest, slug: str) -> HttpResponse:
    """How many people there are, by source and value; the sign-up page; empty it."""
    if request.method == "GET":
        managed = readable(request, slug, "draw")
        return _pool_page(request, managed, _sign_up_form(managed))
    managed = managed_deliberation(request, slug, "draw")
    if request.POST.get("do") == "empty":
        gone = empty_pool(pool=the_pool(managed.deliberation.panel), actor=signed_in(request))
        words = ngettext("%(n)d person was taken out.", "%(n)d people were taken out.", gone)
        messages.success(request, words % {"n": gone})
        return redirect("pool", slug)
    return _save_sign_up(request, managed)


def _save_sign_up(request: HttpRequest, managed: Managed) -> HttpResponse:
    form = SignUpPageForm(request.POST)
    if form.is_valid():
        try:
            set_sign_up(
                pool=the_pool(managed.deliberation.panel),
                **form.cleaned_data,
                actor=signed_in(request),
            )
        except Invalid as error:
            put_beside_field(form, error)
    if not form.is_valid():
        return _pool_page(request, managed, form, status=422)
    messages.success(request, _("Saved."))
    return redirect("pool", managed.deliberation.slug)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def pool_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in a list: first a dry run that says what is wrong where, then all or nothing."""
    managed = managed_deliberation(request, slug, "contacts")
    still_open(the_pool(managed.deliberation.panel))
    if request.method == "GET":
        return _list_page(request, managed, ListForm())
    managed = managed_deliberation(request, slug, "draw")
    if "upload" in request.POST:
        return _import(request, managed)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, managed, form, status=422)
    data = form.data_sent
    found = _read(managed, data)
    upload = None
    if found.people and not found.problems:
        upload = list_uploads.keep(
            panel=managed.deliberation.panel,
            purpose=_PURPOSE,
            data=data,
            actor=signed_in(request),
        )
    return _list_page(request, managed, form, found=found, upload=upload)


def _import(request: HttpRequest, managed: Managed) -> HttpResponse:
    """The second step: what the dry run showed comes in, if it still holds."""
    sent = request.POST.get("upload", "")
    upload = list_uploads.find(
        panel=managed.deliberation.panel,
        purpose=_PURPOSE,
        pk=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 15 else 0,
        actor=signed_in(request),
    )
    if upload is None:
        raise WrongPhase(_("This list is not kept any more. Please send it again."))
    panel = managed.deliberation.panel
    found = _read(managed, list_uploads.content(upload))
    if found.problems or not found.people:
        return _list_page(request, managed, ListForm(), found=found, status=409)
    agreed = ImportForm(request.POST, panel=panel)
    if not agreed.is_valid():
        return _list_page(
            request, managed, ListForm(), found=found, upload=upload, agreed=agreed, status=422
        )
    added = add_people(
        pool=the_pool(panel),
        people=found.people,
        actor=signed_in(request),
        delete_on=agreed.cleaned_data.get("delete_on"),
    )
    upload.delete()
    words = ngettext("%(n)d person came in.", "%(n)d people came in.", added)
    messages.success(request, words % {"n": added})
    return redirect("pool", managed.deliberation.slug)


def _read(managed: Managed, data: bytes) -> PoolList:
    panel = managed.deliberation.panel
    return read_people(
        data,
        strata=balances(panel),
        known=known_emails(the_pool(panel)),
        language=managed.deliberation.language,
    )


@login_required
@never_cache
@require_safe
def pool_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The pool without names, byte by byte as its fingerprint was taken. For whoever checks it."""
    managed = managed_deliberation(request, slug, "contacts")
    text = document(the_pool(managed.deliberation.panel))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-pool.json"'
    return response


def _sign_up_form(managed: Managed) -> SignUpPageForm:
    pool = the_pool(managed.deliberation.panel)
    return SignUpPageForm(
        initial={
            "offered": pool.sign_up,
            "text": pool.sign_up_text,
            "ends_at": pool.sign_up_ends_at,
        }
    )


def _pool_page(
    request: HttpRequest, managed: Managed, form: SignUpPageForm, status: int = 200
) -> HttpResponse:
    panel = managed.deliberation.panel
    context = {
        "managed": managed,
        "state": pool_state(panel, exact=managed.may("contacts")),
        "form": form,
        "may_change": managed.may("draw"),
        "may_contacts": managed.may("contacts"),
        "mail_offered": mail_offered(),
        "link": absolute(reverse("sign_up", args=[managed.deliberation.slug]), request),
    }
    return render(request, "organise/pool.html", context, status=status)


def _list_page(
    request: HttpRequest,
    managed: Managed,
    form: ListForm,
    *,
    found: PoolList | None = None,
    upload: ListUpload | None = None,
    agreed: ImportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "managed": managed,
        "form": form,
        "strata": balances(managed.deliberation.panel),
        "found": found,
        "problems": found.problems[:_SHOWN] if found else [],
        "more_problems": max(len(found.problems) - _SHOWN, 0) if found else 0,
        "upload": upload,
        "agreed": agreed or ImportForm(panel=managed.deliberation.panel),
    }
    if found is not None and found.problems and status == 200:
        status = 422
    return render(request, "organise/pool_list.html", context, status=status)

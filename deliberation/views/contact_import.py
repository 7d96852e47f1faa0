"""A list of contacts comes in: looked at first, then taken as a whole or not at all."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.contact_forms import ImportForm, ListForm
from deliberation.models import ListUpload
from deliberation.selectors.contact_lists import check_rows, left_over
from deliberation.services import list_uploads, recruiting
from deliberation.services.contacts import Review, add_contacts, review
from deliberation.spreadsheets import csv_text
from deliberation.views.organising import signed_in

_PURPOSE = "contacts"
_SHOWN = 200


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a list. Nothing is taken yet."""
    managed = _managed(request, slug)
    posted = request.method == "POST"
    form = ListForm(request.POST, request.FILES) if posted else ListForm()
    if posted and form.is_valid():
        upload = list_uploads.keep(
            panel=managed.deliberation.panel,
            purpose=_PURPOSE,
            data=form.data_sent,
            actor=signed_in(request),
        )
        return redirect("check_contacts", slug, upload.pk)
    context = {"managed": managed, "form": form}
    status = 422 if posted else 200
    return render(request, "organise/contacts_add.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the list would do, line by line; then do it."""
    managed = _managed(request, slug)
    upload = _upload(request, managed, pk)
    if upload is None:
        messages.info(request, _("This list is not here any more. Send it again."))
        return redirect("add_contacts", slug)
    found = _review(managed, upload)
    posted = request.method == "POST"
    form = ImportForm(request.POST if posted else None, panel=managed.deliberation.panel)
    if posted and found.importable and form.is_valid():
        return _taken(request, managed, upload, found, form)
    context = {
        "managed": managed,
        "upload": upload,
        "review": found,
        "rows": check_rows(found)[:_SHOWN],
        "more": left_over(found, _SHOWN),
        "form": form,
    }
    status = 422 if posted else 200
    return render(request, "organise/contacts_check.html", context, status=status)


@login_required
@never_cache
@require_safe
def check_file(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Every line of the list with what would become of it, as CSV."""
    managed = _managed(request, slug)
    upload = _upload(request, managed, pk)
    if upload is None:
        raise Http404
    rows = check_rows(_review(managed, upload))
    table = csv_text(
        [
            *(_("Line"), _("Outcome"), _("Column"), _("Why")),
            *(_("E-mail address"), _("Name"), _("Postal address")),
        ],
        [(r.line, r.label, r.column, r.message, r.email, r.name, r.postal_address) for r in rows],
    )
    response = HttpResponse(table, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-list-checked.csv"'
    return response


def _managed(request: HttpRequest, slug: str) -> Managed:
    """Lists are for whoever sees contacts, while people may still be invited."""
    managed_deliberation(request, slug, "contacts")
    return managed_deliberation(request, slug, "recruit")


def _upload(request: HttpRequest, managed: Managed, pk: int) -> ListUpload | None:
    return list_uploads.find(
        panel=managed.deliberation.panel, purpose=_PURPOSE, pk=pk, actor=signed_in(request)
    )


def _review(managed: Managed, upload: ListUpload) -> Review:
    return review(
        panel=managed.deliberation.panel,
        data=list_uploads.content(upload),
        language=managed.deliberation.language,
    )


def _taken(
    request: HttpRequest, managed: Managed, upload: ListUpload, found: Review, form: ImportForm
) -> HttpResponse:
    n = add_contacts(deliberation=managed.deliberation, people=found.new, actor=signed_in(request))
    if "delete_on" in form.cleaned_data:
        recruiting.change_panel(
            panel=managed.deliberation.panel,
            actor=signed_in(request),
            delete_contacts_on=form.cleaned_data["delete_on"],
        )
    upload.delete()
    words = ngettext(
        "%(n)d person is on the list now. Nobody was written to yet.",
        "%(n)d people are on the list now. Nobody was written to yet.",
        n,
    )
    messages.success(request, words % {"n": n})
    return redirect("contacts", managed.deliberation.slug)

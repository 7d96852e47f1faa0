"""The contacts of a panel: for the owner and recruiters only. No page leads to a ballot."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.contact_forms import ContactForm, SearchForm, of_contact
from deliberation.models import Contact
from deliberation.organiser_forms import put_beside_field
from deliberation.selectors.contacts import (
    STATES,
    contact_rows,
    letters_of,
    state_counts,
)
from deliberation.selectors.contacts import contacts as found_contacts
from deliberation.selectors.recruiting import invitations
from deliberation.services import contacts as services
from deliberation.services import recruiting
from deliberation.services.errors import Invalid, ServiceError
from deliberation.services.subscriptions import mail_offered
from deliberation.views.organising import signed_in


@login_required
@never_cache
@require_safe
def contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, fifty at a time, with how far each person is."""
    managed = managed_deliberation(request, slug, "contacts")
    panel = managed.deliberation.panel
    form = SearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    found = found_contacts(panel, search=asked["q"].strip(), state=asked["state"])
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    kept = urlencode({name: value for name, value in asked.items() if value})
    counts = state_counts(panel)
    context = {
        "managed": managed,
        "panel": panel,
        "form": form,
        "page": page,
        "rows": contact_rows(page),
        "keep": f"{kept}&" if kept else "",
        "searched": bool(kept),
        "counts": [(STATES[state], n) for state, n in counts.items()],
        "total": sum(counts.values()),
        "numbers": invitations(panel),
        "may_recruit": managed.may("recruit"),
        "mail_offered": mail_offered(),
    }
    return render(request, "organise/contacts.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One person: how to reach them, what was sent, and what can be done."""
    managed = managed_deliberation(request, slug, "contacts")
    person = _person(managed, pk)
    if request.method == "GET":
        return _contact_page(request, managed, person, ContactForm(initial=of_contact(person)))
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            services.edit_contact(contact=person, actor=signed_in(request), **form.cleaned_data)
        except Invalid as error:
            put_beside_field(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("contact", slug, pk)
    return _contact_page(request, managed, person, form, status=422)


@login_required
@require_http_methods(["GET", "POST"])
def write_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Invite one person, or send them their link again. Asks first where that replaces a link."""
    managed = managed_deliberation(request, slug, "contacts")
    managed_deliberation(request, slug, "recruit")
    person = _person(managed, pk)
    if request.method == "GET":
        context = {"managed": managed, "person": person}
        return render(request, "organise/contact_write.html", context)
    try:
        _write(request, managed, person)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("A letter is on its way."))
    return redirect("contact", slug, pk)


@login_required
@require_http_methods(["GET", "POST"])
def remove_contact(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Forget one person, after asking."""
    managed = managed_deliberation(request, slug, "contacts")
    person = _person(managed, pk)
    if request.method == "POST":
        services.remove_contact(contact=person, actor=signed_in(request))
        messages.success(request, _("This person is off the list. Seat and votes stay."))
        return redirect("contacts", slug)
    context = {"managed": managed, "person": person}
    return render(request, "organise/contact_remove.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def delete_contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget everyone now, after asking."""
    managed = managed_deliberation(request, slug, "contacts")
    panel = managed.deliberation.panel
    if request.method == "POST":
        n = services.delete_contacts(panel=panel, actor=signed_in(request))
        words = ngettext(
            "%(n)d contact is deleted. Seats and votes stay.",
            "%(n)d contacts are deleted. Seats and votes stay.",
            n,
        )
        messages.success(request, words % {"n": n})
        return redirect("contacts", slug)
    context = {"managed": managed, "panel": panel, "people": panel.contacts.count()}
    return render(request, "organise/contacts_delete.html", context)


def _person(managed: Managed, pk: int) -> Contact:
    found = found_contacts(managed.deliberation.panel).select_related("seat")
    return get_object_or_404(found, pk=pk)


def _write(request: HttpRequest, managed: Managed, person: Contact) -> None:
    if person.seat is None:
        if getattr(person, "state", "") == "pool":
            raise Invalid(_("The lottery decides whom of the pool is invited."))
        recruiting.invite(
            deliberation=managed.deliberation,
            contacts=[person],
            kind="seat",
            actor=signed_in(request),
        )
    else:
        services.write_again(contact=person, actor=signed_in(request))


def _contact_page(
    request: HttpRequest, managed: Managed, person: Contact, form: ContactForm, status: int = 200
) -> HttpResponse:
    context = {
        "managed": managed,
        "person": person,
        "row": contact_rows([person])[0],
        "letters": letters_of(person),
        "form": form,
        "may_recruit": managed.may("recruit"),
        "mail_offered": mail_offered(),
    }
    return render(request, "organise/contact.html", context, status=status)

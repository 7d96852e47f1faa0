"""Who is on the panel: the ways in, side by side, and what may be set of them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import Managed, managed_deliberation
from deliberation.letter_samples import sample_letter
from deliberation.links import absolute
from deliberation.models.rounds import Phase
from deliberation.phases import ever_allowed
from deliberation.selectors.recruiting import panel_state
from deliberation.services import recruiting
from deliberation.services.subscriptions import mail_offered
from deliberation.set_up_people import PanelForm
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """The ways onto the panel with their numbers, and the form that opens and closes them."""
    if request.method == "GET":
        managed = readable(request, slug, "recruit")
        return _page(request, managed, PanelForm(panel=managed.deliberation.panel))
    managed = managed_deliberation(request, slug, "recruit")
    form = PanelForm(request.POST, panel=managed.deliberation.panel)
    if not form.is_valid():
        return _page(request, managed, form, status=422)
    recruiting.change_panel(
        panel=managed.deliberation.panel, actor=signed_in(request), **form.cleaned_data
    )
    messages.success(request, _("Saved."))
    return redirect("panel", slug)


@login_required
@require_POST
def invite_all(request: HttpRequest, slug: str) -> HttpResponse:
    """A seat and a letter for everyone on the list who has none."""
    managed = managed_deliberation(request, slug, "recruit")
    n = recruiting.invite_all(deliberation=managed.deliberation, actor=signed_in(request))
    if n:
        words = ngettext("%(n)d person is invited.", "%(n)d people are invited.", n)
        messages.success(request, words % {"n": n})
    else:
        messages.info(request, _("Everyone on the list was invited before."))
    return _back(managed)


@login_required
@require_POST
def remind_all(request: HttpRequest, slug: str) -> HttpResponse:
    """A reminder to everyone who was written to some days ago and is not here yet."""
    managed = managed_deliberation(request, slug, "recruit")
    n = recruiting.remind(deliberation=managed.deliberation, actor=signed_in(request))
    if n:
        words = ngettext("%(n)d reminder is on its way.", "%(n)d reminders are on their way.", n)
        messages.success(request, words % {"n": n})
    else:
        messages.info(request, _("Nobody waits for a reminder now."))
    return _back(managed)


@login_required
@require_POST
def try_again(request: HttpRequest, slug: str) -> HttpResponse:
    """Send letters again that could not be sent."""
    managed = managed_deliberation(request, slug, "recruit")
    n = recruiting.try_again(deliberation=managed.deliberation, actor=signed_in(request))
    words = ngettext("%(n)d letter is tried again.", "%(n)d letters are tried again.", n)
    messages.success(request, words % {"n": n})
    return _back(managed)


def _back(managed: Managed) -> HttpResponse:
    """To the list for who may see it, else to the panel page."""
    page = "contacts" if ever_allowed(managed.role, "contacts") else "panel"
    return redirect(page, managed.deliberation.slug)


def _page(
    request: HttpRequest, managed: Managed, form: PanelForm, status: int = 200
) -> HttpResponse:
    deliberation = managed.deliberation
    join = absolute(reverse("join", args=[deliberation.slug]), request)
    context = {
        "managed": managed,
        "panel": deliberation.panel,
        "state": panel_state(deliberation.panel),
        "form": form,
        "may_recruit": managed.may("recruit"),
        "may_contact": managed.may("contacts"),
        "may_draw": ever_allowed(managed.role, "draw"),
        "mail_offered": mail_offered(),
        "sample": sample_letter(managed.round, "seat", deliberation.language).text.strip(),
        "waits": managed.round.phase == Phase.DRAFT,
        "open_link": absolute(deliberation.get_absolute_url(), request),
        "vendor_link": join + "?xid=",
    }
    return render(request, "organise/panel.html", context, status=status)

"""Strata and quotas: typed, read from a file, suggested from shares, and checked at once."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.access import Managed, managed_deliberation
from deliberation.contact_forms import ListForm
from deliberation.lottery_words import Trouble, troubles
from deliberation.pool_lists import read_quotas
from deliberation.quota_form import QuotasForm
from deliberation.selectors.pools import contradictions, people_words
from deliberation.services.errors import Invalid
from deliberation.services.quotas import as_json, balances, save_quotas, the_pool
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def quotas(request: HttpRequest, slug: str) -> HttpResponse:
    """All strata in one form; each button sends all of it. What is stored is checked on reading."""
    if request.method == "GET":
        managed = readable(request, slug, "draw")
        return _page(request, managed, _stored(managed))
    managed = managed_deliberation(request, slug, "draw")
    button = request.POST.get("do", "save")
    if button == "read":
        return _read(request, managed)
    form = QuotasForm.sent(request.POST)
    if button != "save":
        form.press(button)
        return _page(request, managed, form, status=422 if form.all_errors else 200, unsaved=True)
    return _save(request, managed, form)


def _save(request: HttpRequest, managed: Managed, form: QuotasForm) -> HttpResponse:
    """Quotas that contradict each other are stored, too: they are said until they are mended."""
    cleaned = form.clean()
    if cleaned is not None:
        try:
            save_quotas(
                panel=managed.deliberation.panel,
                seats=cleaned[0],
                strata=cleaned[1],
                actor=signed_in(request),
            )
        except Invalid as error:
            form.refuse(error)
    if form.all_errors:
        return _page(request, managed, form, status=422, unsaved=True)
    messages.success(request, _("The quotas are saved."))
    return redirect("quotas", managed.deliberation.slug)


def _read(request: HttpRequest, managed: Managed) -> HttpResponse:
    """Fill the form from a file. Nothing is stored before someone has looked at it."""
    sent, seats = ListForm(request.POST, request.FILES), the_pool(managed.deliberation.panel).seats
    form = _stored(managed)
    if not sent.is_valid():
        return _page(request, managed, form, sent=sent, status=422)
    strata, problems = read_quotas(sent.data_sent, seats=seats)
    for problem in problems[:20]:
        where = _("Line %(n)d: ") % {"n": problem.line} if problem.line else ""
        sent.add_error(None, where + problem.message)
    if problems:
        return _page(request, managed, form, sent=sent, status=422)
    return _page(request, managed, QuotasForm.of(seats, strata), unsaved=True)


def _stored(managed: Managed) -> QuotasForm:
    """What is stored, with its contradictions beside it."""
    panel = managed.deliberation.panel
    pool, strata = the_pool(panel), balances(panel)
    form = QuotasForm.of(pool.seats, strata)
    if strata:
        form.say(troubles(contradictions(pool, as_json(strata), pool.seats)))
    return form


def _page(
    request: HttpRequest,
    managed: Managed,
    form: QuotasForm,
    *,
    sent: ListForm | None = None,
    status: int = 200,
    unsaved: bool = False,
) -> HttpResponse:
    pool = the_pool(managed.deliberation.panel)
    form.show_people(people_words(managed.deliberation.panel, exact=managed.may("contacts")))
    fixed = pool.frozen_at is not None and not pool.draws.filter(state="done").exists()
    context = {
        "managed": managed,
        "form": form,
        "sent": sent or ListForm(),
        "pool": pool,
        "fixed": fixed,
        "drawn": pool.draws.filter(state="done").exists(),
        "may_change": managed.may("draw") and not fixed,
        "unsaved": unsaved,
        "troubles": _notes(form),
    }
    return render(request, "organise/quotas.html", context, status=status)


def _notes(form: QuotasForm) -> list[Trouble]:
    return [note for stratum in form.strata for note in stratum.notes]

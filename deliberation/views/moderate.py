"""The moderation queue and the decision on one statement."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.models import ModerationDecision, Statement
from deliberation.organiser_forms import ModerationForm, put_beside_field
from deliberation.selectors.queue import (
    TABS,
    WAITING,
    Item,
    in_round,
    items,
    seen,
    tab_counts,
    tab_statements,
)
from deliberation.services import moderation
from deliberation.services.appeals import open_appeal
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.texts import isolated
from deliberation.views.organising import by_htmx, readable, signed_in, whole_page_sign_in

_CARDS = 10  # waiting statements on one page
_ROWS = 50


@login_required
@require_safe
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Statements that wait, oldest first; and those accepted or rejected, to change a decision."""
    managed = readable(request, slug, "moderate")
    tab = request.GET.get("tab", WAITING)
    if tab not in TABS:
        raise Http404
    return render(request, "organise/queue.html", _queue(request, managed, tab))


@whole_page_sign_in
@require_http_methods(["GET", "POST"])
def moderate(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Accept or reject one statement. htmx gets the rest of the queue, everyone else a redirect."""
    managed = managed_deliberation(request, slug, "moderate")
    statement = in_round(managed.round, number)
    if statement is None:
        raise Http404
    form = ModerationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _decide(request, managed, statement, form)
        except Invalid as error:
            put_beside_field(form, error)
        else:
            return _answer(request, managed, made, _tab(form))
    status = 422 if request.method == "POST" else 200
    if by_htmx(request):
        context = _queue(request, managed, _tab(form)) | {"bound": form, "bound_number": number}
        return render(request, "organise/queue.html#queue", context, status=status)
    (item,) = items([statement], reader=signed_in(request))
    context = {"managed": managed, "item": item, "form": form, "single": True}
    return render(request, "organise/moderate.html", context, status=status)


def _decide(
    request: HttpRequest, managed: Managed, statement: Statement, form: ModerationForm
) -> ModerationDecision:
    if form.cleaned_data["seen"] != seen(statement, open_appeal(statement)):
        raise WrongPhase(
            _("Someone else has decided on this statement meanwhile. Load the page again.")
        )
    return moderation.moderate(
        statement=statement,
        decision=form.cleaned_data["decision"],
        reason=form.cleaned_data["reason"],
        note=form.cleaned_data["note"],
        actor=signed_in(request),
        role=managed.role,
    )


def _answer(
    request: HttpRequest, managed: Managed, made: ModerationDecision, tab: str
) -> HttpResponse:
    done = _("Accepted: “%(text)s”") if made.decision == "accept" else _("Rejected: “%(text)s”")
    done %= {"text": isolated(made.statement.text, "rtl" if get_language_bidi() else "ltr")}
    if by_htmx(request):
        context = _queue(request, managed, tab) | {"done": done}
        return render(request, "organise/queue.html#queue", context)
    messages.success(request, done)
    return redirect(reverse("queue", args=[managed.deliberation.slug]) + f"?tab={tab}")


def _tab(form: ModerationForm) -> str:
    tab = form.data.get("tab")
    return tab if tab in TABS else WAITING


def _queue(request: HttpRequest, managed: Managed, tab: str) -> dict[str, object]:
    """Everything the queue page shows."""
    size = _CARDS if tab == WAITING else _ROWS
    page = Paginator(tab_statements(managed.round, tab), size).get_page(request.GET.get("page"))
    shown: list[Item] = items(page, reader=signed_in(request))
    return {
        "managed": managed,
        "tab": tab,
        "counts": tab_counts(managed.round),
        "page": page,
        "items": shown,
        "may_moderate": managed.may("moderate"),
        "blank": ModerationForm(),
    }

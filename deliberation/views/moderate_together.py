"""One decision on many statements, and taking one's last decision back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import Managed, managed_deliberation
from deliberation.models import Round, Statement
from deliberation.moderation_words import said, said_undone
from deliberation.organiser_forms import BulkForm, put_beside_field
from deliberation.selectors.queue import WAITING, in_round
from deliberation.selectors.queue_search import (
    Search,
    any_shown,
    as_seen,
    chosen,
    decidable,
    digest,
    found,
    search_in,
)
from deliberation.services.errors import Invalid, ServiceError, WrongPhase
from deliberation.services.moderation import moderate_all, take_back
from deliberation.services.undo_rewrite import to_undo, undo_rewrite
from deliberation.views.moderate import answer
from deliberation.views.organising import signed_in, whole_page_sign_in

_LISTED = 20  # the others are folded away
_MOST_MARKED = 500


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_together(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows what is to be decided on, then decides: all of it, or nothing.

    ``n`` are numbers of marked statements; with ``all`` it is whatever a search finds.
    """
    managed = managed_deliberation(request, slug, "moderate")
    asked = request.POST if request.method == "POST" else request.GET
    search = search_in(asked.dict()) if "all" in asked else None
    statements = _asked_for(managed.round, asked, search)
    seen = as_seen(statements)
    form = BulkForm(managed.round, request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _decide(request, managed, form, seen)
            except (Invalid, WrongPhase) as error:
                status = error.status
                _say(form, error)
    context = {
        "managed": managed,
        "form": form,
        "listed": list(statements[:_LISTED]),
        "folded": list(statements[_LISTED:]),
        "count": len(seen),
        "digest": digest(seen),
        "search": search,
        "shown": any_shown(seen),
        "back": search.query if search else "",
    }
    return render(request, "organise/bulk.html", context, status=status)


def _asked_for(round: Round, asked: QueryDict, search: Search | None) -> QuerySet[Statement]:
    if search is not None:
        return decidable(found(round, WAITING, search))
    numbers = [part for part in asked.getlist("n") if part.isascii() and part.isdigit()]
    return decidable(chosen(round, [int(part[:9]) for part in numbers[:_MOST_MARKED]]))


def _decide(
    request: HttpRequest, managed: Managed, form: BulkForm, seen: dict[int, str]
) -> HttpResponse:
    if seen and form.cleaned_data["seen"] != digest(seen):
        raise WrongPhase(_("The list has changed meanwhile. Look at it again and then decide."))
    made = moderate_all(
        round=managed.round,
        seen=seen,
        decision=form.cleaned_data["decision"],
        reason=form.cleaned_data["reason"],
        note=form.cleaned_data["note"],
        actor=signed_in(request),
        role=managed.role,
    )
    return answer(request, managed, said(made), form.cleaned_data["back"])


def _say(form: BulkForm, error: ServiceError) -> None:
    if isinstance(error, Invalid):
        put_beside_field(form, error)
    else:
        form.add_error(None, error.message)


@whole_page_sign_in
@never_cache
@require_POST
def undo_decision(request: HttpRequest, slug: str) -> HttpResponse:
    """Take back one's decision on ``statement`` and all made together with it.

    Where it was reworded, split or merged, that is taken back, by whomever it was done.
    """
    managed = managed_deliberation(request, slug, "moderate")
    number = request.POST.get("statement", "")
    fits = number.isascii() and number.isdigit() and len(number) < 10
    statement = in_round(managed.round, int(number)) if fits else None
    if statement is None:
        raise Http404
    user, back = signed_in(request), request.POST.get("back", "")
    if to_undo(statement):
        undone = undo_rewrite(statement=statement, actor=user, role=managed.role)
        return answer(request, managed, said_undone(undone), back)
    made = take_back(statement=statement, actor=user, role=managed.role)
    return answer(request, managed, said(made), back)

"""The moderation queue, and the decision on one statement."""

from __future__ import annotations

from urllib.parse import parse_qsl

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.models import ModerationDecision, Statement, User
from deliberation.moderation_hints import KINDS
from deliberation.moderation_words import said
from deliberation.organiser_forms import ModerationForm, put_beside_field
from deliberation.selectors.queue import (
    TABS,
    WAITING,
    in_round,
    items,
    last_decision,
    queue_state,
    tab_counts,
)
from deliberation.selectors.queue_search import Search, found, languages_of, search_in
from deliberation.services import claims, moderation
from deliberation.services.errors import Invalid
from deliberation.services.undo_rewrite import rewrite_of, why_not_undone
from deliberation.views.organising import by_htmx, readable, signed_in, whole_page_sign_in

CARDS = 20  # waiting statements on one page
_ROWS = 50
_MOST_SHOWN = 200


@login_required
@never_cache
@require_safe
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Statements that wait, and those accepted or rejected, to change a decision."""
    managed = readable(request, slug, "moderate")
    tab = request.GET.get("tab", WAITING)
    if tab not in TABS:
        raise Http404
    search, user = search_in(request.GET.dict()), signed_in(request)
    page, taken = _page(request, managed, tab, search)
    context = _frame(managed, user, tab, search) | {
        "page": page,
        "items": items(page, reader=user, round=managed.round),
        "elsewhere": taken,
        "found": page.paginator.count,
        "state": queue_state(managed.round),
        "kinds": KINDS,
        "languages": languages_of(managed.round),
        "everyone": "everyone" in request.GET,
    }
    return render(request, "organise/queue.html", context)


@whole_page_sign_in
@never_cache
@require_safe
def more_cards(request: HttpRequest, slug: str) -> HttpResponse:
    """Cards for a page that has few left. ``shown`` are the numbers it still has."""
    managed = managed_deliberation(request, slug, "moderate")
    user, search = signed_in(request), search_in(request.GET.dict())
    shown = _numbers(request.GET.get("shown", ""))
    others = found(managed.round, WAITING, search).exclude(number__in=shown)
    taken = claims.claim(
        round=managed.round,
        statements=others,
        user=user,
        limit=max(1, CARDS - len(shown)),
        keeping=shown,
    )
    context = _frame(managed, user, WAITING, search) | {
        "items": items(taken, reader=user, round=managed.round)
    }
    return render(request, "organise/queue.html#more", context)


@whole_page_sign_in
@never_cache
@require_http_methods(["GET", "POST"])
def moderate(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Accept or reject one statement. The script of the queue gets a few words, others a page."""
    managed = managed_deliberation(request, slug, "moderate")
    statement = in_round(managed.round, number)
    if statement is None:
        raise Http404
    user = signed_in(request)
    form = ModerationForm(managed.round, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _decide(managed, statement, form, user)
        except Invalid as error:
            put_beside_field(form, error)
        else:
            claims.keep(round=managed.round, user=user)
            return answer(request, managed, said([made]), form.cleaned_data["back"])
    (item,) = items([statement], reader=user, round=managed.round)
    rewrite = rewrite_of(statement)
    context = _frame(managed, user, WAITING, Search()) | {
        "item": item,
        "form": form,
        "rewrite": rewrite if rewrite and rewrite.undone_at is None else None,
        "why_not_undone": why_not_undone(rewrite) if rewrite else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/moderate.html", context | {"single": True}, status=status)


def _decide(
    managed: Managed, statement: Statement, form: ModerationForm, user: User
) -> ModerationDecision:
    return moderation.moderate(
        statement=statement,
        decision=form.cleaned_data["decision"],
        reason=form.cleaned_data["reason"],
        note=form.cleaned_data["note"],
        actor=user,
        role=managed.role,
        seen=form.cleaned_data["seen"],
    )


def answer(request: HttpRequest, managed: Managed, done: str, back: str) -> HttpResponse:
    """What was done, in words: a few lines for the script, a redirect to the queue for others."""
    if by_htmx(request):
        user = signed_in(request)
        context = _frame(managed, user, WAITING, Search()) | {"done": done}
        return render(request, "organise/queue.html#decided", context)
    messages.success(request, done)
    address = reverse("queue", args=[managed.deliberation.slug])
    return redirect(f"{address}?{back_to(back)}".rstrip("?"))


def back_to(query: str) -> str:
    """The tab and the search that a form came from, written anew: nothing else is sent on."""
    asked = dict(parse_qsl(query))
    tab = asked.get("tab", WAITING)
    return _query(tab if tab in TABS else WAITING, search_in(asked))


def _query(tab: str, search: Search) -> str:
    return "&".join(filter(None, [f"tab={tab}" if tab != WAITING else "", search.query]))


def _frame(managed: Managed, user: User, tab: str, search: Search) -> dict[str, object]:
    """What every answer of the queue shows around its cards."""
    return {
        "managed": managed,
        "tab": tab,
        "search": search,
        "back": _query(tab, search),
        "counts": tab_counts(managed.round),
        "last": last_decision(managed.round, user) if managed.may("moderate") else None,
        "may_moderate": managed.may("moderate"),
        "blank": ModerationForm(managed.round),
    }


def _page(
    request: HttpRequest, managed: Managed, tab: str, search: Search
) -> tuple[Page[Statement], int]:
    """The statements of one page, and how many others somebody else is looking at."""
    round, user = managed.round, signed_in(request)
    statements = found(round, tab, search)
    if tab != WAITING or not managed.may("moderate") or "everyone" in request.GET:
        size = CARDS if tab == WAITING else _ROWS
        return Paginator(statements, size).get_page(request.GET.get("page")), 0
    free = claims.free_for(statements, user)
    page = Paginator(free, CARDS).get_page(request.GET.get("page"))
    elsewhere = statements.count() - page.paginator.count
    page.object_list = claims.claim(
        round=round,
        statements=statements,
        user=user,
        limit=CARDS,
        offset=(page.number - 1) * CARDS,
    )
    return page, elsewhere


def _numbers(text: str) -> list[int]:
    """Numbers of statements, with commas between them; what is none is left out."""
    parts = text.split(",")[:_MOST_SHOWN]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]

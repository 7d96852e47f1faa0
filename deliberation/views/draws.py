"""Draws as those who make them see them: fix the pool, give the seed, watch, invite, replace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from deliberation.access import Managed, managed_deliberation
from deliberation.links import absolute
from deliberation.lottery_words import step_words, troubles, under_way, why_not_drawn
from deliberation.models import Draw, DrawnMember
from deliberation.models.recruiting import DrawState
from deliberation.organiser_forms import put_beside_field
from deliberation.pool_forms import SeedForm, SilenceForm
from deliberation.selectors.draws import answers, drawn_rows, lottery_state
from deliberation.selectors.pools import contradictions
from deliberation.services import draws as services
from deliberation.services import pools
from deliberation.services.errors import Invalid
from deliberation.services.quotas import as_json, balances, the_pool
from deliberation.services.recruiting import on_paper, seat_link_token
from deliberation.spreadsheets import csv_text
from deliberation.views.organising import readable, signed_in

_SILENCE = timedelta(days=7)


@login_required
@require_http_methods(["GET", "POST"])
def draws(request: HttpRequest, slug: str) -> HttpResponse:
    """The lottery step by step. Each button does one thing."""
    if request.method == "GET":
        managed = readable(request, slug, "draw")
        return _page(request, managed)
    managed = managed_deliberation(request, slug, "draw")
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return _page(request, managed, status=422)
    return act(request, managed)


def _fix(request: HttpRequest, managed: Managed) -> HttpResponse:
    pool = the_pool(managed.deliberation.panel)
    found = contradictions(pool, as_json(balances(pool.panel)), pool.seats)
    if found:
        return _page(request, managed, status=422)
    try:
        pools.fix_pool(pool=pool, actor=signed_in(request))
    except Invalid as error:
        messages.warning(request, error.message)
        return redirect("draws", managed.deliberation.slug)
    messages.success(request, _("The pool is fixed. Its fingerprint is public from now on."))
    return redirect("draws", managed.deliberation.slug)


def _reopen(request: HttpRequest, managed: Managed) -> HttpResponse:
    pools.reopen_pool(pool=the_pool(managed.deliberation.panel), actor=signed_in(request))
    messages.success(request, _("The pool is open again. Its fingerprint holds no more."))
    return redirect("draws", managed.deliberation.slug)


def _draw(request: HttpRequest, managed: Managed) -> HttpResponse:
    return _start(request, managed, services.start_draw)


def _replace(request: HttpRequest, managed: Managed) -> HttpResponse:
    return _start(request, managed, services.start_replacement)


def _start(request: HttpRequest, managed: Managed, start: Callable[..., Draw]) -> HttpResponse:
    form = SeedForm(request.POST)
    if form.is_valid():
        try:
            draw = start(
                pool=the_pool(managed.deliberation.panel),
                seed=form.cleaned_data["seed"],
                actor=signed_in(request),
            )
            return redirect("draw", managed.deliberation.slug, draw.number)
        except Invalid as error:
            put_beside_field(form, error)
    return _page(request, managed, seed=form, status=422)


def _give_up(request: HttpRequest, managed: Managed) -> HttpResponse:
    form = SilenceForm(request.POST)
    if not form.is_valid():
        return _page(request, managed, silence=form, status=422)
    before = datetime.combine(form.cleaned_data["before"], time(), UTC)
    count = services.give_up_on_silent(
        pool=the_pool(managed.deliberation.panel), before=before, actor=signed_in(request)
    )
    words = ngettext("%(n)d place is free now.", "%(n)d places are free now.", count)
    messages.success(request, words % {"n": count})
    return redirect("draws", managed.deliberation.slug)


def _tell(request: HttpRequest, managed: Managed) -> HttpResponse:
    count = services.tell_not_drawn(
        pool=the_pool(managed.deliberation.panel), actor=signed_in(request)
    )
    words = ngettext("%(n)d letter is on its way.", "%(n)d letters are on their way.", count)
    messages.success(request, words % {"n": count})
    return redirect("draws", managed.deliberation.slug)


_ACTS = {
    "fix": _fix,
    "reopen": _reopen,
    "draw": _draw,
    "replace": _replace,
    "give_up": _give_up,
    "tell": _tell,
}


def _page(
    request: HttpRequest,
    managed: Managed,
    *,
    seed: SeedForm | None = None,
    silence: SilenceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    panel = managed.deliberation.panel
    pool, strata = the_pool(panel), balances(panel)
    state = lottery_state(panel)
    first = pool.draws.filter(replacement=False, state=DrawState.DONE).first()
    free = state.places_free if state else 0
    if first is None:
        found = contradictions(pool, as_json(strata), pool.seats)
    else:
        found = contradictions(pool, services.quotas_left(pool), free) if free else []
    week_ago = timezone.now().date() - _SILENCE
    context = {
        "managed": managed,
        "pool": pool,
        "state": state,
        "strata": strata,
        "first": first,
        "draws": pool.draws.order_by("number"),
        "troubles": troubles(found),
        "may_draw": managed.may("draw"),
        "seed": seed or SeedForm(),
        "silence": silence or SilenceForm(initial={"before": week_ago}),
        "silent": services.silent_since(pool, timezone.now()).count() if first else 0,
        "untold": services.untold(pool).count() if first else 0,
        "thanked_on_paper": services.thanked_on_paper(pool).count() if first else 0,
        "may_contacts": managed.may("contacts") and managed.may("recruit"),
        "public_link": absolute(reverse("lottery", args=[managed.deliberation.slug]), request),
    }
    return render(request, "organise/draws.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def draw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How far one draw is; when it is made, the people on it and what they answered."""
    if request.method == "POST":
        return _change(request, slug, number)
    managed = readable(request, slug, "draw")
    shown = _the_draw(managed, number)
    contacts = managed.may("contacts")
    done = shown.state == DrawState.DONE
    asked_by_the_page = bool(request.headers.get("HX-Request"))
    if done and asked_by_the_page:
        return HttpResponseClientRefresh()  # who was drawn is a page of its own
    context = {
        "managed": managed,
        "draw": shown,
        "under_way": under_way(shown.state),
        "step": step_words(shown.step),
        "why": why_not_drawn(shown) if shown.state == DrawState.FAILED else "",
        "rows": drawn_rows(shown, contacts=contacts) if done else [],
        "answers": answers(shown.pool, shown) if done else None,
        "contacts": contacts,
        "may_draw": managed.may("draw"),
        "may_recruit": managed.may("recruit"),
        "on_paper": on_paper(shown.pool.panel).filter(seat__drawn_member__draw=shown).count(),
        "uninvited": DrawnMember.objects.filter(draw=shown, seat=None, answer="open").count(),
    }
    part = "#progress" if asked_by_the_page else ""
    return render(request, f"organise/draw.html{part}", context)


def _change(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    managed = managed_deliberation(request, slug, "draw")
    shown, actor = _the_draw(managed, number), signed_in(request)
    do = request.POST.get("do", "")
    if do == "cancel":
        services.cancel_draw(draw=shown, actor=actor)
    elif do == "invite":
        count = services.invite_drawn(draw=shown, actor=actor)
        words = ngettext("%(n)d person is invited.", "%(n)d people are invited.", count)
        messages.success(request, words % {"n": count})
    elif do in ("accepted", "declined"):
        _note_answer(managed, shown, request)
    return redirect("draw", slug, number)


def _note_answer(managed: Managed, shown: Draw, request: HttpRequest) -> None:
    """Someone told the recruiter instead of using their link."""
    if not managed.may("contacts"):
        raise PermissionDenied
    sent = request.POST.get("drawn", "")
    pk = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 15 else 0
    drawn = get_object_or_404(DrawnMember, draw=shown, pk=pk)
    comes = request.POST["do"] == "accepted"
    services.answer(drawn=drawn, comes=comes, actor=signed_in(request))
    messages.success(request, _("Noted."))


@login_required
@never_cache
@require_safe
def drawn_file(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The people of a draw with the link for their answer and their seat, for letters on paper."""
    managed = managed_deliberation(request, slug, "contacts")
    shown = _the_draw(managed, number)
    rows = (
        DrawnMember.objects.filter(draw=shown)
        .select_related("member__contact", "seat")
        .order_by("member__number")
    )
    table = csv_text(
        [
            *(_("Number"), _("E-mail"), _("Name"), _("Postal address"), _("Reference")),
            *(_("Seat"), _("Link"), _("Seat link")),
        ],
        [_paper_row(request, slug, drawn) for drawn in rows],
    )
    response = HttpResponse(table, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-draw-{number}.csv"'
    return response


def _paper_row(request: HttpRequest, slug: str, drawn: DrawnMember) -> list[object]:
    contact, member, seat = drawn.member.contact, drawn.member, drawn.seat
    token = pools.member_token(member.pool_id, member.number)
    own = ("", "", "", "")
    if contact:
        own = (contact.email, contact.name, contact.postal_address, contact.reference)
    link = absolute(reverse("answer", args=[slug, token]), request)
    waiting = seat is not None and seat.revoked_at is None and seat.taken_at is None
    seat_link = (
        absolute(reverse("seat", args=[slug, seat_link_token(seat)]), request)
        if seat is not None and waiting
        else ""
    )
    return [member.number, *own, seat.number if seat else "", link, seat_link]


def _the_draw(managed: Managed, number: int) -> Draw:
    found = Draw.objects.select_related("pool__panel__deliberation")
    return get_object_or_404(found, pool__panel=managed.deliberation.panel, number=number)

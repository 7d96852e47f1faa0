"""Rewording, splitting and merging statements."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from deliberation.access import Managed, managed_deliberation
from deliberation.figures import listed
from deliberation.models import Statement
from deliberation.moderation_hints import hints_for
from deliberation.rewrite_forms import ADD, MergeForm, RewriteForm
from deliberation.selectors.lineage import NOBODY, families
from deliberation.selectors.queue import in_round
from deliberation.services import lineage
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.views.organising import signed_in

_MOST_DIGITS = 9


@login_required
@require_http_methods(["GET", "POST"])
def rewrite(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Reword a statement, or split it into several."""
    managed = managed_deliberation(request, slug, "moderate")
    statement = in_round(managed.round, number)
    if statement is None:
        raise Http404
    if not lineage.may_be_replaced(statement):
        raise WrongPhase(_("This statement goes on in other words already."))
    form = RewriteForm(request.POST or None, round=managed.round, original=statement.text)
    if ADD not in request.POST and form.is_valid():
        try:
            made = _rewrite(request, managed, statement, form)
        except Invalid as error:
            form.take(error)
        else:
            messages.success(request, _made_words(made))
            return redirect("queue", slug)
    context = {
        "managed": managed,
        "statement": statement,
        "form": form,
        "hints": hints_for(managed.round, [statement])[statement.pk],
        "family": families([statement]).get(statement.pk, NOBODY),
        "voters": statement.votes.count(),
        "added": ADD in request.POST,
    }
    failed = request.method == "POST" and ADD not in request.POST
    return render(request, "organise/rewrite.html", context, status=422 if failed else 200)


def _rewrite(
    request: HttpRequest, managed: Managed, statement: Statement, form: RewriteForm
) -> list[Statement]:
    return lineage.rewrite(
        statement=statement,
        texts=list(form.filled().values()),
        note=form.cleaned_data["note"],
        harmful=form.cleaned_data["harmful"],
        confirmed=form.cleaned_data["confirmed"],
        actor=signed_in(request),
        role=managed.role,
    )


def _made_words(made: list[Statement]) -> str:
    numbers = listed(one.number for one in made)
    words = ngettext(
        "It goes on as statement %(numbers)s. The author can read that.",
        "It goes on as statements %(numbers)s. The author can read that.",
        len(made),
    )
    return words % {"numbers": numbers}


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, slug: str) -> HttpResponse:
    """Put one statement in the place of those in the address: ``?n=3&n=7``."""
    managed = managed_deliberation(request, slug, "moderate")
    chosen, unknown = _chosen(request, managed)
    suggestion = chosen[0].text if chosen else ""
    form = MergeForm(request.POST or None, round=managed.round, suggestion=suggestion)
    if form.is_valid():
        try:
            made = lineage.merge(
                statements=chosen,
                text=form.text,
                note=form.cleaned_data["note"],
                confirmed=form.cleaned_data["confirmed"],
                actor=signed_in(request),
                role=managed.role,
            )
        except Invalid as error:
            form.take(error)
        else:
            words = _("They go on as statement %(n)d. Their authors can read that.")
            messages.success(request, words % {"n": made.number})
            return redirect("queue", slug)
    context = {"managed": managed, "form": form, "unknown": unknown}
    status = 422 if request.method == "POST" or unknown else 200
    context |= _merge_page(managed, chosen)
    return render(request, "organise/merge.html", context, status=status)


def _chosen(request: HttpRequest, managed: Managed) -> tuple[list[Statement], list[str]]:
    """The statements named in the address, by number, and what names none that can be merged."""
    asked = list(dict.fromkeys(n.strip() for n in request.GET.getlist("n") if n.strip()))
    found: list[Statement] = []
    unknown: list[str] = []
    for text in asked[: lineage.MOST_SOURCES]:
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        one = in_round(managed.round, int(text)) if is_number else None
        if one is not None and lineage.may_be_replaced(one):
            found.append(one)
        else:
            unknown.append(text)
    return sorted(found, key=lambda one: one.number), unknown


def _merge_page(managed: Managed, chosen: list[Statement]) -> dict[str, object]:
    """The chosen statements with links that leave one out, and others that are alike."""
    numbers = [one.number for one in chosen]
    alike: dict[int, Statement] = {}
    for hints in hints_for(managed.round, chosen).values():
        for hint in hints:
            if hint.kind != "opposite":
                alike |= {other.pk: other for other in hint.others if other not in chosen}
    return {
        "chosen": [(one, _address(n for n in numbers if n != one.number)) for one in chosen],
        "alike": [(one, _address([*numbers, one.number])) for one in alike.values()],
        "numbers": numbers,
        "address": _address(numbers),
        "opposites": lineage.opposites(chosen, managed.deliberation.language),
    }


def _address(numbers: object) -> str:
    return "?" + urlencode({"n": list(numbers)}, doseq=True)  # type: ignore[call-overload]

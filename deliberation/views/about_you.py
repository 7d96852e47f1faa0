"""What people say about themselves, if they like."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, visible_deliberation
from deliberation.profile_forms import AboutYouForm
from deliberation.selectors.profiles import answers, questions
from deliberation.services import limits
from deliberation.services.profiles import answer_questions
from deliberation.views.answers import HtmxRequest, no_seat, see_other


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def about_you(request: HtmxRequest, slug: str) -> HttpResponse:
    """The organiser's questions, all on one page that can be skipped and changed later."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    asked = questions(deliberation)
    if not asked:
        return redirect("vote", slug)
    kept = answers(participant.seat)
    form = AboutYouForm(asked, request.POST or None, answers=kept)
    if request.method == "POST":
        limits.take(limits.LINK, f"about.{deliberation.pk}.{participant.number}")
        if form.is_valid():
            answer_questions(seat=participant.seat, answers=form.answers())
            return see_other("vote", deliberation)
    context = {"deliberation": deliberation, "form": form, "answered": bool(kept)}
    status = 422 if request.method == "POST" else 200
    return render(request, "deliberation/about_you.html", context, status=status)

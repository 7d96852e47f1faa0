"""The page one comes back to, one's own data, and the way out."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import (
    current_participant,
    current_round,
    forget_participant,
    seat_on_device,
    visible_deliberation,
)
from deliberation.forms import SubscriptionForm
from deliberation.models import Deliberation, Participant
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors import your_part as selector
from deliberation.services import limits
from deliberation.services.own_data import own_data as everything
from deliberation.services.subscriptions import (
    CONFIRM_WITHIN,
    asking_failed,
    mail_offered,
    subscription_of,
)
from deliberation.services.vendors import completion
from deliberation.services.withdrawal import withdraw as leave
from deliberation.views.answers import HtmxRequest, no_seat


@never_cache
@require_safe
def your_part(request: HtmxRequest, slug: str) -> HttpResponse:
    """What you did, what comes next, and how you are told."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    return your_part_page(request, participant)


def your_part_page(
    request: HtmxRequest,
    participant: Participant,
    *,
    form: SubscriptionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with the e-mail form as it was sent if something is wrong with it."""
    deliberation = participant.deliberation
    round = selector.opinion_round(participant)
    part = selector.your_part(participant=participant, round=round)
    now = current_round(deliberation)
    subscription = subscription_of(participant.seat_id)
    context = {
        "deliberation": deliberation,
        "round": round,
        "part": part,
        "completion": completion(participant, voted=part.votes.total, goal=part.goal)
        if part.goal
        else None,
        "may_vote": allows(now.stage, PARTICIPANT, "vote"),
        "may_propose": allows(now.stage, PARTICIPANT, "propose"),
        "mail_offered": mail_offered(),
        "subscription": subscription,
        "letter_failed": subscription is not None and asking_failed(subscription),
        "form": form or SubscriptionForm(),
        "confirm_until": subscription and subscription.asked_at + CONFIRM_WITHIN,
    }
    return render(request, "deliberation/your_part.html", context, status=status)


@never_cache
@require_safe
def own_data(request: HtmxRequest, slug: str) -> HttpResponse:
    """All that is stored about you, as a file."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    limits.take(limits.CONTACT, f"own-data.{deliberation.pk}.{participant.number}")
    name = f"{deliberation.slug}-my-data-{timezone.now():%Y-%m-%d}.json"
    return JsonResponse(
        everything(participant=participant),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HtmxRequest, slug: str) -> HttpResponse:
    """Leave the panel. The page says what will happen before it does."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        if _has_left(request, deliberation):
            return _goodbye(request, deliberation)
        return no_seat(request, deliberation)
    if request.method == "POST":
        limits.take(limits.CONTACT, f"withdraw.{deliberation.pk}.{participant.number}")
        done = leave(participant=participant)
        return _goodbye(request, deliberation, done=done)
    part = selector.your_part(participant=participant, round=selector.opinion_round(participant))
    context = {
        "deliberation": deliberation,
        "leaving": selector.leaving(participant),
        "completion": completion(participant, voted=part.votes.total, goal=part.goal)
        if part.goal
        else None,
    }
    return render(request, "deliberation/withdraw.html", context)


def _has_left(request: HtmxRequest, deliberation: Deliberation) -> bool:
    """Whether the seat that this device remembers was given up: a second click gets here."""
    seat = seat_on_device(request, deliberation)
    if seat is None:
        return False
    return Participant.objects.filter(
        deliberation=deliberation, number=seat.number, withdrawn_at__isnull=False
    ).exists()


def _goodbye(request: HtmxRequest, deliberation: Deliberation, **news: object) -> HttpResponse:
    context = {"deliberation": deliberation} | news
    response = render(request, "deliberation/goodbye.html", context)
    forget_participant(response, deliberation)
    return response

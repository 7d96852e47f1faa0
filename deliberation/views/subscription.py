"""Ask for letters about the next step, confirm the address, and end them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from deliberation.access import current_participant, visible_deliberation
from deliberation.forms import SubscriptionForm
from deliberation.models import Participant
from deliberation.seat_letters import contact_of
from deliberation.services import contacts, limits, subscriptions
from deliberation.services.errors import TooMany
from deliberation.views.answers import HtmxRequest, no_seat
from deliberation.views.your_part import your_part_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HtmxRequest, slug: str) -> HttpResponse:
    """Store, change or delete the address to write to, or ask at it once more."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    if request.method != "POST":
        return redirect("your_part", slug)
    action = request.POST.get("action")
    if action == "end":
        subscriptions.end_subscription(seat=participant.seat)
        messages.success(request, _("Your e-mail address is deleted. No letters will come."))
        return _back(participant)
    if not subscriptions.mail_offered():
        raise Http404
    return _again(request, participant) if action == "again" else _save(request, participant)


def _save(request: HtmxRequest, participant: Participant) -> HttpResponse:
    if participant.deliberation.published_at:
        messages.info(request, _("The constitution is published, so no more letters will come."))
        return _back(participant)
    form = SubscriptionForm(request.POST)
    if not form.is_valid():
        return your_part_page(request, participant, form=form, status=422)
    try:
        _count(request, participant)
    except TooMany as error:
        form.add_error("email", error.message)
        response = your_part_page(request, participant, form=form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    subscription = subscriptions.subscribe(
        participant=participant,
        email=form.cleaned_data["email"],
        language=get_language() or participant.deliberation.language,
    )
    if subscription.confirmed_at:
        messages.success(request, _("Saved. You get a letter at each step."))
    else:
        messages.success(request, _("Almost done: open the link in the letter that we send you."))
    return _back(participant)


def _again(request: HtmxRequest, participant: Participant) -> HttpResponse:
    _count(request, participant)
    if subscriptions.ask_again(seat=participant.seat):
        messages.success(request, _("The letter with the link comes once more."))
    return _back(participant)


def _count(request: HtmxRequest, participant: Participant) -> None:
    """One more letter that this seat and this network ask for. Raises TooMany."""
    limits.take(limits.CONTACT, f"mail.{participant.deliberation_id}.{participant.number}")
    limits.take(subscriptions.LETTERS, limits.network(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_letters(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link of the first letter: yes, this is my address.

    Opening it changes nothing, since mail programs open links before people do. It needs no seat,
    as people read their mail on another device.
    """
    limits.take(limits.LINK, limits.network(request))
    subscription = subscriptions.to_confirm(slug, token)
    if request.method == "POST":
        subscriptions.confirm(subscription=subscription)
        response = redirect("confirm_letters", slug, token)
        response.status_code = 303
        return response
    ending = subscriptions.ending_token(subscription.seat_id, subscription.email)
    context = {
        "deliberation": subscription.seat.panel.deliberation,
        "confirmed": subscription.confirmed_at,
        "ending": ending,
    }
    return render(request, "deliberation/letters_confirm.html", context)


def _back(participant: Participant) -> HttpResponse:
    response = redirect(reverse("your_part", args=[participant.deliberation.slug]) + "#mail")
    response.status_code = 303
    return response


@never_cache
@csrf_exempt  # mail programs send it for their readers, without a page (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the letters by the link in them. Whoever holds the secret may; twice does no harm."""
    if request.method == "POST":
        limits.take(limits.LINK, limits.network(request))
    subscription = subscriptions.find_subscription(token)
    deliberation = subscription.seat.panel.deliberation if subscription else None
    ended = subscription is None
    asked = subscription is not None and subscription.confirmed_at is None
    if subscription is not None and request.method == "POST":
        subscriptions.end_subscription(seat=subscription.seat)
        ended = True
    context = {"deliberation": deliberation, "ended": ended, "asked": asked}
    return render(request, "deliberation/letters_end.html", context)


@never_cache
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def stop_letters(request: HttpRequest, token: str) -> HttpResponse:
    """No more letters to someone whom the organisers have on their list, by the link in each."""
    if request.method == "POST":
        limits.take(limits.LINK, limits.network(request))
    contact = contact_of(token)
    stopped = contact is None or contact.no_letters_at is not None
    if contact is not None and request.method == "POST":
        contacts.stop_letters(contact=contact)
        stopped = True
    title = contact.panel.deliberation.title if contact else ""
    context = {"title": title, "stopped": stopped}
    return render(request, "deliberation/letters_stop.html", context)

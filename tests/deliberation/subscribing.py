"""What tests of letters share: someone who asked for them, and steps to tell of."""

from __future__ import annotations

from django.utils import timezone

from deliberation.models import Deliberation, Participant, Subscription
from deliberation.services.rounds import close_round
from deliberation.services.subscriptions import confirm, subscribe
from tests.factories import join, the_round


def asked(deliberation: Deliberation, email: str = "alice@example.org", language: str = "en"):
    """A participant who wants letters, and has confirmed the address."""
    return wanted(join(deliberation), email, language)


def wanted(participant: Participant, email: str, language: str = "en") -> Subscription:
    """This participant wants letters, and has confirmed the address."""
    subscription = subscribe(participant=participant, email=email, language=language)
    confirm(subscription=subscription)
    subscription.refresh_from_db()
    return subscription


def publish(deliberation: Deliberation) -> None:
    Deliberation.objects.filter(pk=deliberation.pk).update(published_at=timezone.now())


def close(deliberation: Deliberation) -> None:
    close_round(round=the_round(deliberation), actor=None)

"""What tests of letters share: someone who asked for them, and steps to tell of."""

from __future__ import annotations

from django.utils import timezone

from deliberation.models import Deliberation
from deliberation.services.rounds import close_round
from deliberation.services.subscriptions import subscribe
from tests.factories import join, the_round


def asked(deliberation: Deliberation, email: str = "alice@example.org", language: str = "en"):
    """A participant who wants letters."""
    participant = join(deliberation)
    return subscribe(participant=participant, email=email, language=language)


def publish(deliberation: Deliberation) -> None:
    Deliberation.objects.filter(pk=deliberation.pk).update(published_at=timezone.now())


def close(deliberation: Deliberation) -> None:
    close_round(round=the_round(deliberation), actor=None)

"""The questions about oneself, and what one person answered. Never read beside a ballot."""

from __future__ import annotations

from deliberation.models import Deliberation, ProfileAnswer, ProfileQuestion, Seat


def questions(deliberation: Deliberation) -> list[ProfileQuestion]:
    """In the order in which they are asked."""
    return list(ProfileQuestion.objects.filter(panel__deliberation=deliberation).order_by("number"))


def asks_anything(deliberation: Deliberation) -> bool:
    """Whether the organiser asks people about themselves."""
    return ProfileQuestion.objects.filter(panel__deliberation=deliberation).exists()


def answers(seat: Seat) -> dict[int, str]:
    """Chosen option by id of question, of this seat."""
    return dict(ProfileAnswer.objects.filter(seat=seat).values_list("question_id", "option"))

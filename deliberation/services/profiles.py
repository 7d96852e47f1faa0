"""Questions about oneself: what the organiser asks, and what people choose to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deliberation.models import (
    Deliberation,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
    Round,
    Seat,
    User,
)
from deliberation.models.rounds import Phase
from deliberation.texts import clean

from . import locks
from .audit import record
from .errors import Invalid, NoSeat, WrongPhase

MOST_QUESTIONS: Final = 10
_OPTIONS: Final = (2, 30)
_TEXT_MAX, _OPTION_MAX = 200, 100


def read_options(lines: str) -> list[str]:
    """One option a line, tidied. Raises Invalid unless there are 2 to 30 different ones."""
    options = [line for line in map(clean, lines.splitlines()) if line]
    if not _OPTIONS[0] <= len(options) <= _OPTIONS[1]:
        raise Invalid(_("Write 2 to 30 answers, one on each line."), field="options")
    if any(len(option) > _OPTION_MAX for option in options):
        raise Invalid(_("An answer may have at most 100 characters."), field="options")
    if len({option.casefold() for option in options}) < len(options):
        raise Invalid(_("Two of the answers are the same."), field="options")
    return options


def add_question(
    *, deliberation: Deliberation, text: str, options: Sequence[str], actor: User | None
) -> ProfileQuestion:
    """One more question, at the end. Raises Invalid or, once a round has opened, WrongPhase."""
    with _in_preparation(deliberation):
        numbers = list(_questions(deliberation).values_list("number", flat=True))
        if len(numbers) >= MOST_QUESTIONS:
            raise Invalid(
                _("Ten questions are the most. Each one makes people easier to recognise.")
            )
        question = ProfileQuestion.objects.create(
            panel=deliberation.panel,
            number=max(numbers, default=0) + 1,
            text=_question_text(text),
            options=list(options),
        )
        _recorded(deliberation, actor, "question.added", question)
    return question


def edit_question(
    *, question: ProfileQuestion, text: str, options: Sequence[str], actor: User | None
) -> None:
    """Change a question. Answers that were given to its old words are deleted."""
    deliberation = question.panel.deliberation
    text = _question_text(text)
    with _in_preparation(deliberation):
        if (question.text, question.options) == (text, list(options)):
            return
        question.text, question.options = text, list(options)
        question.save(update_fields=["text", "options"])
        question.answers.all().delete()
        _recorded(deliberation, actor, "question.edited", question)


def remove_question(*, question: ProfileQuestion, actor: User | None) -> None:
    """Ask it no more, and delete what was answered."""
    with _in_preparation(question.panel.deliberation):
        _recorded(question.panel.deliberation, actor, "question.removed", question)
        question.delete()


def move_question(
    *, question: ProfileQuestion, way: Literal["up", "down"], actor: User | None
) -> None:
    """Change places with the question before or after it; nothing happens at the ends."""
    deliberation = question.panel.deliberation
    with _in_preparation(deliberation):
        order = list(_questions(deliberation))
        here = next(i for i, one in enumerate(order) if one.pk == question.pk)
        there = here + (-1 if way == "up" else 1)
        if not 0 <= there < len(order):
            return
        mine, other = order[here], order[there]
        places = (other.number, mine.number)
        ProfileQuestion.objects.filter(pk=mine.pk).update(number=0)  # free of both for a moment
        ProfileQuestion.objects.filter(pk=other.pk).update(number=places[1])
        ProfileQuestion.objects.filter(pk=mine.pk).update(number=places[0])
        _recorded(deliberation, actor, "question.moved", question)


def answer_questions(*, seat: Seat, answers: Mapping[int, str]) -> None:
    """Keep what someone chose, with their seat; an empty answer deletes the one before.

    answers : option by id of question. Raises Invalid for what was not asked, NoSeat for someone
    who has left the panel.
    """
    asked = {question.pk: question for question in seat.panel.profile_questions.all()}
    for pk, option in answers.items():
        if pk not in asked or (option and option not in asked[pk].options):
            raise Invalid(_("This answer is not one of those on the page. Please choose again."))
    with transaction.atomic():
        # Leaving deletes the answers under the same lock; none may come after it.
        sitting = Participant.objects.select_for_update(no_key=True).filter(seat=seat)
        if any(participant.withdrawn_at for participant in sitting):
            raise NoSeat(_("You have no seat in this deliberation, or you have left it."))
        for pk, option in answers.items():
            if option:
                ProfileAnswer.objects.update_or_create(
                    seat=seat, question_id=pk, defaults={"option": option}
                )
            else:
                ProfileAnswer.objects.filter(seat=seat, question_id=pk).delete()


@contextmanager
def _in_preparation(deliberation: Deliberation) -> Iterator[None]:
    """Raises WrongPhase once any round has opened: people answered these very questions."""
    with transaction.atomic():
        rounds = Round.objects.select_for_update().filter(deliberation=deliberation)
        if any(round.phase != Phase.DRAFT for round in rounds):
            raise WrongPhase(_("The questions are frozen since the round opened."))
        locks.hold(locks.PANEL, deliberation.pk)
        yield


def _questions(deliberation: Deliberation) -> QuerySet[ProfileQuestion]:
    return ProfileQuestion.objects.filter(panel__deliberation=deliberation).order_by("number")


def _question_text(text: str) -> str:
    text = clean(text)
    if not text:
        raise Invalid(_("Write the question."), field="text")
    if len(text) > _TEXT_MAX:
        raise Invalid(_("A question may have at most 200 characters."), field="text")
    return text


def _recorded(
    deliberation: Deliberation, actor: User | None, action: str, question: ProfileQuestion
) -> None:
    record(deliberation=deliberation, actor=actor, action=action, subject=question.text)

"""What a count takes of people beside their votes: answers that weights use, and groups that came
along with imported votes.

Counting again is impossible without them, so they travel with the votes of a closed round, and
nothing else of people does: only the questions that the plan weights by, and of them only answers
that ``LEAST`` people gave, since a run takes the rest as unknown. Side by side with votes even
these could tell who voted what, of someone whose answers few others share. Therefore a page hands
out such a file only if everybody shares all their answers, silence included, with enough others
(``recognisable``). Otherwise it takes the one who runs the site, who can read the database anyway.
Groups that came along are in the public files of the report, person by person; they hide nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from aggregation.engine import Plan
from deliberation.bundles import ANSWERS, GROUPS
from deliberation.models import ImportedGroup, Participant, ProfileAnswer, ProfileQuestion, Round
from deliberation.plan_words import needs_declared_groups
from deliberation.small_counts import LEAST

_PER_WRITE: Final = 5000

# Participant, place of the question in setup.json (from 1), and the answer.
Answer = tuple[int, int, str]


def questions_used(round: Round) -> list[ProfileQuestion]:
    """The questions about oneself that the plan of the round weights by, in their order."""
    return [question for _place, question in _used(round)]


def answers_used(round: Round) -> list[Answer]:
    """What people answered to them, by number; answers that a run takes as unknown are left out."""
    found: list[Answer] = []
    for place, question in _used(round):
        rows = ProfileAnswer.objects.filter(
            question=question, seat__participant__in=_people(round)
        ).values_list("seat__participant__number", "option")
        often = Counter(option for _number, option in rows)
        found += [(number, place, option) for number, option in rows if often[option] >= LEAST]
    return sorted(found)


def recognisable(round: Round) -> bool:
    """Whether somebody shares what ``answers_used`` says of them with fewer than ``LEAST``."""
    if not questions_used(round):
        return False
    said: dict[int, list[tuple[int, str]]] = {
        number: [] for number in _people(round).values_list("number", flat=True)
    }
    for number, place, option in answers_used(round):
        said[number].append((place, option))
    kinds = Counter(tuple(answers) for answers in said.values())
    return any(people < LEAST for people in kinds.values())


def records_of(round: Round) -> dict[str, Iterator[dict[str, Any]]]:
    """The files that the round's plan needs beside votes, as rows; none for most plans."""
    found: dict[str, Iterator[dict[str, Any]]] = {}
    if questions_used(round):
        found[ANSWERS] = (
            {"participant": number, "question": place, "answer": option}
            for number, place, option in answers_used(round)
        )
    plan = Plan.from_dict(round.plan)
    if needs_declared_groups(plan):
        groups = ImportedGroup.objects.filter(
            participant__in=_people(round), source=plan.grouping.source
        ).order_by("participant__number")
        found[GROUPS] = (
            {"participant": number, "group": label}
            for number, label in groups.values_list("participant__number", "label")
        )
    return found


def put_beside(round: Round, records: dict[str, list[dict[str, Any]]]) -> None:
    """Take in these files, before the round opens. Part of a transaction.

    Raises ValueError, in words, unless they hold just what the plan needs, KeyError with the number
    of a participant who is not there.
    """
    plan = Plan.from_dict(round.plan)
    people = {
        one.number: one for one in Participant.objects.filter(deliberation=round.deliberation_id)
    }
    asked = dict(_used(round))
    if bool(asked) != (ANSWERS in records):
        raise ValueError(_("Its plan and the answers about people in it do not fit together."))
    ProfileAnswer.objects.bulk_create(
        (
            ProfileAnswer(
                seat_id=people[row["participant"]].seat_id,
                question=_question(asked, row),
                option=row["answer"],
            )
            for row in records.get(ANSWERS, [])
        ),
        batch_size=_PER_WRITE,
    )
    if needs_declared_groups(plan) != (GROUPS in records):
        raise ValueError(_("Its plan and the groups of people in it do not fit together."))
    ImportedGroup.objects.bulk_create(
        (
            ImportedGroup(
                participant=people[row["participant"]],
                source=plan.grouping.source or "",
                label=row["group"],
            )
            for row in records.get(GROUPS, [])
        ),
        batch_size=_PER_WRITE,
    )


def _question(asked: dict[int, ProfileQuestion], row: dict[str, Any]) -> ProfileQuestion:
    question = asked.get(row["question"])
    if question is None:
        raise ValueError(
            _("It answers question %(n)d, by which its plan does not weight people.")
            % {"n": row["question"]}
        )
    if row["answer"] not in question.options:
        raise ValueError(
            _("“%(answer)s” is not one of the answers to question %(n)d.")
            % {"answer": row["answer"], "n": row["question"]}
        )
    return question


def _used(round: Round) -> list[tuple[int, ProfileQuestion]]:
    """With their places among all questions, from 1, as in setup.json."""
    weights = Plan.from_dict(round.plan).weights
    wanted = {name for name, _shares in weights.margins} if weights else set()
    asked = round.deliberation.panel.profile_questions.all()
    return [(place, one) for place, one in enumerate(asked, start=1) if one.text in wanted]


def _people(round: Round) -> Any:
    return Participant.objects.of_round(round.closed_at).filter(deliberation=round.deliberation_id)

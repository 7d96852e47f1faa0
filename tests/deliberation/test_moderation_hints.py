"""Hints for moderators: what they find, and that they stay suggestions."""

import pytest

from deliberation import language_guess, similarity
from deliberation.models import Deliberation, Statement
from deliberation.moderation_hints import Hint, hints_for
from deliberation.services.moderation import moderate
from deliberation.services.statements import propose
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliberation() -> Deliberation:
    similarity.warm_up()
    language_guess.warm_up()
    return make_open()


def proposed(deliberation: Deliberation, text: str) -> Statement:
    return propose(participant=join(deliberation), round=the_round(deliberation), text=text)


def hints_on(statement: Statement) -> dict[str, Hint]:
    """The hints on one statement, by kind."""
    found = hints_for(statement.round, [statement])[statement.pk]
    return {hint.kind: hint for hint in found}


def numbers(hint: Hint) -> list[int]:
    return [other.number for other in hint.others]


def test_a_statement_in_other_words_is_named(deliberation: Deliberation) -> None:
    new = proposed(deliberation, "The assistant should admit it when it does not know something.")
    assert numbers(hints_on(new)["near"]) == [1]
    assert "opposite" not in hints_on(new)


def test_the_opposite_is_named_apart(deliberation: Deliberation) -> None:
    new = proposed(deliberation, "The assistant should never answer in plain words.")
    assert numbers(hints_on(new)["opposite"]) == [3]
    assert "near" not in hints_on(new)


def test_what_was_rejected_is_no_duplicate(deliberation: Deliberation) -> None:
    new = proposed(deliberation, "The assistant should admit it when it does not know something.")
    seed = Statement.objects.get(round=new.round, number=1)
    moderate(statement=seed, decision="reject", reason="unclear", actor=None, role="owner")
    assert "near" not in hints_on(new)


def test_a_statement_added_later_is_seen(deliberation: Deliberation) -> None:
    first = proposed(deliberation, "It should speak the dialect of my valley.")
    assert hints_on(first) == {}
    second = proposed(deliberation, "It should speak the dialect of our valley.")
    assert numbers(hints_on(first)["near"]) == [second.number]


def test_personal_data_several_ideas_and_a_question_are_pointed_out(
    deliberation: Deliberation,
) -> None:
    mail = proposed(deliberation, "Complaints should go to bob@example.org at once.")
    assert hints_on(mail)["email"].found == "bob@example.org"
    two = proposed(deliberation, "It should be brief and it must never lie to children.")
    assert "several_ideas" in hints_on(two)
    question = proposed(deliberation, "Who pays for all the electricity?")
    assert "question" in hints_on(question)


def test_one_word_is_very_short(deliberation: Deliberation) -> None:
    assert "short" in hints_on(proposed(deliberation, "Transparency!"))


def test_another_language_is_named(deliberation: Deliberation) -> None:
    german = proposed(deliberation, "Die KI soll immer sagen, woher sie etwas weiß.")
    assert hints_on(german)["language"].words.endswith("another language: German.")


def test_a_coarse_word_is_pointed_out(deliberation: Deliberation) -> None:
    assert hints_on(proposed(deliberation, "No bullshit answers."))["coarse"].found == "bullshit"


def test_hints_change_nothing(deliberation: Deliberation) -> None:
    new = proposed(deliberation, "Write to bob@example.org, and it should never lie.")
    before = Statement.objects.values().get(pk=new.pk)
    assert hints_on(new)
    assert Statement.objects.values().get(pk=new.pk) == before


def test_a_page_asks_twice_however_many_statements(
    deliberation: Deliberation, django_assert_num_queries
) -> None:
    lakes = ("Geneva", "Zurich", "Constance")
    made = [
        proposed(
            deliberation, f"It should tell every swimmer how cold the water of Lake {lake} is."
        )
        for lake in lakes
    ]
    hints_for(made[0].round, made)
    with django_assert_num_queries(2):
        hints_for(made[0].round, made)

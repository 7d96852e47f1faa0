"""Questions about oneself: the organiser's page, and the page that people may skip."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import (
    AuditEntry,
    Deliberation,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
)
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.panels import find_seat, issue_seats
from deliberation.services.profiles import (
    MOST_QUESTIONS,
    add_question,
    answer_questions,
    edit_question,
    move_question,
    read_options,
    remove_question,
)
from deliberation.services.rounds import consent_hash, open_round
from tests.deliberation.browsing import sit
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db

AGES = ["Under 30", "30 to 59", "60 or older"]
REGIONS = ["North", "South"]


def ask(deliberation: Deliberation, text: str = "How old are you?", options=AGES):
    return add_question(deliberation=deliberation, text=text, options=options, actor=None)


def asking() -> tuple[Deliberation, ProfileQuestion, ProfileQuestion]:
    """Open, with two questions."""
    deliberation = make_deliberation()
    age, region = ask(deliberation), ask(deliberation, "Where do you live?", REGIONS)
    open_round(round=the_round(deliberation), actor=None)
    return deliberation, age, region


class TestOrganiserPage:
    PAGE = "/organise/assistant/questions/"

    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_deliberation()

    @pytest.fixture
    def owner(self, client: Client, deliberation: Deliberation) -> Client:
        client.force_login(deliberation.memberships.get().user)
        return client

    def texts(self) -> list[str]:
        return list(ProfileQuestion.objects.values_list("text", flat=True))

    def test_a_question_is_added_with_one_answer_a_line(self, owner: Client):
        sent = {"do": "save", "text": " How old  are you? ", "options": "Under 30\r\n\r\n 30+ \r\n"}
        assert owner.post(self.PAGE, sent).status_code == 302
        question = ProfileQuestion.objects.get()
        assert (question.text, question.options) == ("How old are you?", ["Under 30", "30+"])
        assert AuditEntry.objects.get(action="question.added").subject == "How old are you?"
        assert "Under 30" in owner.get(self.PAGE).content.decode()

    @pytest.mark.parametrize(
        ("text", "options", "words"),
        [
            ("", "a\nb", "Write the question."),
            ("Age?", "only one", "2 to 30 answers"),
            ("Age?", "\n".join(map(str, range(31))), "2 to 30 answers"),
            ("Age?", "Same\nsame", "Two of the answers are the same."),
            ("Age?", "a\n" + "b" * 101, "at most 100 characters"),
            ("x" * 201, "a\nb", "at most 200 characters"),
        ],
    )
    def test_what_does_not_hold_is_said_beside_the_field(
        self, owner: Client, text: str, options: str, words: str
    ):
        answer = owner.post(self.PAGE, {"do": "save", "text": text, "options": options})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not ProfileQuestion.objects.exists()

    def test_edit_move_and_remove(self, owner: Client, deliberation: Deliberation):
        age, region = ask(deliberation), ask(deliberation, "Where?", REGIONS)
        assert "How old are you?" in owner.get(f"{self.PAGE}?edit={age.pk}").content.decode()
        edit = {"do": "save", "question": age.pk, "text": "Age?", "options": "Old\nYoung"}
        owner.post(self.PAGE, edit)
        owner.post(self.PAGE, {"do": "down", "question": age.pk})
        assert self.texts() == ["Where?", "Age?"]
        owner.post(self.PAGE, {"do": "up", "question": age.pk})
        owner.post(self.PAGE, {"do": "up", "question": age.pk})
        assert self.texts() == ["Age?", "Where?"]
        owner.post(self.PAGE, {"do": "remove", "question": region.pk})
        assert self.texts() == ["Age?"]

    def test_questions_of_others_are_not_there(self, owner: Client):
        other = ask(make_deliberation(slug="other", owner=make_user("bob@example.org")))
        for do in ("up", "remove", "save"):
            assert owner.post(self.PAGE, {"do": do, "question": other.pk}).status_code == 404
        assert ProfileQuestion.objects.filter(pk=other.pk).exists()

    def test_from_opening_on_it_is_frozen(self, owner: Client, deliberation: Deliberation):
        age = ask(deliberation)
        open_round(round=the_round(deliberation), actor=None)
        page = owner.get(self.PAGE).content.decode()
        assert "frozen since the round opened" in page
        assert 'name="do"' not in page
        assert owner.post(self.PAGE, {"do": "remove", "question": age.pk}).status_code == 409
        assert self.texts() == ["How old are you?"]


class TestService:
    def test_every_change_is_refused_once_open(self):
        _deliberation, age, _region = asking()
        for change in (
            lambda: ask(age.panel.deliberation, "More?"),
            lambda: edit_question(question=age, text="x?", options=AGES, actor=None),
            lambda: remove_question(question=age, actor=None),
            lambda: move_question(question=age, way="down", actor=None),
        ):
            with pytest.raises(WrongPhase):
                change()

    def test_ten_questions_are_the_most(self):
        deliberation = make_deliberation()
        for n in range(MOST_QUESTIONS):
            ask(deliberation, f"Question {n}?")
        with pytest.raises(Invalid):
            ask(deliberation, "One more?")

    def test_answers_to_the_old_words_are_deleted_with_them(self):
        deliberation = make_deliberation()
        age = ask(deliberation)
        (issued,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        seat = find_seat(deliberation, issued.token)
        answer_questions(seat=seat, answers={age.pk: "Under 30"})
        edit_question(question=age, text=age.text, options=AGES, actor=None)
        assert ProfileAnswer.objects.get().option == "Under 30"
        edit_question(question=age, text=age.text, options=["Old", "Young"], actor=None)
        assert not ProfileAnswer.objects.exists()

    def test_lines_are_tidied(self):
        assert read_options(" a \r\n\n\tb  c ") == ["a", "b c"]


class TestAboutYou:
    def page(self, deliberation: Deliberation) -> str:
        return reverse("about_you", args=[deliberation.slug])

    def test_it_comes_after_consent_and_before_the_first_vote(self):
        deliberation, _age, _region = asking()
        client, _participant = sit(deliberation)
        assert client.get(reverse("join", args=[deliberation.slug])).url.endswith("/vote/")
        html = client.get(self.page(deliberation)).content.decode()
        assert html.count("Prefer not to say") == 2
        assert "kept apart from your votes" in html
        assert "fewer than 10 people" in html

    def test_joining_leads_there_only_if_something_is_asked(self):
        asked, _age, _region = asking()
        for deliberation, where in ((asked, "about-you"), (make_open(slug="plain"), "vote")):
            sent = {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}
            answer = Client().post(f"/d/{deliberation.slug}/join/", sent)
            assert answer.headers["Location"] == f"/d/{deliberation.slug}/{where}/"

    def test_where_nothing_is_asked_it_leads_on(self):
        deliberation = make_open()
        client, _participant = sit(deliberation)
        assert client.get(self.page(deliberation)).url.endswith("/vote/")

    def test_answers_are_kept_with_the_seat_and_can_be_changed_and_cleared(self):
        deliberation, age, region = asking()
        client, participant = sit(deliberation)
        first = {f"question-{age.pk}": "Under 30", f"question-{region.pk}": ""}
        assert client.post(self.page(deliberation), first).status_code == 303
        kept = ProfileAnswer.objects.get()
        assert (kept.seat_id, kept.option) == (participant.seat_id, "Under 30")
        html = client.get(self.page(deliberation)).content.decode()
        assert html.count("checked") == 2
        client.post(self.page(deliberation), first | {f"question-{age.pk}": "60 or older"})
        assert ProfileAnswer.objects.get().option == "60 or older"
        client.post(self.page(deliberation), {f"question-{age.pk}": ""})
        assert not ProfileAnswer.objects.exists()

    def test_skipping_stores_nothing(self):
        deliberation, _age, _region = asking()
        client, _participant = sit(deliberation)
        html = client.get(self.page(deliberation)).content.decode()
        assert "Skip all of this" in html
        client.post(self.page(deliberation), {})
        assert not ProfileAnswer.objects.exists()

    def test_an_answer_that_was_not_offered_is_refused(self):
        deliberation, age, _region = asking()
        client, _participant = sit(deliberation)
        answer = client.post(self.page(deliberation), {f"question-{age.pk}": "Ancient"})
        assert answer.status_code == 422
        assert "Choose one of these answers." in answer.content.decode()
        assert not ProfileAnswer.objects.exists()

    def test_it_needs_a_seat(self, client: Client):
        deliberation, age, _region = asking()
        answer = client.post(self.page(deliberation), {f"question-{age.pk}": "Under 30"})
        assert answer.status_code == 403
        assert not Participant.objects.exists()

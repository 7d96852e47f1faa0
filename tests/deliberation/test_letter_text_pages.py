"""The pages on which organisers write their own words for letters."""

from __future__ import annotations

import html
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from deliberation.letter_texts import standard
from deliberation.models import Deliberation, LetterText
from deliberation.services.letter_texts import save_letter_text
from deliberation.tasks import mail_letter_sample
from tests.deliberation.organising import sign_in_as
from tests.deliberation.recruits import invited, listed, person
from tests.deliberation.subscribing import close
from tests.factories import make_deliberation, make_open

pytestmark = pytest.mark.django_db

ALL = "/organise/assistant/letters/"
SEAT = f"{ALL}seat/en/"
OWN = {"subject": "Come to {title}", "text": "We would like you to come."}


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.MAIL_LINKS = "https://moot.example.org"
    settings.MAIL_OFFERED = True


def page(response) -> str:
    return html.unescape(response.content.decode())


def write(deliberation: Deliberation, kind: str = "seat", language: str = "en", **changes) -> None:
    save_letter_text(
        deliberation=deliberation, kind=kind, language=language, actor=None, **OWN | changes
    )


def test_the_list_shows_each_letter_and_whose_words_it_has(alices, deliberation):
    listed(deliberation, person(1), person(2, language="de"))
    write(deliberation, "reminder", "de", text="Kommen Sie doch.")
    shown = page(alices.get(ALL))
    for said in ("you are invited to a panel", "it fell on you", "the lot fell on others"):
        assert said in shown
    assert shown.count("Write your own words") == 19
    assert shown.count("Change your words") == 1
    assert f'href="{ALL}reminder/de/"' in shown


def test_the_panel_page_leads_there_and_shows_own_words(alices, deliberation):
    write(deliberation)
    shown = page(alices.get("/organise/assistant/panel/"))
    assert f'href="{ALL}"' in shown
    assert "We would like you to come." in shown


def test_one_begins_with_the_standard_words(alices, deliberation):
    shown = page(alices.get(f"{ALL}drawn/fr/"))
    words = standard("drawn", "fr")
    assert f'value="{words.subject}"' in shown
    assert words.text in shown
    assert "{question}" in shown
    assert f'<form method="post" action="{ALL}drawn/fr/"' in shown
    assert shown.count('lang="fr"') >= 4, "the name, both fields, the letter"


def test_what_is_saved_stands_in_the_letter_from_then_on(alices, deliberation):
    answer = alices.post(SEAT, OWN | {"do": "save"}, follow=True)
    assert answer.redirect_chain == [(ALL, 302)]
    assert "Letters that are sent from now on say this." in page(answer)
    assert LetterText.objects.get().text == OWN["text"]
    assert "We would like you to come." in page(alices.get(ALL))


def test_looking_stores_nothing_and_keeps_what_was_typed(alices, deliberation):
    answer = alices.post(SEAT, {"subject": "To {title}", "text": "Is it {question}", "do": "show"})
    assert answer.status_code == 200
    shown = page(answer)
    assert "Is it {question}</textarea>" in shown
    assert "Is it What should the assistant do?" in shown
    assert "To How an assistant should behave" in shown
    assert not LetterText.objects.exists()


def test_looking_without_a_button_is_looking(alices, deliberation):
    assert alices.post(SEAT, OWN).status_code == 200
    assert not LetterText.objects.exists()


@pytest.mark.parametrize("do", ["save", "show", "send"])
def test_what_does_not_hold_is_said_at_its_field_with_what_was_typed(alices, deliberation, do):
    answer = alices.post(SEAT, {"subject": "", "text": "Dear {name}", "do": do})
    assert answer.status_code == 422
    shown = page(answer)
    assert "“{name}” is not known." in shown
    assert "Dear {name}</textarea>" in shown
    assert "Write the subject of the letter." in shown
    assert not LetterText.objects.exists()
    assert mail.outbox == []


def test_line_ends_of_browsers_count_once(alices, deliberation):
    longest = "\r\n".join(["x" * 49] * 100)
    assert alices.post(SEAT, OWN | {"text": longest, "do": "save"}).status_code == 302
    assert LetterText.objects.get().text == longest.replace("\r\n", "\n")


def test_words_are_shown_as_words(alices, deliberation):
    answer = alices.post(SEAT, OWN | {"text": "<script>alert(1)</script>", "do": "show"})
    assert "<script>alert(1)" not in answer.content.decode()


def test_it_is_sent_to_whoever_asks_and_to_nobody_else(alices, deliberation):
    invited(deliberation, person(1))
    mail.outbox.clear()
    with patch("deliberation.services.letter_texts.hint", return_value=False):
        answer = alices.post(SEAT, OWN | {"do": "send"})
    assert "A letter to look at is on its way to alice@example.org." in page(answer)
    assert "We would like you to come.</textarea>" in page(answer)
    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    assert letter.subject == "Come to How an assistant should behave"
    assert not LetterText.objects.exists()


def test_a_worker_sends_it_where_there_is_one(alices, deliberation):
    with patch("deliberation.services.letter_texts.hint", return_value=True) as asked:
        alices.post(SEAT, OWN | {"do": "send"})
    assert mail.outbox == []
    ((task, args), _more) = asked.call_args
    assert task == mail_letter_sample.name
    assert mail_letter_sample(*args)
    assert mail.outbox[0].to == ["alice@example.org"]


def test_nobody_fills_a_mailbox_with_samples(alices, deliberation):
    with patch("deliberation.services.letter_texts.hint", return_value=True):
        answers = [alices.post(SEAT, OWN | {"do": "send"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "We would like you to come.</textarea>" in page(answers[-1])


def test_a_letter_that_cannot_be_sent_is_told(alices, deliberation, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with patch("deliberation.services.letter_texts.hint", return_value=False):
        shown = page(alices.post(SEAT, OWN | {"do": "send"}))
    assert "The letter could not be sent." in shown
    assert "We would like you to come.</textarea>" in shown


def test_without_mail_nothing_is_offered(alices, deliberation, settings):
    settings.MAIL_OFFERED = False
    assert "Send it to me" not in page(alices.get(SEAT))
    assert alices.post(SEAT, OWN | {"do": "send"}).status_code == 404


def test_the_way_back_to_the_standard_words(alices, deliberation):
    assert "Back to the standard words" not in page(alices.get(SEAT))
    write(deliberation)
    assert "Back to the standard words" in page(alices.get(SEAT))
    assert alices.post(SEAT, {"do": "standard"}).status_code == 302
    assert not LetterText.objects.exists()


@pytest.mark.parametrize("address", ["confirm/en/", "seat/xx/", "seat/en-GB/"])
def test_other_letters_are_not_there(alices, deliberation, address):
    assert alices.get(f"{ALL}{address}").status_code == 404
    assert alices.post(f"{ALL}{address}", OWN | {"do": "save"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 302), ("organiser", 302), ("recruiter", 302), ("moderator", 403), ("auditor", 403)],
)
def test_who_may_write(deliberation, role, status):
    client = Client()
    sign_in_as(client, role, deliberation)
    assert client.post(SEAT, OWN | {"do": "save"}).status_code == status
    assert LetterText.objects.exists() == (status == 302)


def test_after_closing_one_can_read_and_not_write(alices, deliberation):
    close(deliberation)
    assert alices.get(ALL).status_code == 200
    shown = page(alices.get(SEAT))
    assert "<textarea" not in shown
    assert "Change them" not in shown
    assert "you are invited to a panel" in shown
    assert alices.post(SEAT, OWN | {"do": "save"}).status_code == 409


def test_letters_on_paper_have_the_same_words(alices):
    deliberation = make_deliberation()
    write(deliberation, text="First line.\n\nOf {title} & more.")
    invited(deliberation, person(1, email=""), person(2, email="", language="de"))
    shown = page(alices.post(reverse("print_letters", args=["assistant"])))
    assert shown.count("First line.") == 1
    assert "Of How an assistant should behave & more." in shown
    assert "Dear Person 1," in shown
    assert shown.count('class="letter"') == 2


def test_words_of_one_deliberation_are_not_those_of_another(alices, deliberation):
    write(make_open(slug="other"))
    assert "We would like you to come." not in page(alices.get(ALL))

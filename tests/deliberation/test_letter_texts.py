"""Organisers' own words in letters: what is theirs, and what nobody can lose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from deliberation.bundles.importing import import_bundle
from deliberation.bundles.reading import Bundle, read_bundle
from deliberation.bundles.set_up import set_up_of
from deliberation.bundles.writing import bundle
from deliberation.letter_samples import sample_letter
from deliberation.letter_texts import PLACES, languages_of, standard, tidy, wording
from deliberation.models import AuditEntry, Contact, Deliberation, DrawnMember, LetterText, Seat
from deliberation.models.recruiting import MailKind
from deliberation.services.contacts import write_again
from deliberation.services.draws import invite_drawn, tell_not_drawn
from deliberation.services.errors import Invalid
from deliberation.services.letter_texts import reset_letter_text, save_letter_text, send_sample
from deliberation.services.outbox import enqueue_many, send_due
from tests.deliberation.drawing import make_draw, make_pool
from tests.deliberation.recruits import invited, person, sit_down
from tests.deliberation.test_letters import Sink, listening
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db

SITE = "https://moot.example.org"
OWN = {"subject": "Come to {title}", "text": "We would like you to come.\n\n“{question}”"}


@pytest.fixture(autouse=True)
def _public_address(settings):
    settings.MAIL_LINKS = SITE
    settings.MAIL_OFFERED = True


def write(deliberation: Deliberation, kind: str = "seat", language: str = "en", **changes) -> bool:
    return save_letter_text(
        deliberation=deliberation, kind=kind, language=language, actor=None, **OWN | changes
    )


def sent(number: int = 0) -> mail.EmailMessage:
    send_due()
    return mail.outbox[number]


class TestLetters:
    def test_own_words_stand_between_greeting_and_link(self):
        deliberation = make_open()
        invited(deliberation, person(1))
        write(deliberation)
        letter = sent()
        assert letter.subject == "Come to How an assistant should behave"
        assert letter.body.startswith(
            "Dear Person 1,\n\nWe would like you to come.\n\n“What should the assistant do?”\n\n"
        )
        assert re.search(rf"\n{SITE}/d/assistant/seat/\S+\n", letter.body)
        assert "You vote under a number" in letter.body
        assert f"{SITE}/mail/stop/" in letter.body
        assert "List-Unsubscribe" in letter.extra_headers
        assert "you are invited to a panel" not in letter.body

    def test_a_reminder_has_its_own_words_and_the_same_link(self):
        deliberation = make_open()
        invited(deliberation, person(1))
        first = sent()
        write(deliberation, "reminder", text="Are you coming?")
        enqueue_many(
            kind=MailKind.REMINDER,
            deliberation=deliberation,
            contacts=list(Contact.objects.all()),
        )
        second = sent(1)
        links = [re.search(r"https://\S+/seat/\S+", m.body)[0] for m in (first, second)]
        assert links[0] == links[1]
        assert "Are you coming?" in second.body
        assert "you are invited to a panel" in first.body

    def test_without_own_words_in_a_language_its_readers_get_the_standard_ones_in_it(self):
        deliberation = make_open()
        invited(deliberation, person(1), person(2, language="de"))
        write(deliberation)
        sent()
        english, german = mail.outbox
        assert OWN["text"].split("\n")[0] in english.body
        assert OWN["text"].split("\n")[0] not in german.body
        with translation.override("de"):
            assert translation.gettext("The question to the panel:") in german.body

    def test_own_words_in_another_language_reach_its_readers_only(self):
        deliberation = make_open()
        invited(deliberation, person(1), person(2, language="de"))
        write(deliberation, language="de", subject="Kommen Sie?", text="Kommen Sie doch.")
        sent()
        english, german = mail.outbox
        assert "Kommen Sie doch." in german.body
        assert german.subject == "Kommen Sie?"
        assert "you are invited to a panel" in english.body

    def test_a_letter_that_waits_says_what_is_saved_when_it_is_sent(self):
        deliberation = make_open()
        invited(deliberation, person(1))
        write(deliberation)
        write(deliberation, text="Changed meanwhile.")
        assert "Changed meanwhile." in sent().body

    def test_a_new_link_for_a_lost_one_comes_with_the_words_for_that(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        write(deliberation)
        sit_down(contact)
        write_again(contact=Contact.objects.get(), actor=None)
        letter = sent()
        assert "here is a new link to your seat" in letter.body
        assert "We would like you to come." not in letter.body

    def test_letters_of_the_lottery_keep_answer_and_explanation_of_the_lot(self):
        deliberation = make_deliberation()
        pool = make_pool(deliberation)
        draw = make_draw(pool)
        write(deliberation, "drawn", text="It is you.")
        write(deliberation, "not_drawn", text="It is others.")
        invite_drawn(draw=draw, actor=None)
        tell_not_drawn(pool=pool, actor=None)
        send_due()
        lot = f"{SITE}/d/assistant/draws/"
        drawn = [m.body for m in mail.outbox if "It is you." in m.body]
        others = [m.body for m in mail.outbox if "It is others." in m.body]
        assert len(drawn) == DrawnMember.objects.count()
        assert len(drawn) + len(others) == len(mail.outbox)
        assert all(re.search(rf"{SITE}/d/assistant/answer/\S+", body) for body in drawn)
        assert all(lot in body for body in drawn + others)
        assert all("To take your name off the list" in body for body in drawn + others)

    def test_what_stands_in_braces_in_a_title_is_left_alone(self):
        deliberation = make_open(title="Of {question} and {0.__class__}")
        invited(deliberation, person(1))
        write(deliberation)
        assert sent().subject == "Come to Of {question} and {0.__class__}"


class TestStandardWords:
    @pytest.mark.parametrize("kind", LetterText.KINDS)
    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
    def test_they_can_be_saved_as_own_ones_in_every_language(self, kind, language):
        """So that whoever begins with them finds nothing that does not hold."""
        words = standard(kind, language)
        assert "{title}" in words.subject
        assert set(re.findall(r"\{(.*?)\}", words.subject + words.text)) <= set(PLACES)
        deliberation = make_deliberation()
        changed = write(deliberation, kind, language, subject=words.subject, text=words.text + "!")
        assert changed
        assert LetterText.objects.get().text == words.text + "!"

    def test_saving_them_unchanged_stores_nothing(self):
        deliberation = make_deliberation()
        words = standard("seat", "en")
        assert not write(deliberation, subject=words.subject, text=words.text)
        write(deliberation)
        assert write(deliberation, subject=words.subject, text=words.text)
        assert not LetterText.objects.exists()
        assert wording(deliberation, "seat", "en") == words

    def test_the_deliberations_own_language_comes_first(self):
        assert next(iter(languages_of(make_deliberation(language="fr")))) == "fr"
        assert list(languages_of(Deliberation(language="it")))[:2] == ["it", "en"]


class TestSaving:
    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("text", {"text": "Hello {name}"}),
            ("text", {"text": "{title.deliberation}"}),
            ("text", {"text": "{ question }"}),
            ("subject", {"subject": "{0}"}),
            ("subject", {"subject": " \n "}),
            ("text", {"text": "\u0000 \r\n"}),
            ("subject", {"subject": "x" * 151}),
            ("text", {"text": "x" * 5001}),
        ],
    )
    def test_what_does_not_hold_is_refused_at_its_field(self, field, changes):
        with pytest.raises(Invalid) as refused:
            write(make_deliberation(), **changes)
        assert refused.value.field == field
        assert not LetterText.objects.exists()

    @pytest.mark.parametrize(("kind", "language"), [("confirm", "en"), ("seat", "xx")])
    def test_there_are_no_other_letters(self, kind, language):
        with pytest.raises(Invalid):
            write(make_deliberation(), kind, language)

    def test_a_lone_brace_is_a_brace(self):
        deliberation = make_deliberation()
        assert write(deliberation, text="Smile :-{ too")
        assert "Smile :-{ too" in sample_letter(the_round(deliberation), "seat", "en").text

    def test_a_subject_is_one_line_and_a_text_is_tidied(self):
        write(make_deliberation(), subject="One\r\nBcc: eve@example.org", text=" a \r\n\r\nb\x07 ")
        own = LetterText.objects.get()
        assert own.subject == "One Bcc: eve@example.org"
        assert own.text == "a\n\nb"

    def test_letters_that_join_or_turn_the_direction_are_kept(self):
        assert tidy("می\u200cخواهم \u2067x\u2069") == "می\u200cخواهم \u2067x\u2069"

    def test_every_change_leaves_a_line_without_a_person(self):
        deliberation = make_open()
        write(deliberation)
        write(deliberation)
        write(deliberation, text="Other words.")
        reset_letter_text(deliberation=deliberation, kind="seat", language="en", actor=None)
        reset_letter_text(deliberation=deliberation, kind="seat", language="en", actor=None)
        found = AuditEntry.objects.filter(action__startswith="letter.").order_by("pk")
        assert list(found.values_list("action", "subject")) == [
            ("letter.reworded", "seat, en"),
            ("letter.reworded", "seat, en"),
            ("letter.reset", "seat, en"),
        ]


class TestSamples:
    def test_it_says_that_it_is_one_and_its_links_do_too(self):
        alice = make_user()
        round = the_round(make_deliberation(owner=alice))
        for kind in LetterText.KINDS:
            assert send_sample(round.pk, kind, "en", "{title}", "My words.", alice.pk, "en")
        client = Client()
        links = set()
        for letter in mail.outbox:
            assert letter.to == ["alice@example.org"]
            assert letter.body.startswith("This is a sample")
            assert "My words." in letter.body
            links |= set(re.findall(rf"{SITE}(/\S*sample\S*)", letter.body))
        assert len(links) == 4, links
        for link in links:
            answer = client.get(link)
            assert answer.status_code == 410
            assert "a sample of a letter" in answer.content.decode()

    def test_no_seat_is_behind_it(self):
        invited(make_open(), person(1))
        answer = Client().post("/d/assistant/seat/sample/", {"agree": "on"})
        assert answer.status_code == 410
        assert Seat.objects.get().taken_at is None

    def test_it_is_told_in_the_readers_language_and_written_in_its_own(self):
        alice = make_user()
        round = the_round(make_deliberation(owner=alice))
        words = standard("seat", "fr")
        send_sample(round.pk, "seat", "fr", words.subject, words.text, alice.pk, "en")
        (letter,) = mail.outbox
        with translation.override("fr"):
            assert translation.gettext("The question to the panel:") in letter.body
        assert letter.body.startswith("This is a sample")
        assert letter.extra_headers["Content-Language"] == "fr"

    def test_a_mail_server_that_refuses_is_told(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        alice = make_user()
        round = the_round(make_deliberation(owner=alice))
        assert not send_sample(round.pk, "seat", "en", "a", "b", alice.pk, "en")


def taken_along(deliberation: Deliberation) -> Bundle:
    return read_bundle(bundle(deliberation, the_round(deliberation)))


def test_a_real_mail_server_gets_the_words_as_they_were_written(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    alice = make_user()
    deliberation = make_open(owner=alice)
    long = " ".join(["word"] * 900)
    text = "أهلًا وسهلًا\n\n.\n" + long + "\n\n{question}"
    write(deliberation, language="ar", subject="تعالوا إلى {title}", text=text)
    invited(deliberation, person(1, language="ar"))
    sink = Sink()
    with listening(sink) as port:
        settings.EMAIL_PORT = port
        assert send_due() == 1
        words = ("تعالوا إلى {title}", text)
        assert send_sample(the_round(deliberation).pk, "seat", "ar", *words, alice.pk, "en")
    assert [to for to, _message in sink.letters] == [["p1@example.org"], ["alice@example.org"]]
    for _to, message in sink.letters:
        lines = message.get_content().splitlines()
        assert message["Subject"].strip() == "تعالوا إلى How an assistant should behave"
        assert lines[lines.index("أهلًا وسهلًا") :][:4] == [
            "أهلًا وسهلًا",
            "",
            ".",
            long,
        ]
        assert "What should the assistant do?" in lines


class TestPortability:
    def test_own_words_come_back_out_of_a_bundle(self):
        source = make_deliberation()
        write(source)
        write(source, "drawn", "ar", subject="{title}", text="أهلًا\n\n{question}")
        made = import_bundle(bundle=taken_along(source), owner=make_user("bob@example.org"))
        assert made != source
        there, here = (set_up_of(one, the_round(one))["letters"] for one in (made, source))
        assert there == here
        assert len(there) == 2

    def test_a_bundle_from_before_there_were_any_is_still_read(self):
        found = taken_along(make_deliberation())
        del found.set_up["letters"]
        made = import_bundle(bundle=found, owner=make_user("bob@example.org"))
        assert not made.letter_texts.exists()

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"text": "Dear {name}"}, "“{name}” is not known"),
            ({"language": "xx"}, "seat, xx: There is no such letter"),
        ],
    )
    def test_words_that_do_not_hold_are_refused_and_nothing_is_taken(
        self, changes: dict[str, Any], told: str
    ):
        source = make_deliberation()
        write(source)
        found = taken_along(source)
        found.set_up["letters"][0] |= changes
        with pytest.raises(Invalid) as refused:
            import_bundle(bundle=found, owner=make_user("bob@example.org"))
        assert refused.value.field == "file"
        assert told in refused.value.message
        assert Deliberation.objects.count() == 1

    @pytest.mark.parametrize("wanted", [True, False])
    def test_a_copy_has_them_if_they_are_wanted(self, client, wanted):
        source = make_deliberation()
        write(source)
        client.force_login(source.memberships.get().user)
        sent = {"title": "The next one", "parts": ["letters"] if wanted else []}
        assert client.post("/organise/assistant/copy/", sent).status_code == 302
        copy = Deliberation.objects.get(title="The next one")
        found = list(copy.letter_texts.values_list("kind", "text"))
        assert found == ([("seat", OWN["text"])] if wanted else [])

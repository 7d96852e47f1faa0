"""Letters on paper: for whom, with which words and which link, so many on a page."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliberation.models import AuditEntry, Contact, Draw, LetterText, Outgoing
from deliberation.models.recruiting import Answer, MailState
from deliberation.services import outbox
from deliberation.services.draws import answer, invite_drawn, start_replacement, thanked_on_paper
from deliberation.services.pools import member_token
from deliberation.services.recruiting import on_paper, seat_link_token
from deliberation.views import print_sheets
from tests.deliberation.drawing import execute, make_draw, make_pool
from tests.deliberation.organising import sign_in_as
from tests.deliberation.recruits import invited, person, sit_down
from tests.factories import make_deliberation, make_open

pytestmark = pytest.mark.django_db
HOME = "/organise/assistant/"
PRINT = f"{HOME}contacts/print/"
TOWN = "Musterweg 5\n12345 Musterstadt"


@pytest.fixture
def draw() -> Draw:
    """A panel of ten drawn out of sixty, all of them invited, nobody with e-mail."""
    pool = make_pool(make_deliberation())
    Contact.objects.update(email="", postal_address=TOWN)
    drawn = make_draw(pool)
    invite_drawn(draw=drawn, actor=None)
    return drawn


def printed(client: Client, deliberation, **sent: object) -> str:
    if not client.cookies:
        sign_in_as(client, "recruiter", deliberation)
    answered = client.post(PRINT, sent)
    assert answered.status_code == 200
    assert "no-store" in answered["Cache-Control"]
    return answered.content.decode()


def letters(page: str) -> list[str]:
    """What each letter says, without its tags and its square."""
    found = re.findall(r'<article class="letter".*?</article>', page, re.DOTALL)
    bare = (re.sub(r"<svg.*?</svg>", "", one, flags=re.DOTALL) for one in found)
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in bare]


class TestInvited:
    def test_name_and_address_stand_line_by_line_below_the_sender(self, client):
        deliberation = make_open()
        invited(deliberation, person(1, email="", reference="A-17", postal_address=TOWN))
        page = printed(client, deliberation)
        (window,) = re.findall(r"<address.*?</address>", page, re.DOTALL)
        lines = re.sub(r"<(?!br)[^>]*>", "", window)
        at = [lines.index(w) for w in (deliberation.title, "A-17", "Person 1", "Musterweg 5")]
        assert at == sorted(at)
        assert "Musterweg 5<br>12345 Musterstadt" in window

    def test_whose_e_mail_came_back_gets_one_if_there_is_a_postal_address(self, client):
        deliberation = make_open()
        people = invited(
            deliberation,
            *(person(n, postal_address=TOWN) for n in (1, 2, 3)),
            person(4),
        )
        back = Outgoing.objects.filter(contact__in=[people[0], people[1], people[3]])
        back.update(state=MailState.BOUNCED)
        Outgoing.objects.filter(contact=people[2]).update(state=MailState.SENT)
        again = outbox.enqueue(kind="reminder", deliberation=deliberation, contact=people[1])
        Outgoing.objects.filter(pk=again.pk).update(state=MailState.SENT)
        assert list(on_paper(deliberation.panel)) == [people[0]]
        (letter,) = letters(printed(client, deliberation))
        assert "Person 1" in letter
        for one, offered in zip(people, [True, False, False, False], strict=True):
            page = client.get(f"{HOME}contacts/{one.pk}/").content.decode()
            assert ('name="letters" value="one"' in page) is offered

    def test_whoever_has_e_mail_gets_none_and_whoever_came_gets_no_other(self, client):
        deliberation = make_open()
        paper = {"email": "", "postal_address": TOWN}
        people = invited(
            deliberation,
            person(1, postal_address=TOWN),
            *(person(n, **paper) for n in (2, 3, 4)),
        )
        sit_down(people[2])
        Contact.objects.filter(pk=people[3].pk).update(no_letters_at=timezone.now())
        (letter,) = letters(printed(client, deliberation))
        assert "Person 2" in letter
        assert seat_link_token(people[1].seat) in letter

    def test_the_contacts_page_counts_the_letters_that_are_printed(self, client):
        deliberation = make_open()
        people = invited(deliberation, *(person(n, email="") for n in (1, 2, 3)))
        Contact.objects.filter(pk=people[0].pk).update(no_letters_at=timezone.now())
        sign_in_as(client, "recruiter", deliberation)
        assert "Print 2 letters" in client.get(f"{HOME}contacts/").content.decode()

    def test_the_letter_is_in_its_readers_language_and_direction(self, client):
        deliberation = make_open()
        invited(deliberation, person(1, email="", language="ar"))
        assert '<article class="letter" lang="ar" dir="rtl">' in printed(client, deliberation)

    def test_organisers_own_words_stand_on_paper_too(self, client):
        deliberation = make_open()
        invited(deliberation, person(1, email=""), person(2, email="", language="de"))
        LetterText.objects.create(
            deliberation=deliberation,
            kind="seat",
            language="en",
            subject="Come to {title}",
            text="Tea is served.\n\n{question}",
        )
        english, german = letters(printed(client, deliberation))
        question = deliberation.rounds.get().question
        assert f"Come to {deliberation.title}" in english
        assert f"Dear Person 1, Tea is served. {question}" in english
        assert "Tea is served" not in german

    def test_people_without_an_address_are_counted(self, client):
        deliberation = make_open()
        invited(deliberation, person(1, email=""), person(2, email="", postal_address=TOWN))
        assert "1 person has no postal address here" in printed(client, deliberation)

    def test_many_letters_come_in_parts_without_a_gap(self, client, monkeypatch):
        monkeypatch.setattr(print_sheets, "_LETTERS", 2)
        deliberation = make_open()
        people = invited(deliberation, *(person(n, email="") for n in range(1, 6)))
        page, seen = printed(client, deliberation), []
        for left in (3, 1):
            seen += letters(page)
            assert f"Then go on: {left} more letter" in page
            (after,) = re.findall(r'name="after" value="(\d+)"', page)
            sit_down(people[len(seen) - 1])  # whoever comes meanwhile moves nobody
            page = printed(client, deliberation, after=after)
        seen += letters(page)
        assert "Then go on" not in page
        assert [f"Person {n}" in seen[n - 1] for n in range(1, 6)] == [True] * 5

    def test_one_letter_alone_is_printed_from_the_page_of_a_contact(self, client):
        deliberation = make_open()
        people = invited(deliberation, *(person(n, email="") for n in (1, 2)))
        (letter,) = letters(printed(client, deliberation, letters="one", contact=people[1].pk))
        assert "Person 2" in letter
        page = client.get(f"{HOME}contacts/{people[1].pk}/").content.decode()
        assert "Print the letter" in page
        assert f'name="contact" value="{people[1].pk}"' in page

    def test_a_letter_to_someone_of_another_deliberation_is_not_printed(self, client):
        deliberation = make_open()
        (stranger,) = invited(make_open(slug="other"), person(1, email=""))
        page = printed(client, deliberation, letters="one", contact=stranger.pk)
        assert letters(page) == []
        assert "Person 1" not in page

    def test_more_letters_ask_the_database_no_more_often(self, client, monkeypatch):
        deliberation = make_open()
        invited(deliberation, *(person(n, email="") for n in range(8)))
        asked = []
        for many in (2, 8):
            monkeypatch.setattr(print_sheets, "_LETTERS", many)
            printed(client, deliberation)
            with CaptureQueriesContext(connection) as queries:
                assert len(letters(printed(client, deliberation))) == many
            asked.append(len(queries))
        assert asked[0] == asked[1]

    @pytest.mark.parametrize("odd", ["99999999999999", "-1", "two", "²"])
    def test_odd_numbers_print_nothing_and_break_nothing(self, client, odd):
        deliberation = make_open()
        invited(deliberation, person(1, email=""))
        assert letters(printed(client, deliberation, letters="drawn", draw=odd)) == []
        assert letters(printed(client, deliberation, letters="one", contact=odd)) == []
        assert len(letters(printed(client, deliberation, after="99999999999999"))) == 0

    def test_the_audit_trail_counts_and_names_nobody(self, client):
        deliberation = make_open()
        invited(deliberation, person(1, email="", postal_address=TOWN))
        printed(client, deliberation)
        entry = AuditEntry.objects.get(action="letters.printed")
        assert entry.detail == {"letters": 1, "kinds": ["seat"]}

    @pytest.mark.parametrize("role", ["organiser", "moderator", "auditor"])
    def test_who_may_not_see_contacts_prints_nothing(self, client, role):
        deliberation = make_open()
        invited(deliberation, person(1, email="", postal_address=TOWN))
        sign_in_as(client, role, deliberation)
        answered = client.post(PRINT)
        assert answered.status_code == 403
        assert "Musterweg" not in answered.content.decode()


class TestDrawn:
    def test_who_has_not_answered_is_asked_by_the_link_that_answers(self, client, draw):
        deliberation = draw.pool.panel.deliberation
        found = letters(printed(client, deliberation, letters="drawn", draw=1))
        assert len(found) == 10
        member = draw.drawn.select_related("member").order_by("seat__number")[0].member
        link = f"/d/assistant/answer/{member_token(member.pool_id, member.number)}/"
        assert link in found[0]
        assert "/seat/" not in found[0]
        assert "A lot was drawn" in found[0]
        assert "Will you take part?" in Client().get(link).content.decode()

    def test_who_comes_gets_the_link_to_the_seat_and_who_does_not_gets_no_letter(
        self, client, draw
    ):
        one, two, *_others = draw.drawn.order_by("seat__number")
        answer(drawn=one, comes=True)
        answer(drawn=two, comes=False)
        found = letters(printed(client, draw.pool.panel.deliberation, letters="drawn", draw=1))
        assert len(found) == 9
        assert seat_link_token(one.seat) in found[0]
        assert "/answer/" not in found[0]

    def test_replacements_get_letters_of_their_own(self, client, draw):
        for drawn in draw.drawn.order_by("pk")[:2]:
            answer(drawn=drawn, comes=False)
        second = execute(start_replacement(pool=draw.pool, seed="another", actor=None))
        invite_drawn(draw=second, actor=None)
        deliberation = draw.pool.panel.deliberation
        found = letters(printed(client, deliberation, letters="drawn", draw=2))
        tokens = [member_token(d.member.pool_id, d.member.number) for d in second.drawn.all()]
        assert len(found) == len(tokens) == 2
        assert all(any(token in one for one in found) for token in tokens)
        assert len(letters(printed(client, deliberation))) == 10

    def test_the_page_of_the_draw_leads_to_the_letters(self, client, draw):
        sign_in_as(client, "recruiter", draw.pool.panel.deliberation)
        page = client.get(f"{HOME}draws/1/").content.decode()
        assert "Print 10 letters" in page
        assert "On paper" in page
        assert "Musterweg 5, 12345 Musterstadt" in page

    def test_who_may_not_see_contacts_sees_no_addresses_there(self, client, draw):
        sign_in_as(client, "organiser", draw.pool.panel.deliberation)
        page = client.get(f"{HOME}draws/1/").content.decode()
        assert "Print 10 letters" not in page
        assert "Musterweg" not in page

    def test_the_list_for_letters_on_paper_has_the_addresses(self, client, draw):
        sign_in_as(client, "recruiter", draw.pool.panel.deliberation)
        text = client.get(f"{HOME}draws/1/people.csv").content.decode().lstrip("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["Postal address"] for row in rows} == {TOWN}


class TestNotDrawn:
    def test_more_letters_ask_the_database_no_more_often(self, client, draw, monkeypatch):
        deliberation, asked = draw.pool.panel.deliberation, []
        for wanted in ("drawn", "not_drawn"):
            for many in (2, 8):
                monkeypatch.setattr(print_sheets, "_LETTERS", many)
                printed(client, deliberation, letters=wanted, draw=1)
                with CaptureQueriesContext(connection) as queries:
                    printed(client, deliberation, letters=wanted, draw=1)
                asked.append(len(queries))
        assert asked[0] == asked[1]
        assert asked[2] == asked[3]

    def test_everyone_who_was_not_drawn_is_thanked_without_a_link_to_answer(self, client, draw):
        found = letters(printed(client, draw.pool.panel.deliberation, letters="not_drawn"))
        assert len(found) == 50
        assert all("this time the lot fell on others" in one for one in found)
        assert not any("/answer/" in one or "/seat/" in one for one in found)

    def test_the_way_off_the_list_works(self, client, draw):
        (first, *_others) = letters(
            printed(client, draw.pool.panel.deliberation, letters="not_drawn")
        )
        (link,) = re.findall(r"/d/assistant/sign-up/[\w-]{22}/", first)
        before = thanked_on_paper(draw.pool).count()
        assert Client().post(link).status_code == 200
        assert thanked_on_paper(draw.pool).count() == before - 1

    def test_the_page_of_the_draws_offers_them(self, client, draw):
        sign_in_as(client, "recruiter", draw.pool.panel.deliberation)
        page = client.get(f"{HOME}draws/").content.decode()
        assert (
            "Print letters to the 50 people who were not drawn and whom no e-mail reaches" in page
        )

    def test_whose_e_mail_came_back_is_thanked_on_paper_too(self, draw):
        someone = thanked_on_paper(draw.pool)[0]
        Contact.objects.filter(pk=someone.pk).update(email="bounced@example.org")
        assert someone not in thanked_on_paper(draw.pool)
        deliberation = draw.pool.panel.deliberation
        told = outbox.enqueue(kind="not_drawn", deliberation=deliberation, contact=someone)
        Outgoing.objects.filter(pk=told.pk).update(state=MailState.BOUNCED)
        assert someone in thanked_on_paper(draw.pool)

    def test_people_with_e_mail_are_not_among_them(self, draw):
        someone = thanked_on_paper(draw.pool)[0]
        Contact.objects.filter(pk=someone.pk).update(email="here@example.org")
        assert someone not in thanked_on_paper(draw.pool)
        assert not on_paper(draw.pool.panel).filter(pk=someone.pk).exists()
        assert draw.drawn.filter(answer=Answer.OPEN).count() == 10

"""The panel page, contacts, lists and print sheets: who sees them, and what they refuse."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from deliberation.models import (
    AuditEntry,
    Contact,
    Deliberation,
    ListUpload,
    Membership,
    Outgoing,
    Panel,
    Pool,
    PoolMember,
    Seat,
)
from deliberation.models.recruiting import MailState
from deliberation.services.panels import issue_seats
from tests.deliberation.recruits import invited, listed, person, sit_down
from tests.deliberation.subscribing import close
from tests.factories import accepted, make_deliberation, make_open, make_user, vote

pytestmark = pytest.mark.django_db

HOME = "/organise/assistant/"
ROLES = ["owner", "organiser", "moderator", "recruiter", "auditor"]


def client_as(deliberation: Deliberation, role: str | None) -> Client:
    """A browser of someone with this role; None for someone who is signed in and an outsider."""
    user = make_user(f"{role}@example.net")
    if role is not None:
        Membership.objects.create(deliberation=deliberation, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def text(response) -> str:
    return response.content.decode()


def upload(client: Client, content: bytes | str):
    sent = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("list.csv", sent, "text/csv")
    return client.post(f"{HOME}contacts/add/", {"file": file})


@pytest.fixture
def world() -> Deliberation:
    deliberation = make_open()
    invited(deliberation)
    return deliberation


CONTACT_PAGES = [
    "contacts/",
    "contacts/add/",
    "contacts/delete/",
    "contacts/{pk}/",
    "contacts/{pk}/write/",
    "contacts/{pk}/remove/",
]


class TestWhoMay:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("page", CONTACT_PAGES)
    def test_only_owner_and_recruiter_see_contacts(self, world, role, page):
        page = page.format(pk=Contact.objects.first().pk)
        answer = client_as(world, role).get(HOME + page)
        assert answer.status_code == (200 if role in ("owner", "recruiter") else 403)
        if answer.status_code == 403:
            assert "p1@example.org" not in text(answer)

    @pytest.mark.parametrize("page", [*CONTACT_PAGES, "panel/"])
    def test_outsiders_find_nothing_and_others_sign_in_first(self, world, page):
        page = page.format(pk=Contact.objects.first().pk)
        assert client_as(world, None).get(HOME + page).status_code == 404
        assert Client().get(HOME + page).status_code == 302

    @pytest.mark.parametrize("role", ROLES)
    def test_the_panel_page_shows_numbers_and_no_names(self, world, role):
        answer = client_as(world, role).get(f"{HOME}panel/")
        allowed = role in ("owner", "organiser", "recruiter")
        assert answer.status_code == (200 if allowed else 403)
        assert "p1@example.org" not in text(answer)
        assert "Person 1" not in text(answer)

    def test_a_contact_of_another_deliberation_is_not_there(self, world):
        (stranger, *_others) = listed(make_open(slug="other"))
        client = client_as(world, "recruiter")
        for page in ("", "write/", "remove/"):
            assert client.get(f"{HOME}contacts/{stranger.pk}/{page}").status_code == 404

    @pytest.mark.parametrize(
        "page", ["panel/", "panel/invite/", "panel/remind/", "contacts/print/", "contacts/add/"]
    )
    def test_after_closing_nobody_is_recruited(self, world, page):
        close(world)
        assert client_as(world, "recruiter").post(HOME + page).status_code == 409

    def test_contacts_can_be_deleted_after_closing(self, world):
        close(world)
        client = client_as(world, "recruiter")
        assert client.get(f"{HOME}contacts/").status_code == 200
        assert client.post(f"{HOME}contacts/delete/").status_code == 302
        assert not Contact.objects.exists()

    def test_no_page_tells_how_someone_on_the_list_voted(self, world):
        alice = Contact.objects.first()
        sit_down(alice)
        client = client_as(world, "recruiter")
        pages = [f"{HOME}contacts/", f"{HOME}contacts/{alice.pk}/", f"{HOME}panel/"]
        before = [_words(client.get(page)) for page in pages]
        for statement in accepted(world):
            vote(alice.seat.participant, statement, -1)
        assert [_words(client.get(page)) for page in pages] == before


def _words(answer) -> list[str]:
    main = re.search(r"<main.*</main>", text(answer), re.DOTALL)
    assert main is not None
    return re.sub(r"<[^>]*>", " ", main[0]).split()


class TestPanelPage:
    def test_what_is_set_is_kept_and_told_in_the_audit_trail(self, owner_client):
        deliberation = make_deliberation()
        day = timezone.localdate() + timedelta(days=90)
        sent = {"size_wanted": 40, "open_link": "no", "delete_contacts_on": day.isoformat()}
        assert owner_client.post(f"{HOME}panel/", sent).status_code == 302
        panel = Panel.objects.get(deliberation=deliberation)
        assert (panel.size_wanted, panel.open_link, panel.delete_contacts_on) == (40, False, day)
        (entry,) = AuditEntry.objects.filter(action="panel.changed")
        assert entry.detail["fields"] == ["delete_contacts_on", "open_link", "size_wanted"]

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("size_wanted", "0", "Write at least 1."),
            ("size_wanted", "many", "Write a number."),
            ("delete_contacts_on", "2020-01-01", "Choose a day that is still to come."),
            ("delete_contacts_on", "soon", "Write a day, such as 2027-01-31."),
            ("return_url", "http://vendor.example/", "must begin with https://"),
        ],
    )
    def test_what_does_not_hold_is_said_at_the_field(self, owner_client, field, value, words):
        make_deliberation()
        answer = owner_client.post(f"{HOME}panel/", {"open_link": "no", field: value})
        assert answer.status_code == 422
        assert words in text(answer)
        assert f'value="{value}"' in text(answer)

    def test_a_day_that_is_kept_may_lie_behind_us(self, owner_client):
        deliberation = make_deliberation()
        day = timezone.localdate() - timedelta(days=1)
        Panel.objects.filter(deliberation=deliberation).update(delete_contacts_on=day)
        sent = {"open_link": "yes", "delete_contacts_on": day.isoformat()}
        assert owner_client.post(f"{HOME}panel/", sent).status_code == 302

    def test_someone_who_sees_no_contacts_can_invite_them_all(self):
        deliberation = make_open()
        listed(deliberation)
        client = client_as(deliberation, "organiser")
        assert "Invite 3 people" in text(client.get(f"{HOME}panel/"))
        answer = client.post(f"{HOME}panel/invite/")
        assert answer["Location"] == f"{HOME}panel/"
        assert Outgoing.objects.count() == 3


class TestLists:
    def test_nothing_is_taken_before_someone_says_so(self, owner_client):
        make_deliberation()
        answer = upload(owner_client, "e-mail,name\na@example.org,Ann\nb@example.org,Bob\n")
        assert answer.status_code == 302
        page = text(owner_client.get(answer["Location"]))
        assert "Take 2 people onto the list" in page
        assert not Contact.objects.exists()
        day = timezone.localdate() + timedelta(days=30)
        taken = owner_client.post(answer["Location"], {"delete_on": day.isoformat()})
        assert taken["Location"] == f"{HOME}contacts/"
        assert Contact.objects.count() == 2
        assert Panel.objects.get().delete_contacts_on == day
        assert not ListUpload.objects.exists()
        assert not Outgoing.objects.exists()

    def test_one_broken_line_keeps_the_whole_list_out(self, owner_client):
        make_deliberation()
        Panel.objects.update(delete_contacts_on=timezone.localdate() + timedelta(days=9))
        answer = upload(owner_client, "e-mail\na@example.org\nbroken\n")
        page = text(owner_client.get(answer["Location"]))
        assert "Line 3" in page
        assert "“broken” is not an e-mail address." in page
        assert owner_client.post(answer["Location"]).status_code == 422
        assert not Contact.objects.exists()

    def test_a_day_to_delete_them_is_asked_for_once(self, owner_client):
        make_deliberation()
        address = upload(owner_client, "e-mail\na@example.org\n")["Location"]
        answer = owner_client.post(address, {"delete_on": ""})
        assert answer.status_code == 422
        assert "Choose on which day the addresses are deleted." in text(answer)
        Panel.objects.update(delete_contacts_on=timezone.localdate() + timedelta(days=9))
        assert owner_client.post(address).status_code == 302

    def test_every_line_comes_as_a_file_that_runs_no_formulas(self, owner_client):
        make_deliberation()
        address = upload(owner_client, "e-mail,name\na@example.org,Ann\nx,=1+1\n")["Location"]
        answer = owner_client.get(address + "lines.csv")
        rows = list(csv.reader(io.StringIO(text(answer))))
        assert [row[0] for row in rows] == ["Line", "3", "2"]
        assert not any(cell.startswith("=") for row in rows for cell in row)
        assert "no-store" in answer["Cache-Control"]

    def test_someone_elses_list_is_not_shown(self, owner_client):
        deliberation = make_deliberation()
        address = upload(owner_client, "e-mail\nsecret@example.org\n")["Location"]
        other = client_as(deliberation, "recruiter")
        assert other.get(address).status_code == 302
        assert other.get(address + "lines.csv").status_code == 404

    def test_neither_file_nor_text_is_said_at_the_field(self, owner_client):
        make_deliberation()
        answer = owner_client.post(f"{HOME}contacts/add/", {"text": "  "})
        assert answer.status_code == 422
        assert "Choose a file, or paste the list below." in text(answer)

    def test_what_was_pasted_is_read_like_a_file(self, owner_client):
        make_deliberation()
        sent = {"text": "Name;E-Mail\r\nZoë;zoe@example.org\r\n"}
        answer = owner_client.post(f"{HOME}contacts/add/", sent)
        assert "Zoë" in text(owner_client.get(answer["Location"]))

    def test_a_hundred_thousand_lines_are_looked_at_and_taken(self, owner_client):
        make_deliberation()
        Panel.objects.update(delete_contacts_on=timezone.localdate() + timedelta(days=9))
        lines = "".join(f"p{n}@example.org,Person {n}\n" for n in range(100_000))
        address = upload(owner_client, f"e-mail,name\n{lines}")["Location"]
        page = text(owner_client.get(address))
        assert "Take 100,000 people onto the list" in page
        assert len(page) < 200_000
        assert owner_client.post(address).status_code == 302
        assert Contact.objects.count() == 100_000


class TestTheList:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?q=PERSON+2", ["Person 2"]),
            ("?q=p3@", ["Person 3"]),
            ("?q=nobody", []),
            ("?state=bounced", ["Person 1"]),
            ("?state=waiting", ["Person 2", "Person 3"]),
            ("?state=made-up", ["Person 1", "Person 2", "Person 3"]),
        ],
    )
    def test_it_is_searched_by_name_address_and_state(self, world, query, found):
        Outgoing.objects.filter(contact__name="Person 1").update(state=MailState.BOUNCED)
        page = text(client_as(world, "owner").get(f"{HOME}contacts/{query}"))
        assert sorted(set(re.findall(r"<bdi>(Person \d)</bdi>", page))) == found

    def test_each_state_has_its_word(self, world):
        joined, bounced, stopped = Contact.objects.order_by("pk")
        sit_down(joined)
        Outgoing.objects.filter(contact=bounced).update(state=MailState.BOUNCED)
        Contact.objects.filter(pk=stopped.pk).update(no_letters_at=timezone.now())
        listed(world, person("new"), person("pooled"))
        pooled = Contact.objects.get(name="Person pooled")
        pool = Pool.objects.create(panel=world.panel)
        PoolMember.objects.create(pool=pool, number=1, contact=pooled, source="file")
        page = _words(client_as(world, "owner").get(f"{HOME}contacts/"))
        said = " ".join(page)
        for words in (
            "Has taken the seat",
            "Letter came back",
            "Wants no letters",
            "Not invited yet",
            "In the pool of the lottery",
        ):
            assert words in said

    def test_an_address_is_mended_and_the_letter_sent_again(self, world):
        contact = Contact.objects.first()
        Outgoing.objects.filter(contact=contact).update(state=MailState.BOUNCED)
        client = client_as(world, "recruiter")
        page = f"{HOME}contacts/{contact.pk}/"
        sent = {"email": "Right@Example.org", "name": "A", "reference": "", "language": "de"}
        assert client.post(page, sent).status_code == 302
        assert client.post(page + "write/").status_code == 302
        (letter,) = Outgoing.objects.filter(contact=contact)
        assert (letter.state, letter.contact.email) == (MailState.QUEUED, "right@example.org")

    @pytest.mark.parametrize(
        ("email", "words"),
        [
            ("nobody", "This is not an e-mail address."),
            ("p2@example.org", "Someone else on the list has this address."),
            ("", "Write an address, a name or a reference."),
        ],
    )
    def test_an_address_that_does_not_hold_is_said_at_the_field(self, world, email, words):
        contact = Contact.objects.order_by("pk").first()
        sent = {"email": email, "name": "", "reference": "", "language": "en"}
        answer = client_as(world, "owner").post(f"{HOME}contacts/{contact.pk}/", sent)
        assert answer.status_code == 422
        assert words in text(answer)

    def test_nobody_of_the_pool_is_invited_past_the_lottery(self, world):
        (contact,) = [c for c in listed(world, person("pooled")) if c.name == "Person pooled"]
        pool = Pool.objects.create(panel=world.panel)
        PoolMember.objects.create(pool=pool, number=1, contact=contact, source="file")
        client = client_as(world, "owner")
        client.post(f"{HOME}contacts/{contact.pk}/write/")
        contact.refresh_from_db()
        assert contact.seat is None


class TestPaper:
    def test_slips_carry_the_links_that_were_just_issued(self, owner_client):
        deliberation = make_open()
        issued = issue_seats(deliberation=deliberation, count=3, actor=None)
        tokens = " ".join(seat.token for seat in issued)
        answer = owner_client.post(f"{HOME}seats/print/", {"tokens": tokens})
        page = text(answer)
        assert "no-store" in answer["Cache-Control"]
        assert all(seat.token in page for seat in issued)
        assert page.count("<svg viewBox") >= 3

    def test_a_link_that_was_made_up_used_or_revoked_is_on_no_slip(self, owner_client):
        deliberation = make_open()
        one, two = issue_seats(deliberation=deliberation, count=2, actor=None)
        Seat.objects.filter(number=two.number).update(revoked_at=timezone.now())
        sent = {"tokens": f"{one.token} {two.token} AAAAAAAAAAAAAAAAAAAAAA"}
        page = text(owner_client.post(f"{HOME}seats/print/", sent))
        assert page.count('class="slip"') == 1
        assert two.token not in page
        assert "AAAAAAAA" not in page

    def test_letters_are_for_people_without_e_mail_who_are_not_here_yet(self, owner_client):
        deliberation = make_open()
        paper = {"email": ""}
        people = invited(deliberation, person(1), person(2, **paper), person(3, **paper))
        sit_down(people[2])
        page = text(owner_client.post(f"{HOME}contacts/print/"))
        assert page.count('class="letter"') == 1
        assert "Person 2" in page
        assert AuditEntry.objects.filter(action="letters.printed").count() == 1
        (link,) = re.findall(r"/d/assistant/seat/[\w-]{22}/", page)
        assert Client().get(link).status_code == 200


class TestLetters:
    def test_the_panel_page_shows_what_the_letter_says_without_anyones_link(self, world):
        page = text(client_as(world, "organiser").get(f"{HOME}panel/"))
        assert "A seat is kept for you." in page
        assert "/d/assistant/seat/…/" in page

    def test_letters_that_failed_are_tried_again_all_together(self, world):
        Outgoing.objects.update(state=MailState.FAILED, tries=3)
        client = client_as(world, "organiser")
        assert "Try 3 failed letters again" in text(client.get(f"{HOME}panel/"))
        client.post(f"{HOME}panel/try-again/")
        assert set(Outgoing.objects.values_list("state", "tries")) == {(MailState.QUEUED, 0)}

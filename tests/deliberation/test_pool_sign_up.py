"""Signing up for a lottery: once per address, confirmed by a letter, and out again at any time."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from deliberation.models import Contact, Deliberation, Pool, PoolMember, Seat
from deliberation.services.outbox import send_due
from deliberation.services.pools import eligible, fix_pool, set_sign_up
from deliberation.services.quotas import save_quotas, the_pool
from tests.deliberation.drawing import AGE, PLACE, make_pool
from tests.factories import make_deliberation

pytestmark = pytest.mark.django_db
PAGE = "/d/assistant/sign-up/"
GOOD = {
    "stratum-0": "16–39",
    "stratum-1": "village",
    "email": "Bob@example.org",
    "agree": "on",
}


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.MAIL_OFFERED, settings.MAIL_LINKS = True, "https://moot.example.org"


def offer(deliberation: Deliberation, count: int = 0) -> Pool:
    if count:
        pool = make_pool(deliberation, count)
    else:
        save_quotas(panel=deliberation.panel, seats=10, strata=[AGE, PLACE], actor=None)
        pool = the_pool(deliberation.panel)
    pool.panel.delete_contacts_on = date(2040, 1, 31)
    pool.panel.save()
    set_sign_up(pool=pool, offered=True, text="Come **all**.", ends_at=None, actor=None)
    return pool


def link_of(letter) -> str:
    found = re.search(r"https://moot\.example\.org(/d/assistant/sign-up/[\w-]+/)", letter.body)
    assert found is not None
    return found[1]


def test_from_form_to_confirmed_before_the_deliberation_opens(client: Client) -> None:
    pool = offer(make_deliberation())
    page = client.get(PAGE).content.decode()
    assert "What should the assistant do?" in page
    assert "<strong>all</strong>" in page
    assert client.get("/d/assistant/").status_code == 404
    answer = client.post(PAGE, GOOD)
    assert answer.status_code == 303
    assert "look into your mail" in client.get(answer["Location"]).content.decode()
    assert eligible(pool).count() == 0
    send_due()
    (letter,) = mail.outbox
    assert letter.to == ["bob@example.org"]
    link = link_of(letter)
    client.get(link)
    assert eligible(pool).count() == 0, "opening the link confirms nothing"
    client.post(link, {"do": "confirm"})
    (member,) = eligible(pool)
    assert member.values == {"Age group": "16–39", "Place": "village"}
    assert "You are in the lottery" in client.get(link).content.decode()


def test_signing_up_twice_is_one_person_and_changes_nothing_confirmed(client: Client) -> None:
    offer(make_deliberation())
    client.post(PAGE, GOOD)
    client.post(PAGE, GOOD | {"stratum-1": "town"})
    assert PoolMember.objects.get().values["Place"] == "town"
    PoolMember.objects.update(confirmed_at=timezone.now())
    client.post(PAGE, GOOD)
    assert PoolMember.objects.get().values["Place"] == "town"
    assert Contact.objects.count() == 1


def test_the_answer_does_not_tell_whether_an_address_is_known(client: Client) -> None:
    deliberation = make_deliberation()
    offer(deliberation)
    seat = Seat.objects.create(panel=deliberation.panel, number=1, kind="invited")
    Contact.objects.create(panel=deliberation.panel, email="bob@example.org", seat=seat)
    known = client.post(PAGE, GOOD)
    new = client.post(PAGE, GOOD | {"email": "new@example.org"})
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    send_due()
    assert [letter.to for letter in mail.outbox] == [["new@example.org"]]


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("stratum-0", "", "Choose an answer for “Age group”."),
        ("stratum-1", "moon", "Choose one of these answers."),
        ("email", "bob", "This is not a whole e-mail address"),
        ("agree", "", "Tick the box if you agree."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    client: Client, field: str, typed: str, message: str
) -> None:
    offer(make_deliberation())
    answer = client.post(PAGE, GOOD | {field: typed})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert message in text
    assert field == "email" or "Bob@example.org" in text
    assert not PoolMember.objects.exists()


def test_many_letters_to_one_address_are_refused(client: Client) -> None:
    offer(make_deliberation())
    answers = [client.post(PAGE, GOOD).status_code for _n in range(5)]
    assert answers[:3] == [303, 303, 303]
    assert answers[-1] == 429


def test_nobody_can_sign_up_once_it_has_ended(client: Client) -> None:
    pool = offer(make_deliberation())
    pool.sign_up_ends_at = timezone.now() - timedelta(minutes=1)
    pool.sign_up = True
    pool.save()
    assert "Nobody can sign up at the moment" in client.get(PAGE).content.decode()
    assert client.post(PAGE, GOOD).status_code == 409
    assert not PoolMember.objects.exists()


def test_there_is_no_page_where_none_is_offered(client: Client) -> None:
    deliberation = make_deliberation()
    assert client.get(PAGE).status_code == 404
    make_pool(deliberation)
    assert client.get(PAGE).status_code == 404


def test_leaving_before_the_pool_is_fixed_leaves_nothing(client: Client) -> None:
    offer(make_deliberation())
    client.post(PAGE, GOOD)
    send_due()
    link = link_of(mail.outbox[0])
    client.post(link, {"do": "confirm"})
    answer = client.post(link, {"do": "leave"})
    assert "Your name is off the list" in answer.content.decode()
    assert not PoolMember.objects.exists()
    assert not Contact.objects.exists()
    assert client.get(link).status_code == 410


def test_leaving_afterwards_keeps_a_number_that_nobody_draws(client: Client) -> None:
    pool = offer(make_deliberation(), 60)
    client.post(PAGE, GOOD)
    send_due()
    link = link_of(mail.outbox[-1])
    client.post(link, {"do": "confirm"})
    digest = fix_pool(pool=pool, actor=None)
    # The way mail programs do it: no cookie, no token of a page (RFC 8058).
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Contact.objects.filter(email="bob@example.org").exists()
    assert eligible(pool).count() == 60
    assert PoolMember.objects.filter(withdrawn_at__isnull=False).count() == 1
    pool.refresh_from_db()
    assert pool.digest == digest


def test_an_address_that_was_never_confirmed_is_forgotten_when_the_pool_is_fixed(
    client: Client,
) -> None:
    pool = offer(make_deliberation(), 60)
    client.post(PAGE, GOOD)
    fix_pool(pool=pool, actor=None)
    assert not Contact.objects.filter(email="bob@example.org").exists()
    assert PoolMember.objects.count() == 60

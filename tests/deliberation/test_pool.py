"""The pool: taken in from a list after a dry run, shown in numbers that tell of nobody, fixed."""

import hashlib
import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from deliberation.models import AuditEntry, Contact, PoolMember, User
from deliberation.selectors.pools import pool_state, shielded
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.pools import (
    add_people,
    document,
    eligible,
    empty_pool,
    fix_pool,
    reopen_pool,
)
from deliberation.services.quotas import save_quotas, the_pool
from tests.deliberation.drawing import AGE, PLACE, make_pool, people
from tests.deliberation.organising import sign_in_as
from tests.factories import make_deliberation

pytestmark = pytest.mark.django_db
LIST = "/organise/assistant/pool/list/"
GOOD = (
    "e-mail,name,reference,Age group,Place\n"
    "Bob@Example.org,Bob,1,16–39,TOWN\n"
    ",,second,40 and older,village\n"
)


def ready(owner: User):
    """A deliberation with quotas and nobody in the pool."""
    deliberation = make_deliberation(owner)
    save_quotas(panel=deliberation.panel, seats=2, strata=[AGE, PLACE], actor=None)
    return deliberation


class TestList:
    def test_a_dry_run_takes_nobody_in_and_the_second_step_does(self, owner_client: Client) -> None:
        deliberation = ready(User.objects.get())
        answer = owner_client.post(LIST, {"text": GOOD})
        assert "2 people can come in" in answer.content.decode()
        assert not PoolMember.objects.exists()
        upload = deliberation.panel.list_uploads.get()
        sent = {"upload": upload.pk, "delete_on": "2040-01-31"}
        assert owner_client.post(LIST, sent).status_code == 302
        first, second = PoolMember.objects.order_by("number")
        assert first.contact.email == "bob@example.org"
        assert first.values == {"Age group": "16–39", "Place": "town"}
        assert (second.contact.email, second.contact.reference) == ("", "second")
        deliberation.panel.refresh_from_db()
        assert str(deliberation.panel.delete_contacts_on) == "2040-01-31"

    def test_a_day_of_deletion_is_asked_for(self, owner_client: Client) -> None:
        deliberation = ready(User.objects.get())
        owner_client.post(LIST, {"text": GOOD})
        upload = deliberation.panel.list_uploads.get()
        answer = owner_client.post(LIST, {"upload": upload.pk, "delete_on": ""})
        assert answer.status_code == 422
        assert "Choose on which day the addresses are deleted." in answer.content.decode()
        assert not PoolMember.objects.exists()

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("x@example.org,X,1,teen,town", "“teen” is not among the values of “Age group”."),
            ("not an address,X,1,16–39,town", "is not an e-mail address"),
            (",,,16–39,town", "no address, no name, no reference"),
            ("x@example.org,=1+1,1,16–39,town", "looks like a formula"),
            ("x@example.org,X,1,16–39,", "“Place” is empty in this line."),
            ("bob@example.org,Y,7,16–39,town", "This address stands on line 2 already."),
        ],
    )
    def test_one_bad_line_stops_all_and_is_named(
        self, owner_client: Client, line: str, message: str
    ) -> None:
        deliberation = ready(User.objects.get())
        answer = owner_client.post(LIST, {"text": GOOD + line + "\n"})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert message in text
        assert '<th scope="row">4</th>' in text
        assert not deliberation.panel.list_uploads.exists()

    def test_people_who_are_known_are_left_out(self, owner_client: Client) -> None:
        deliberation = ready(User.objects.get())
        Contact.objects.create(panel=deliberation.panel, email="bob@example.org")
        text = owner_client.post(LIST, {"text": GOOD}).content.decode()
        assert "1 person can come in" in text
        assert "1 address is known already" in text

    def test_a_list_of_another_person_is_not_taken_up(
        self, owner_client: Client, client: Client
    ) -> None:
        deliberation = ready(User.objects.get())
        owner_client.post(LIST, {"text": GOOD})
        upload = deliberation.panel.list_uploads.get()
        other = Client()
        sign_in_as(other, "recruiter", deliberation)
        answer = other.post(LIST, {"upload": upload.pk, "delete_on": "2040-01-31"})
        assert answer.status_code == 409
        assert not PoolMember.objects.exists()

    @pytest.mark.parametrize(
        ("role", "status"), [("organiser", 403), ("recruiter", 200), ("auditor", 403)]
    )
    def test_only_who_sees_addresses_takes_them_in(
        self, client: Client, role: str, status: int
    ) -> None:
        sign_in_as(client, role, ready(make_deliberation_owner()))
        assert client.get(LIST).status_code == status


def make_deliberation_owner() -> User:
    return User.objects.create_user("alice@example.org", "correct horse battery")


class TestAdding:
    def test_all_or_nothing(self) -> None:
        pool = make_pool(make_deliberation(), 5)
        with pytest.raises(Invalid):
            add_people(pool=pool, people=people(6), actor=None)
        assert eligible(pool).count() == 5

    def test_a_value_without_a_quota_is_refused(self) -> None:
        pool = make_pool(make_deliberation(), 3)
        strays = people(1, email="new{n}@example.org")
        strays[0].values["Place"] = "moon"  # type: ignore[index]
        with pytest.raises(Invalid):
            add_people(pool=pool, people=strays, actor=None)

    def test_emptying_deletes_the_addresses(self) -> None:
        pool = make_pool(make_deliberation(), 5)
        assert empty_pool(pool=pool, actor=None) == 5
        assert not Contact.objects.exists()


class TestFixing:
    def test_the_fingerprint_is_that_of_the_document_and_names_nobody(self) -> None:
        pool = make_pool(make_deliberation())
        digest = fix_pool(pool=pool, actor=None)
        pool.refresh_from_db()
        text = document(pool)
        assert pool.digest == digest == hashlib.sha256(text.encode()).hexdigest()
        assert len(json.loads(text)["people"]) == 60
        assert json.loads(text)["people"][0] == [1, "40 and older", "village"]
        assert "example.org" not in text
        assert "Person" not in text

    def test_nobody_comes_in_any_more(self) -> None:
        pool = make_pool(make_deliberation())
        fix_pool(pool=pool, actor=None)
        with pytest.raises(WrongPhase):
            add_people(pool=pool, people=people(1, email="late{n}@example.org"), actor=None)
        with pytest.raises(WrongPhase):
            empty_pool(pool=pool, actor=None)

    def test_a_pool_below_the_seats_is_not_fixed(self) -> None:
        pool = make_pool(make_deliberation(), 6)
        with pytest.raises(Invalid, match="6 people in the pool and 10 seats"):
            fix_pool(pool=pool, actor=None)

    def test_opening_again_takes_the_fingerprint_back_and_is_on_record(self) -> None:
        pool = make_pool(make_deliberation())
        digest = fix_pool(pool=pool, actor=None)
        reopen_pool(pool=pool, actor=None)
        pool.refresh_from_db()
        assert (pool.digest, pool.frozen_at) == ("", None)
        assert AuditEntry.objects.get(action="pool.reopened").detail["digest"] == digest


class TestNumbers:
    def test_counts_below_ten_are_for_those_only_who_see_the_people(self) -> None:
        pool = make_pool(make_deliberation(), 24)
        exact = {r.value: r.people for r in pool_state(pool.panel, exact=True).strata[1].rows}
        shown = {r.value: r.people for r in pool_state(pool.panel, exact=False).strata[1].rows}
        assert exact == {"town": 16, "village": 8}
        assert shown == {"town": None, "village": None}

    def test_the_page_of_an_organiser_keeps_them_back(self, client: Client) -> None:
        deliberation = make_deliberation()
        make_pool(deliberation, 24)
        sign_in_as(client, "organiser", deliberation)
        text = client.get("/organise/assistant/pool/").content.decode()
        assert text.count(">not shown<") == 2
        assert "person1@example.org" not in text

    @given(st.dictionaries(st.text(max_size=3), st.integers(0, 40), min_size=1, max_size=6))
    def test_no_count_below_ten_is_shown_or_can_be_worked_out(self, counts) -> None:
        shown = shielded(counts)
        assert all(value is None or value == counts[key] for key, value in shown.items())
        assert all(value is None or value >= 10 for value in shown.values())
        hidden = [key for key, value in shown.items() if value is None]
        assert len(hidden) != 1 or len(counts) == 1


class TestSignUpPage:
    def test_it_needs_a_day_of_deletion(self, owner_client: Client) -> None:
        deliberation = ready(User.objects.get())
        answer = owner_client.post(
            "/organise/assistant/pool/", {"do": "sign_up", "offered": "on", "text": ""}
        )
        assert answer.status_code == 422
        assert not the_pool(deliberation.panel).sign_up

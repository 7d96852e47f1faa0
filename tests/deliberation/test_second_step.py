"""A second step is asked for after a password and after a link, and only of who has one."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client

from deliberation.models import SignInLink, User
from deliberation.services.sign_in import create_sign_in_link
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message to a worker gets nowhere, so the letter goes out at once."""
    monkeypatch.setattr("deliberation.services.sign_in.hint", lambda *args: False)


SECRET = "JBSWY3DPEHPK3PXP"


def signed_in_as(client: Client) -> int | None:
    user_id = client.session.get("_auth_user_id")
    return int(user_id) if user_id else None


def code_now(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def with_app(user: User) -> User:
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def by_password(client: Client):
    return client.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD})


def test_without_a_second_step_nothing_changes(client: Client):
    alice = make_user()
    assert by_password(client).url == "/organise/"
    assert signed_in_as(client) == alice.pk


def test_a_password_alone_does_not_let_in_who_has_a_second_step(client: Client):
    with_app(make_user())
    answer = by_password(client)
    assert answer.url == "/account/second-step/authenticate/"
    assert signed_in_as(client) is None
    assert client.get("/organise/").status_code == 302


def test_a_link_alone_does_not_either(client: Client):
    alice = with_app(make_user())
    answer = client.post(f"/sign-in/{create_sign_in_link(user=alice)}/")
    assert answer.url == "/account/second-step/authenticate/"
    assert signed_in_as(client) is None


def test_the_code_from_the_app_lets_in_and_leads_on(client: Client):
    alice = with_app(make_user())
    client.post(
        "/sign-in/",
        {"email": "alice@example.org", "password": PASSWORD, "next": "/organise/new/"},
    )
    wrong = client.post("/account/second-step/authenticate/", {"code": "000000"})
    assert wrong.status_code in (200, 422)
    assert signed_in_as(client) is None
    answer = client.post("/account/second-step/authenticate/", {"code": code_now()})
    assert answer.url == "/organise/new/"
    assert signed_in_as(client) == alice.pk


def test_a_recovery_code_lets_in_once(client: Client):
    alice = with_app(make_user())
    codes = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()
    by_password(client)
    client.post("/account/second-step/authenticate/", {"code": codes[0]})
    assert signed_in_as(client) == alice.pk
    again = Client()
    by_password(again)
    again.post("/account/second-step/authenticate/", {"code": codes[0]})
    assert signed_in_as(again) is None


def test_setting_up_the_app_in_the_browser(client: Client):
    alice = make_user()
    by_password(client)
    page = client.get("/account/second-step/").content.decode()
    assert "A code from an app" in page
    form = client.get("/account/second-step/totp/activate/", follow=True)
    if "password once more" in form.content.decode():
        form = client.post(form.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    secret = form.context["form"].secret
    answer = client.post(
        "/account/second-step/totp/activate/", {"code": code_now(secret)}, follow=True
    )
    assert answer.status_code == 200
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


def test_turning_it_off_asks_who_it_is_first(client: Client):
    alice = with_app(make_user())
    client.force_login(alice)
    answer = client.post("/account/second-step/totp/deactivate/")
    assert answer.status_code == 302
    assert "/confirm/" in answer.url or "/reauthenticate/" in answer.url
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


def test_a_link_is_mailed_to_who_works_here(client: Client, no_worker: None):
    make_user()
    answer = client.post("/sign-in/by-mail/", {"email": "Alice@example.org"})
    assert answer.status_code == 200
    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    path = next(line for line in letter.body.splitlines() if "/sign-in/" in line)
    client.post("/sign-in/" + path.split("/sign-in/")[1])
    assert signed_in_as(client) == User.objects.get().pk


def test_an_unknown_address_gets_the_same_answer_and_no_letter(client: Client, no_worker: None):
    make_user()
    known = client.post("/sign-in/by-mail/", {"email": "alice@example.org"}).content.decode()
    unknown = client.post("/sign-in/by-mail/", {"email": "nobody@example.org"}).content.decode()
    assert unknown.replace("nobody@", "alice@") == known
    assert len(mail.outbox) == 1
    assert SignInLink.objects.count() == 1


@pytest.mark.parametrize("email", ["", "alice", "a@b@c"])
def test_what_is_no_address_is_said_and_kept(client: Client, email: str):
    answer = client.post("/sign-in/by-mail/", {"email": email})
    assert answer.status_code == 422
    assert mail.outbox == []


def test_asking_for_links_over_and_over_has_a_limit(client: Client):
    make_user()
    answers = [
        client.post("/sign-in/by-mail/", {"email": "alice@example.org"}).status_code
        for _ in range(8)
    ]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_nobody_signs_up(client: Client):
    for address in (
        "/account/signup/",
        "/accounts/signup/",
        "/account/second-step/webauthn/signup/",
    ):
        assert client.get(address).status_code == 404

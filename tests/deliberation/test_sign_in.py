"""Organisers sign in by password or by a link that works once."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from deliberation.models import SignInLink, User
from deliberation.services.sign_in import create_sign_in_link
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def signed_in_as(client: Client) -> int | None:
    user_id = client.session.get("_auth_user_id")
    return int(user_id) if user_id else None


def test_the_right_password_leads_to_my_deliberations(client: Client) -> None:
    alice = make_user()
    answer = client.post("/sign-in/", {"email": "Alice@Example.org", "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/organise/")
    assert signed_in_as(client) == alice.pk


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nobody(
    client: Client, email: str
) -> None:
    make_user()
    answer = client.post("/sign-in/", {"email": email, "password": "not this one"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "do not belong together" in page
    assert f'value="{email}"' in page
    assert "not this one" not in page
    assert signed_in_as(client) is None


def test_someone_no_longer_active_cannot_sign_in(client: Client) -> None:
    make_user()
    User.objects.update(is_active=False)
    answer = client.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD})
    assert answer.status_code == 422
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/organise/new/", "/organise/new/"),
        ("https://elsewhere.example/", "/organise/"),
        ("//elsewhere.example/", "/organise/"),
        ("javascript:alert(1)", "/organise/"),
        ("", "/organise/"),
    ],
)
def test_next_leads_back_to_this_site_only(client: Client, wanted: str, reached: str) -> None:
    make_user()
    answer = client.post(
        "/sign-in/", {"email": "alice@example.org", "password": PASSWORD, "next": wanted}
    )
    assert answer.url == reached


def test_opening_the_link_signs_nobody_in_and_does_not_use_it_up(client: Client) -> None:
    alice = make_user()
    token = create_sign_in_link(user=alice)
    for _ in range(2):
        answer = client.get(f"/sign-in/{token}/")
        assert answer.status_code == 200
        assert "Sign in as alice@example.org" in answer.content.decode()
    assert signed_in_as(client) is None
    assert SignInLink.objects.get().used_at is None


def test_the_button_of_the_link_signs_in_once(client: Client) -> None:
    alice = make_user()
    token = create_sign_in_link(user=alice)
    assert client.post(f"/sign-in/{token}/").url == "/organise/"
    assert signed_in_as(client) == alice.pk

    other = Client()
    again = other.post(f"/sign-in/{token}/")
    assert again.status_code == 410
    assert "works once" in again.content.decode()
    assert signed_in_as(other) is None
    assert other.get(f"/sign-in/{token}/").status_code == 410


def test_an_expired_link_is_gone(client: Client) -> None:
    token = create_sign_in_link(user=make_user())
    past = timezone.now() - timedelta(hours=25)
    SignInLink.objects.update(created_at=past, expires_at=past + timedelta(hours=24))
    assert client.get(f"/sign-in/{token}/").status_code == 410
    assert client.post(f"/sign-in/{token}/").status_code == 410
    assert signed_in_as(client) is None


def test_the_link_is_not_stored_only_its_hash() -> None:
    token = create_sign_in_link(user=make_user())
    assert token.encode() not in bytes(SignInLink.objects.get().token_hash)


def test_after_a_first_link_a_password_is_offered_and_then_works(client: Client) -> None:
    alice = User.objects.create_user("alice@example.org")
    answer = client.post(f"/sign-in/{create_sign_in_link(user=alice)}/")
    assert answer.url == "/sign-in/password/"
    assert "Present password" not in client.get("/sign-in/password/").content.decode()

    short = client.post("/sign-in/password/", {"password": "short"})
    assert short.status_code == 422
    assert client.post("/sign-in/password/", {"password": PASSWORD}).url == "/organise/"
    assert signed_in_as(client) == alice.pk

    other = Client()
    other.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD})
    assert signed_in_as(other) == alice.pk


def test_a_session_that_began_with_a_password_must_give_it_to_change_it(client: Client) -> None:
    client.force_login(make_user())
    new = "another horse battery"
    wrong = client.post("/sign-in/password/", {"old": "not this one", "password": new})
    assert wrong.status_code == 422
    assert User.objects.get().check_password(PASSWORD)
    client.post("/sign-in/password/", {"old": PASSWORD, "password": new})
    assert User.objects.get().check_password(new)


def test_signing_out_takes_a_post(client: Client) -> None:
    client.force_login(make_user())
    opened = client.get("/sign-out/")
    assert (opened.status_code, opened["Allow"]) == (405, "POST")
    assert "Nothing was changed." in opened.content.decode()
    assert signed_in_as(client) is not None
    assert client.post("/sign-out/").status_code == 302
    assert signed_in_as(client) is None


def create_organiser(*words: str) -> str:
    out = io.StringIO()
    call_command("create_organiser", *words, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_create_organiser_prints_a_link_that_signs_in(client: Client) -> None:
    link = create_organiser("Alice@Example.org")
    assert client.post(link).status_code == 302
    assert signed_in_as(client) == User.objects.get(email="alice@example.org").pk


def test_create_organiser_again_prints_a_new_link_for_the_same_user() -> None:
    links = {create_organiser("alice@example.org") for _ in range(2)}
    assert len(links) == 2
    assert User.objects.count() == 1


def test_create_organiser_puts_the_public_address_in_front(settings) -> None:
    settings.PUBLIC_URL = "https://panel.example/"
    assert create_organiser("alice@example.org").startswith("https://panel.example/sign-in/")


@pytest.mark.parametrize("words", [("not an address",), ("alice@example.org", "--hours", "0")])
def test_create_organiser_refuses_what_cannot_work(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        create_organiser(*words)
    assert not User.objects.exists()

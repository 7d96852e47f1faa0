"""Where the site asks for it, no page of organisers opens without a second step."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import decrypt
from django.core.management import CommandError, call_command
from django.test import Client

from deliberation.access import remember_participant
from deliberation.models import User
from deliberation.services.sign_in import create_sign_in_link
from deploy.addresses import ADDRESSES, ANYONE
from tests.deliberation.test_second_step import PASSWORD, by_password, code_now, with_app
from tests.deliberation.test_sign_in_service import Service, come_by, service  # noqa: F401
from tests.deploy.asking import CONF, path_of
from tests.factories import join, make_deliberation, make_open, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
FIRST = "/sign-in/second-step/"
SET_UP = "/account/second-step/totp/activate/"
# What somebody needs who has none yet, and who has one and did not show it.
NEEDED = {
    "set_up": {
        "second_step", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn",
        "account_reauthenticate", "choose_password",
    },
    "confirm": {"second_step", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.SECOND_STEP_REQUIRED = True


class Anything(dict):
    """Something of the right form for each word in an address; the gate answers before views."""

    def __missing__(self, name: str) -> Any:
        return {"principle": "p001", "invitation_token": "x"}.get(name, 1)


def closed_addresses() -> Iterator[tuple[str, str]]:
    for address in CONF:
        if ADDRESSES[address.name] != ANYONE:
            yield address.name, path_of(address, "assistant", Anything())


def leads_to_second_step(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(FIRST)


@pytest.mark.parametrize(("state", "method"), list(product(NEEDED, ("get", "post"))))
def test_every_page_of_organisers_is_closed_and_what_is_needed_is_open(state: str, method: str):
    make_deliberation()
    alice = User.objects.get()
    if state == "confirm":
        with_app(alice)
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    open_ = {
        n for n, p in closed_addresses() if not leads_to_second_step(getattr(client, method)(p))
    }
    assert open_ == NEEDED[state]


def test_whether_a_deliberation_is_there_is_told_to_nobody_without_it(client: Client):
    make_deliberation()
    client.force_login(make_user("bob@example.org"))
    for slug in ("assistant", "nowhere"):
        assert leads_to_second_step(client.get(f"/organise/{slug}/"))


def test_without_it_nobody_has_a_role_on_pages_for_everybody_either(client: Client):
    make_deliberation()
    client.force_login(with_app(User.objects.get()))
    assert client.get("/d/assistant/").status_code == 404  # in preparation


@pytest.mark.parametrize("works_here", [False, True])
def test_participants_are_never_asked(client: Client, works_here: bool):
    person = join(make_open())
    if works_here:
        client.force_login(User.objects.get())
    answer = client.get("/d/assistant/")
    remember_participant(answer, person)
    client.cookies.update(answer.cookies)
    for page in ("", "vote/", "propose/", "you/", "statements/"):
        assert client.get(f"/d/assistant/{page}").status_code == 200, page


def test_who_is_anonymous_is_sent_to_sign_in_as_ever(client: Client):
    make_deliberation()
    assert client.get("/organise/assistant/").url.startswith("/sign-in/?next=")
    assert client.get(FIRST).url.startswith("/sign-in/?next=")


def set_up_app(client: Client) -> Any:
    """The way from the page that says why to the recovery codes; the last page."""
    page = client.get(FIRST).content.decode()
    assert SET_UP in page
    form = client.get(SET_UP, follow=True)
    if "password once more" in form.content.decode():
        form = client.post(form.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    return client.post(SET_UP, {"code": code_now(form.context["form"].secret)}, follow=True)


def test_who_sets_it_up_after_a_password_can_go_on_at_once(client: Client):
    make_deliberation()
    by_password(client)
    closed = client.get("/organise/assistant/", follow=True)
    assert "Set up a second step first" in closed.content.decode()
    assert "Recovery codes" in set_up_app(client).content.decode()
    assert client.get("/organise/assistant/").status_code == 200
    assert client.get(FIRST).url == "/organise/"


def test_who_came_by_a_mailed_link_and_has_no_password_can_go_on_too(client: Client):
    bob = User.objects.create_user("bob@example.org")
    token = create_sign_in_link(user=bob)
    assert client.post(f"/sign-in/{token}/").url == "/sign-in/password/"
    assert client.get("/sign-in/password/").status_code == 200
    assert leads_to_second_step(client.get("/organise/"))
    set_up_app(client)
    assert client.get("/organise/").status_code == 200


def test_who_shows_it_when_signing_in_is_asked_nothing_more(client: Client):
    make_deliberation()
    with_app(User.objects.get())
    by_password(client)
    client.post("/account/second-step/authenticate/", {"code": code_now()})
    assert client.get("/organise/assistant/").status_code == 200


def test_a_session_from_before_has_to_show_it_once(client: Client):
    """Else a stolen password that was used early would stay good."""
    make_deliberation()
    early = Client()
    by_password(early)
    by_password(client)
    set_up_app(client)
    closed = early.get("/organise/assistant/", follow=True)
    assert "Now the second step" in closed.content.decode()
    for way in ("totp/deactivate", "totp/activate", "webauthn/add", "recovery-codes/generate"):
        assert leads_to_second_step(early.post(f"/account/second-step/{way}/"))
    assert Authenticator.objects.filter(type="totp").count() == 1
    totp = Authenticator.objects.get(type="totp").wrap()
    early.post("/account/second-step/reauthenticate/", {"code": "000000"})
    assert leads_to_second_step(early.get("/organise/assistant/"))
    answer = early.post(
        "/account/second-step/reauthenticate/?next=/organise/assistant/",
        {"code": code_now(secret_of(totp)), "next": "/organise/assistant/"},
    )
    assert answer.url == "/organise/assistant/"
    assert early.get("/organise/assistant/").status_code == 200


def secret_of(totp: Any) -> str:
    return decrypt(totp.instance.data["secret"])


def test_a_wrong_code_while_setting_it_up_opens_nothing(client: Client):
    make_deliberation()
    by_password(client)
    client.get(SET_UP, follow=True)
    client.post("/account/confirm/", {"password": PASSWORD})
    client.post(SET_UP, {"code": "000000"})
    assert leads_to_second_step(client.get("/organise/assistant/"))


def test_turning_it_off_closes_the_pages_again(client: Client):
    make_deliberation()
    by_password(client)
    set_up_app(client)
    client.post("/account/second-step/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert leads_to_second_step(client.get("/organise/assistant/"))


def test_whoever_runs_the_site_can_help_who_lost_device_and_codes(client: Client, capsys):
    make_deliberation()
    alice = with_app(User.objects.get())
    call_command("forget_second_step", "Alice@example.org")
    assert "sets up a new one" in capsys.readouterr().out
    assert not Authenticator.objects.filter(user=alice).exists()
    by_password(client)
    assert "Set up a second step first" in client.get(FIRST).content.decode()
    with pytest.raises(CommandError, match="has none"):
        call_command("forget_second_step", "alice@example.org")
    with pytest.raises(CommandError, match="Nobody signs in as"):
        call_command("forget_second_step", "nobody@example.org")


def test_recovery_codes_alone_are_no_second_step(client: Client):
    make_deliberation()
    RecoveryCodes.activate(User.objects.get())
    by_password(client)
    assert "Set up a second step first" in client.get(FIRST).content.decode()


def test_who_comes_by_the_organisations_service_is_left_to_it(client: Client, service: Service):  # noqa: F811
    make_deliberation()
    come_by(client, service, email="alice@example.org")
    assert client.get("/organise/assistant/").status_code == 200


def test_a_password_alone_cannot_tie_an_account_of_the_service_to_this_one(
    client: Client,
    service: Service,  # noqa: F811
):
    make_deliberation()
    by_password(client)
    assert leads_to_second_step(client.post("/account/service/oidc/login/?process=connect"))
    assert "come by Town hall" in client.get(FIRST).content.decode()


def test_a_part_of_a_page_leads_there_as_a_whole(client: Client):
    make_deliberation()
    by_password(client)
    answer = client.get("/organise/assistant/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith(FIRST)


def test_where_it_is_not_required_nobody_is_led_there(client: Client, settings):
    settings.SECOND_STEP_REQUIRED = False
    make_deliberation()
    by_password(client)
    assert client.get("/organise/assistant/").status_code == 200
    assert client.get(f"{FIRST}?next=/organise/new/").url == "/organise/new/"
    assert client.get(f"{FIRST}?next=https://evil.example/").url == "/organise/"


@pytest.mark.parametrize(
    ("said", "required"), [({}, "False"), ({"SECOND_STEP": "required"}, "True")]
)
def test_the_environment_says_whether_it_is_required(said: dict[str, str], required: str):
    kept = {name: value for name, value in os.environ.items() if name != "SECOND_STEP"}
    shown = subprocess.run(
        [sys.executable, "-c", "from deploy import settings; print(settings.SECOND_STEP_REQUIRED)"],
        env=kept | {"PYTHONPATH": str(ROOT)} | said,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == required

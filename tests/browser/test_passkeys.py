"""A passkey is added and signs in, in a real browser with a virtual authenticator."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.browser.barriers import no_barriers
from tests.browser.visits import follow
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


def with_authenticator(page: Page) -> None:
    """The browser has a device that knows its person, as a phone with a fingerprint reader has."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").first.fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign in", exact=True))


def by_password(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("My deliberations")


def test_a_passkey_takes_the_place_of_the_password(open_page):
    alice = make_user()
    page = open_page()
    with_authenticator(page)
    by_password(page)
    follow(page.get_by_role("link", name="Second step when signing in"))
    no_barriers(page)
    follow(page.get_by_role("link", name="Set up").nth(1))
    if page.get_by_role("heading", name="Is it you?").is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        follow(page.get_by_role("button", name="Go on"))
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Use it instead of a password").check()
    page.get_by_role("button", name="Add it").click()
    expect(
        page.get_by_text("10 codes are left").or_(page.get_by_text("Recovery codes")).first
    ).to_be_visible()
    assert Authenticator.objects.filter(user=alice, type="webauthn").exists()

    follow(page.get_by_role("button", name="Sign out"))
    page.goto("/sign-in/?next=/organise/new/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/organise/new/")


def test_a_browser_that_gives_no_passkey_says_so(open_page):
    make_user()
    page = open_page()
    page.goto("/sign-in/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(Error('no')); }")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("The browser gave no passkey or key")).to_be_visible()


def test_where_a_second_step_is_required_a_passkey_is_one(open_page, settings):
    settings.SECOND_STEP_REQUIRED = True
    make_user()
    page = open_page()
    with_authenticator(page)
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up a second step first")
    no_barriers(page)
    follow(page.get_by_role("link", name="Set up Passkeys and security keys"))
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Go on"))
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Use it instead of a password").check()
    with page.expect_navigation(url="**/recovery-codes/"):
        page.get_by_role("button", name="Add it").click()
    page.goto("/organise/")
    expect(page.get_by_role("heading", level=1)).to_have_text("My deliberations")

    follow(page.get_by_role("button", name="Sign out"))
    page.goto("/sign-in/")
    with page.expect_navigation(url="**/organise/"):
        page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My deliberations")

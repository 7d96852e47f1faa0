"""The page at the end, letters and leaving."""

from __future__ import annotations

from unittest.mock import patch

from django.urls import reverse

from constitutions.drafting import draft_version, publish_version
from deliberation.models import Subscription
from deliberation.services.limits import too_many
from deliberation.services.subscriptions import (
    confirm,
    confirming_token,
    ending_token,
    subscribe,
)
from tests.browser.states.base import EMAIL, Visit, first_of, own_statements, state
from tests.constitutions.world import make_run
from tests.factories import join, the_round, vote_row


@state("your_part", "before the first vote")
def part_before_voting(at: Visit) -> None:
    at.sit()
    at.go("your_part")


@state("your_part", "with a code, letters and own statements")
def part_done(at: Visit) -> None:
    me = at.sit(1, 0, -1)
    own_statements(me)
    confirm(subscription=subscribe(participant=me, email=EMAIL, language="en"))
    at.go("your_part")


@state("your_part", "with an address to be confirmed")
def part_with_an_open_address(at: Visit) -> None:
    subscribe(participant=at.sit(1, 0, -1), email=EMAIL, language="en")
    at.go("your_part")


@state("your_part", "closed and published")
def part_of_what_is_over(at: Visit) -> None:
    if the_round(at.deliberation).is_open:
        me = join(at.deliberation)
        vote_row(me, [1, 0, -1])
        own_statements(me)
        at.close()
        owner = at.deliberation.memberships.get().user
        run = make_run(at.deliberation, selected=[1, 6])
        draft = draft_version(deliberation=at.deliberation, run=run, actor=owner)
        publish_version(version=draft, actor=owner)
    at.seat(first_of(at))
    at.go("your_part")


@state("subscribe", "not an address", status=422)
def not_an_address(at: Visit) -> None:
    part_before_voting(at)
    at.page.locator("#id_email").fill("carol(at)example.org")
    at.submit("form:has(#id_email)", action="save")


def asked_for(at: Visit) -> Subscription:
    return subscribe(participant=at.sit(), email=EMAIL, language="en")


@state("confirm_letters", "asks first")
def address_asked_for(at: Visit) -> None:
    at.go("confirm_letters", confirming_token(asked_for(at).seat_id, EMAIL))


@state("confirm_letters", "confirmed")
def address_confirmed(at: Visit) -> None:
    address_asked_for(at)
    at.submit()


@state("confirm_letters", "a link of no use", status=410)
def no_such_link(at: Visit) -> None:
    at.go("confirm_letters", "unknown")


def subscribed(at: Visit) -> str:
    """The secret in the letters."""
    subscription = asked_for(at)
    confirm(subscription=subscription)
    return ending_token(subscription.seat_id, EMAIL)


@state("unsubscribe", "of an address that is not confirmed")
def end_of_what_never_began(at: Visit) -> None:
    at.page.goto(reverse("unsubscribe", args=[ending_token(asked_for(at).seat_id, EMAIL)]))


@state("unsubscribe", "asks first")
def end_of_letters(at: Visit) -> None:
    at.page.goto(reverse("unsubscribe", args=[subscribed(at)]))


@state("unsubscribe", "ended")
def letters_ended(at: Visit) -> None:
    end_of_letters(at)
    at.submit()


@state("withdraw", "asks first")
def leaving(at: Visit) -> None:
    own_statements(at.sit(1, 0, -1))
    at.go("withdraw")


@state("withdraw", "left")
def left(at: Visit) -> None:
    at.sit(1, 0)
    at.go("withdraw")
    at.submit()


@state("withdraw", "too often", status=429)
def left_too_often(at: Visit) -> None:
    at.sit()
    at.go("withdraw")
    with patch("deliberation.views.your_part.limits.take", side_effect=too_many(3)):
        at.submit()

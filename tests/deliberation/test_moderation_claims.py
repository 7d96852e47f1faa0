"""Two moderators are not given the same card; a claim runs out by itself and binds nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import Claim, ModerationDecision, User
from deliberation.selectors.queue import waiting_statements
from deliberation.services import claims
from deliberation.services.rounds import close_round
from tests.deliberation.moderating import alice, moderator, waiting_panel
from tests.deliberation.test_votes import at_once
from tests.factories import the_round

pytestmark = pytest.mark.django_db

QUEUE = "/organise/assistant/queue/"
MORE = "/organise/assistant/queue/more/"


def take(panel, user: User, limit: int, **more) -> list[int]:
    round = the_round(panel)
    statements = waiting_statements(round)
    taken = claims.claim(round=round, statements=statements, user=user, limit=limit, **more)
    return [one.number for one in taken]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def about_to_end() -> bool:
    """Whether a claim ends within four minutes."""
    soon = timezone.now() + timedelta(minutes=4)
    return Claim.objects.filter(expires_at__lt=soon).exists()


def html(client: Client, address: str = QUEUE) -> str:
    return client.get(address).content.decode()


def test_whoever_comes_second_is_given_what_is_left():
    panel = waiting_panel(5)
    bob = moderator(panel)
    assert take(panel, alice(), 3) == [5, 6, 7]
    assert take(panel, bob, 3) == [8, 9]
    assert take(panel, alice(), 3) == [5, 6, 7]


def test_a_claim_runs_out():
    panel = waiting_panel(2)
    take(panel, alice(), 2)
    held = Claim.objects.first()
    assert timedelta(minutes=4) < held.expires_at - timezone.now() <= timedelta(minutes=5)
    Claim.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert take(panel, moderator(panel), 2) == [5, 6]


def test_whoever_loads_another_page_lets_go_of_the_one_before():
    panel = waiting_panel(4)
    take(panel, alice(), 2)
    take(panel, alice(), 2, offset=2)
    assert take(panel, moderator(panel), 4) == [5, 6]


def test_what_is_still_shown_is_kept_when_more_is_fetched():
    panel = waiting_panel(4)
    take(panel, alice(), 2)
    Claim.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    take(panel, alice(), 2, offset=2, keeping=[5, 6])
    assert take(panel, moderator(panel), 4) == []
    assert all(
        one.expires_at > timezone.now() + timedelta(minutes=4) for one in Claim.objects.all()
    )


@pytest.mark.django_db(transaction=True)
def test_of_six_who_ask_at_once_no_two_are_given_the_same():
    panel = waiting_panel(20)
    people = [moderator(panel, name) for name in ("bob", "charlie", "dave", "eve", "frank")]
    given = at_once([lambda user=user: take(panel, user, 4) for user in [*people, alice()]])
    numbers = [number for taken in given for number in taken]
    assert len(numbers) == 20
    assert sorted(numbers) == list(range(5, 25))


def test_the_page_shows_the_second_moderator_other_cards_and_says_why():
    panel = waiting_panel(25)
    bob = moderator(panel)
    first, second = html(browser(alice())), html(browser(bob))
    assert 'id="card-5-title"' in first
    assert 'id="card-24-title"' in first
    assert 'id="card-25-title"' not in first
    assert 'id="card-24-title"' not in second
    assert 'id="card-25-title"' in second
    assert "Others are looking at 20 statements right now" in second
    everyone = html(browser(bob), f"{QUEUE}?everyone=1")
    assert 'id="card-5-title"' in everyone
    assert "Somebody is looking at it" in everyone


def test_a_decision_by_somebody_else_counts_and_ends_the_claim():
    panel = waiting_panel(2)
    bob = moderator(panel)
    html(browser(alice()))
    sent = {"decision": "accept", "seen": "pending"}
    assert browser(bob).post("/organise/assistant/statements/5/moderate/", sent).status_code == 302
    assert ModerationDecision.objects.latest("id").actor == bob
    assert not Claim.objects.filter(statement__number=5).exists()


def test_deciding_keeps_the_other_cards():
    waiting_panel(3)
    client = browser(alice())
    html(client)
    Claim.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    sent = {"decision": "accept", "seen": "pending"}
    client.post("/organise/assistant/statements/5/moderate/", sent)
    assert Claim.objects.count() == 2
    assert all(
        one.expires_at > timezone.now() + timedelta(minutes=4) for one in Claim.objects.all()
    )


def test_more_cards_come_without_those_shown_and_are_claimed():
    panel = waiting_panel(25)
    client = browser(alice())
    html(client)
    more = html(client, f"{MORE}?shown={','.join(map(str, range(15, 25)))}")
    assert 'id="more"' in more
    assert "<html" not in more
    # 5 to 14 are still undecided, so they come first; then there is room for no more.
    assert 'id="card-5-title"' in more
    assert 'id="card-14-title"' in more
    assert 'id="card-15-title"' not in more
    assert Claim.objects.filter(user=alice()).count() == 20
    assert 'id="card-25-title"' in html(browser(moderator(panel)))


@pytest.mark.parametrize("shown", ["", "x,²,-1,99999999999999999999", ",,"])
def test_numbers_that_are_none_are_left_out(shown: str):
    waiting_panel(2)
    answer = browser(alice()).get(MORE, {"shown": shown})
    assert answer.status_code == 200
    assert answer.content.decode().count("data-card") == 2


def test_after_closing_the_page_claims_nothing():
    panel = waiting_panel(2)
    close_round(round=the_round(panel), actor=None)
    client = browser(alice())
    assert 'id="card-5-title"' in html(client)
    assert not Claim.objects.exists()
    assert client.get(MORE).status_code == 409

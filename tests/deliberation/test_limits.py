"""Limits by seat and by network: who votes calmly never meets one, who floods is told to wait."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from deliberation.models import RateLimit, VoteEvent
from deliberation.services import limits
from deliberation.services.errors import TooMany
from deliberation.services.votes import Voter, cast_in_round
from deliberation.tasks import sweep_limits
from tests.deliberation.browsing import cast, sit
from tests.factories import join, make_open, make_user, the_round

pytestmark = pytest.mark.django_db

SLOW = limits.Limit("a-test", every=10, burst=3)


def test_a_burst_passes_and_then_one_must_wait():
    for _ in range(3):
        limits.take(SLOW, "alice")
    with pytest.raises(TooMany) as refused:
        limits.take(SLOW, "alice")
    assert 0 < refused.value.retry_after <= 10
    limits.take(SLOW, "bob")


def test_after_the_wait_one_more_passes(sql):
    for _ in range(3):
        limits.take(SLOW, "alice")
    sql("UPDATE deliberation_ratelimit SET due_at = due_at - interval '10 seconds'")
    limits.take(SLOW, "alice")
    with pytest.raises(TooMany):
        limits.take(SLOW, "alice")


def test_voting_once_a_second_for_an_hour_never_meets_the_limit():
    deliberation = make_open()
    alice, round = join(deliberation), the_round(deliberation)
    began = timezone.now()
    for second in range(0, 3600, 1):
        # Only the clock of the limit is asked: an hour of real votes would take minutes here.
        if second % 40 == 0:
            cast_in_round(
                voter=Voter(deliberation.pk, alice.number, session=1),
                round=round.pk,
                statement=1 + second % 4,
                value=1,
                key=uuid4(),
                at=began + timedelta(seconds=second),
            )
        else:
            who = limits.key(limits.VOTE, f"{deliberation.pk}.{alice.number}")
            assert _wait(who, began + timedelta(seconds=second)) == 0


def _wait(key: bytes, at) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folkmoot_take(%s, %s, %s, %s)", [key, limits.VOTE.every, limits.VOTE.burst, at]
        )
        return cursor.fetchone()[0]


def test_a_flood_of_votes_is_429_with_the_seconds_to_wait_and_stores_nothing():
    deliberation = make_open()
    client, _ = sit(deliberation)
    answers = [
        cast(client, deliberation, 1, statement=1, htmx=False) for _ in range(limits.VOTE.burst + 5)
    ]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert VoteEvent.objects.count() == len(answers) - len(refused)


def test_a_flood_of_undone_votes_meets_the_same_limit():
    deliberation = make_open()
    client, _ = sit(deliberation)
    cast(client, deliberation, 1, statement=1)
    body = {"statement": 1, "key": uuid4()}
    address = reverse("undo_vote", args=[deliberation.slug])
    statuses = [client.post(address, body).status_code for _ in range(limits.VOTE.burst + 2)]
    assert statuses[0] == 303
    assert statuses[-1] == 429


def test_the_same_vote_sent_again_is_not_counted_as_another():
    deliberation = make_open()
    client, _ = sit(deliberation)
    key = uuid4()
    statuses = {
        cast(client, deliberation, 1, statement=1, key=key, htmx=False).status_code
        for _ in range(limits.VOTE.burst + 5)
    }
    assert statuses == {303}


def test_one_network_is_limited_whoever_sends():
    flood = limits.Limit("a-crowd", every=0.5, burst=40)
    with pytest.raises(TooMany):
        for _ in range(200):
            limits.take_if_busy(flood, "10.9.9.9")
    limits.take_if_busy(flood, "10.9.9.8")


def test_no_address_is_stored():
    limits.take(SLOW, "203.0.113.7")
    (row,) = RateLimit.objects.all()
    assert b"203.0.113.7" not in bytes(row.key)
    tomorrow = limits.key(SLOW, "203.0.113.7", timezone.now() + timedelta(days=1))
    assert bytes(row.key) != tomorrow


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2ff:3::4", "2001:0db8:0001:02"),
        ("2001:db8::1", "2001:0db8:0000:00"),
        ("::1", "0000:0000:0000:00"),
        ("fe80::1%eth0", "fe80:0000:0000:00"),
    ],
)
def test_a_network_is_one_address_or_the_first_56_bits(address: str, network: str):
    assert limits.network(RequestFactory().get("/", REMOTE_ADDR=address)) == network


def test_behind_a_proxy_the_last_address_counts_since_visitors_write_the_others(settings):
    request = RequestFactory().get(
        "/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.7"
    )
    assert limits.network(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert limits.network(request) == "203.0.113.7"


def test_guessing_passwords_is_slowed_down(client: Client):
    make_user("alice@example.org")
    guess = {"email": "alice@example.org", "password": "wrong"}
    statuses = [client.post(reverse("sign_in"), guess).status_code for _ in range(12)]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


def test_sweeping_keeps_what_still_limits():
    limits.take(SLOW, "alice")
    limits.take(SLOW, "bob")
    old = RateLimit.objects.order_by("due_at").first()
    RateLimit.objects.filter(pk=old.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert sweep_limits() == 1
    assert RateLimit.objects.count() == 1

"""A hundred times fifty identical and fifty conflicting votes at once, through the whole site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, local
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from deliberation.models import Vote, VoteEvent
from tests.deliberation.browsing import sit
from tests.factories import make_open

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, AT_ONCE = 100, 50
own = local()  # what each thread keeps


@contextmanager
def many_threads() -> Iterator[ThreadPoolExecutor]:
    """Threads that keep their connections to the database until the end, like a web server's."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool
        together = Barrier(AT_ONCE)

        def close(_: int) -> None:
            together.wait()  # so that no thread takes two
            connection.close()

        list(pool.map(close, range(AT_ONCE)))


def sender(cookie: str, address: str, network: str) -> Callable[[tuple[int, str]], int]:
    def send(sent: tuple[int, str]) -> int:
        if not hasattr(own, "client"):
            own.client = Client()  # loads all middleware with its first request
        own.client.cookies["seat"] = cookie
        value, key = sent
        body = {"statement": 1, "value": value, "key": key}
        return own.client.post(address, body, REMOTE_ADDR=network).status_code

    return send


def test_each_leaves_one_vote_that_counts_and_no_server_error(settings):
    settings.DECK_SECONDS = 1  # as a web server has it
    deliberation = make_open()
    address = reverse("vote", args=[deliberation.slug])
    for_each_status: dict[int, int] = {}
    with many_threads() as pool:
        for number in range(ROUNDS):
            client, participant = sit(deliberation, Client(REMOTE_ADDR=f"10.0.1.{number}"))
            send = sender(client.cookies["seat"].value, address, f"10.0.0.{number}")
            same = [(1, str(uuid4()))] * AT_ONCE
            contrary = [(n % 3 - 1, str(uuid4())) for n in range(AT_ONCE)]
            for burst in (same, contrary):
                for status in pool.map(send, burst):
                    for_each_status[status] = for_each_status.get(status, 0) + 1
            vote = Vote.objects.get(participant=participant)
            events = list(VoteEvent.objects.filter(participant=participant).order_by("id"))
            assert len(events) == 1 + AT_ONCE
            assert vote.value == events[-1].value
            assert [e.previous for e in events] == [None, *(e.value for e in events[:-1])]
    assert for_each_status == {303: 2 * ROUNDS * AT_ONCE}

"""What the page tests share: a browser that sits on a seat, and how to read its card."""

from __future__ import annotations

import re
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from deliberation.models import Deliberation, Participant
from deliberation.services.rounds import consent_hash
from tests.factories import the_round

HTMX = {"HX-Request": "true"}


def sit(deliberation: Deliberation, client: Client | None = None) -> tuple[Client, Participant]:
    """A client that joined by the open link, as a person does."""
    client = client or Client()
    sent = {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}
    answer = client.post(reverse("join", args=[deliberation.slug]), sent)
    assert answer.status_code == 303, answer.content.decode()
    return client, deliberation.participants.latest("number")


def shown_number(html: str) -> int:
    """The number of the statement on the card."""
    return int(re.search(r'name="statement" value="(\d+)"', _vote_form(html))[1])


def shown_key(html: str) -> str:
    return re.search(r'name="key" value="([0-9a-f-]{36})"', _vote_form(html))[1]


def _vote_form(html: str) -> str:
    """From the form of the card on: the one that undoes stands before it."""
    return html[html.index("data-vote") :]


def cast(client: Client, deliberation: Deliberation, value: object, **changes: object):
    """Vote on the card that is shown, or as ``changes`` say. Returns the response."""
    address = reverse("vote", args=[deliberation.slug])
    htmx = changes.pop("htmx", True)
    sent = {"value": value, "key": uuid4()} | changes
    if "statement" not in sent:
        sent["statement"] = shown_number(client.get(address).content.decode())
    return client.post(address, sent, headers=HTMX if htmx else {})

"""What a statement was made from is said on cards and in lists, at no cost for a vote."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deliberation import deck as decks
from deliberation.came_from import CameFrom
from deliberation.models import Deliberation
from deliberation.services.lineage import merge, rewrite
from deliberation.services.undo_rewrite import undo_rewrite
from deliberation.views import voting
from tests.deliberation.browsing import HTMX, cast, sit
from tests.deliberation.moderating import numbered
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db
LOG = "/d/assistant/log/"


@pytest.fixture(autouse=True)
def _no_deck_left():
    decks._kept.clear()


@pytest.fixture
def deliberation() -> Deliberation:
    """Of the seeds 1 is reworded as 5, 2 split into 6 and 7, 3 and 4 are merged into 8."""
    deliberation = make_open()
    for number, texts in ((1, ["It should <i>doubt</i>."]), (2, ["It is brief.", "It is kind."])):
        rewrite(
            statement=numbered(number), texts=texts, confirmed=True, actor=None, role="moderator"
        )
    merge(
        statements=[numbered(3), numbered(4)],
        text="It should choose its words well.",
        confirmed=True,
        actor=None,
        role="moderator",
    )
    return deliberation


def links(html: str) -> list[tuple[str, str]]:
    """Where each line about an original leads, and its words."""
    return re.findall(rf'href="{LOG}\?n=(\d+)#lines">([^<]+)</a>', html)


ALL = [
    ("1", "Reworded from statement 1"),
    ("2", "Split from statement 2"),
    ("2", "Split from statement 2"),
    ("8", "Merged from statements 3, 4"),
]


def test_the_deck_knows_and_reads_it_with_two_statements(deliberation: Deliberation):
    with CaptureQueriesContext(connection) as asked:
        deck = decks.read_deck(the_round(deliberation))
    assert [one.came_from for one in deck.statements] == [
        CameFrom("reworded", (1,), "1"),
        CameFrom("split", (2,), "2"),
        CameFrom("split", (2,), "2"),
        CameFrom("merged", (3, 4), "8"),
    ]
    of_statements = [q for q in asked if "deliberation_statement" in q["sql"]]
    assert len(of_statements) == 2


def test_the_public_page_and_the_list_view_say_so_with_the_way_to_the_log(
    deliberation: Deliberation,
):
    client, _ = sit(deliberation)
    page = client.get(reverse("statements", args=[deliberation.slug])).content.decode()
    assert links(page) == ALL
    page = client.get(reverse("list", args=[deliberation.slug]), follow=True).content.decode()
    assert sorted(links(page)) == sorted(ALL)


def test_the_list_of_own_votes_says_so_too(deliberation: Deliberation):
    client, _ = sit(deliberation)
    cast(client, deliberation, 1, statement=8)
    page = client.get(reverse("own_votes", args=[deliberation.slug])).content.decode()
    assert links(page) == ALL[-1:]


def test_the_card_says_so_after_the_statement(deliberation: Deliberation):
    client, _ = sit(deliberation)
    page = client.get(reverse("vote", args=[deliberation.slug])).content.decode()
    number = int(re.search(r'name="statement" value="(\d+)"', page[page.index("data-vote") :])[1])
    assert links(page) == [ALL[number - 5]]
    assert page.index("</h1>") < page.index("statement__kin")
    assert 'id="card-kin" hidden' not in page


def test_a_card_of_a_statement_as_it_was_written_has_no_such_line():
    client, _ = sit(make_open())
    page = client.get("/d/assistant/vote/").content.decode()
    assert links(page) == []
    assert 'id="card-kin" hidden' in page
    assert "data-kin" not in page


@pytest.mark.parametrize(("language", "network"), [("en", "10.0.7.1"), ("ar", "10.0.7.2")])
def test_every_vote_is_one_statement_and_its_answer_what_the_template_makes(
    deliberation: Deliberation, monkeypatch, settings, language: str, network: str
):
    settings.DECK_SECONDS = 60
    # A network of its own: a busy one costs a vote one statement more.
    client, _ = sit(deliberation, Client(REMOTE_ADDR=network))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    html, seen = client.get("/d/assistant/vote/").content.decode(), []
    saved_card = voting.saved_card

    def both(request, deck, ballot):
        quick = saved_card(request, deck, ballot)
        context = voting.card_context(deck, ballot) | {"saved": True}
        slow = voting.render(request, "deliberation/vote.html#card", context).content.decode()
        seen.append((without_secrets(quick), without_secrets(slow)))
        return quick

    monkeypatch.setattr(voting, "saved_card", both)
    for _turn in range(3):
        form = html[html.index("data-vote") :]
        sent = dict(re.findall(r'name="(statement|key|next)" value="([^"]*)"', form))
        with CaptureQueriesContext(connection) as asked:
            answer = client.post("/d/assistant/vote/", sent | {"value": 1}, headers=HTMX)
        assert len([q for q in asked if "SAVEPOINT" not in q["sql"]]) == 1
        html = answer.content.decode()
        assert len(links(html)) == 1
    assert len(seen) == 3
    assert all(quick == slow for quick, slow in seen)


def without_secrets(html: str) -> str:
    html = re.sub(r'(name="(?:key|csrfmiddlewaretoken)" value=")[^"]*', r"\1", html)
    return re.sub(r"\s+", " ", html)


def test_a_rewrite_that_was_taken_back_is_no_longer_said(client: Client, deliberation):
    undo_rewrite(statement=numbered(8), actor=None, role="owner")
    page = client.get(reverse("statements", args=[deliberation.slug])).content.decode()
    assert sorted(links(page)) == sorted(ALL[:3])
    assert all(decks.read_deck(the_round(deliberation)).by_number(n) for n in (3, 4))

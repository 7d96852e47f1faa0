"""The answer to a vote: one statement to the database, and the same page as the template makes."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deliberation import deck as decks
from deliberation.models import Deliberation, Exposure
from deliberation.services.cards import Card, seal
from deliberation.services.rounds import end_proposals, open_round
from deliberation.services.statements import add_seeds
from deliberation.views import voting
from tests.deliberation.browsing import HTMX, sit
from tests.factories import make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

NASTY = 'It should <b>never</b> say "&amp;" or {{ ballot }} to \ue000key\ue001 people.'


@pytest.fixture(autouse=True)
def _no_deck_left():
    decks._kept.clear()


def press(client: Client, deliberation: Deliberation, html: str, value: int = 1, **changes):
    """Vote as the page in ``html`` does: with its hidden fields."""
    form = html[html.index("data-vote") :]
    sent = dict(re.findall(r'name="(statement|key|next)" value="([^"]*)"', form))
    body = sent | {"value": value} | changes
    return client.post(reverse("vote", args=[deliberation.slug]), body, headers=HTMX)


def _number(html: str) -> int:
    return int(re.search(r'name="statement" value="(\d+)"', html[html.index("data-vote") :])[1])


def first_page(client: Client, deliberation: Deliberation) -> str:
    return client.get(reverse("vote", args=[deliberation.slug])).content.decode()


def test_a_vote_is_one_statement_to_the_database(settings):
    settings.DECK_SECONDS = 60
    deliberation = make_open()
    client, _ = sit(deliberation)
    html = first_page(client, deliberation)
    with CaptureQueriesContext(connection) as asked:
        answer = press(client, deliberation, html)
    assert answer.status_code == 200
    ours = [q["sql"] for q in asked if "SAVEPOINT" not in q["sql"]]  # the test's transaction
    assert len(ours) == 1


def test_the_card_that_was_fetched_ahead_is_the_one_that_is_logged_and_shown():
    deliberation = make_open()
    client, _ = sit(deliberation)
    html = first_page(client, deliberation)
    ahead = int(re.search(r'id="card-next" data-statement="(\d+)"', html)[1])
    answer = press(client, deliberation, html).content.decode()
    assert _number(answer) == ahead
    last = Exposure.objects.order_by("id").last()
    assert last.statement.number == ahead
    assert last.drawn
    assert last.probability == pytest.approx(1 / 3)
    assert _number(first_page(client, deliberation)) == ahead


def test_a_card_cannot_be_chosen_by_writing_the_seal_oneself():
    deliberation = make_open()
    client, _ = sit(deliberation)
    html = first_page(client, deliberation)
    sealed = re.search(r'name="next" value="([^"]*_[^"]*)"', html)[1]
    pk, probability, mark = sealed.split("_")
    others = [s for s in the_round(deliberation).statements.all() if s.pk != int(pk)]
    # The lot may fall on the same statement; it cannot come with the probability that was written.
    forged = f"{others[0].pk}_0.015625_{mark}"
    assert press(client, deliberation, html, next=forged).status_code == 200
    shown = Exposure.objects.order_by("id").last()
    assert shown.probability == pytest.approx(float(probability))
    stranger, _ = sit(deliberation)
    mine = first_page(stranger, deliberation)
    before = Exposure.objects.count()
    answer = press(stranger, deliberation, mine, next=sealed)  # made for someone else
    assert answer.status_code == 200
    assert Exposure.objects.count() == before + 1  # drawn anew, not taken from the seal


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("phase", ["propose", "vote"])
def test_marks_give_the_same_html_as_the_template(monkeypatch, language: str, phase: str):
    deliberation = make_deliberation(
        show_origin=True, target_votes=2, statement_max_length=300, ask_importance=phase == "vote"
    )
    add_seeds(round=the_round(deliberation), texts=[NASTY], actor=None)
    deliberation = _opened(deliberation, phase)
    client, _ = sit(deliberation)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    html, seen = first_page(client, deliberation), []

    def both(request, deck, ballot):
        quick = saved_card(request, deck, ballot)
        context = voting.card_context(deck, ballot) | {"saved": True}
        slow = voting.render(request, "deliberation/vote.html#card", context).content.decode()
        seen.append((_without_secrets(quick), _without_secrets(slow)))
        return quick

    saved_card = voting.saved_card
    monkeypatch.setattr(voting, "saved_card", both)
    for value in (1, -1, 0, 1):
        html = press(client, deliberation, html, value).content.decode()
    assert len(seen) == 4
    for quick, slow in seen:
        assert quick == slow


def _opened(deliberation: Deliberation, phase: str) -> Deliberation:
    round = open_round(round=the_round(deliberation), actor=None)
    if phase == "vote":
        end_proposals(round=round, actor=None)
    return deliberation


def _without_secrets(html: str) -> str:
    html = re.sub(r'(name="(?:key|csrfmiddlewaretoken)" value=")[^"]*', r"\1", html)
    return re.sub(r"\s+", " ", html)


def test_a_vote_under_an_older_consent_text_is_refused_with_the_way_to_the_new_one():
    deliberation = make_open()
    client, participant = sit(deliberation)
    html = first_page(client, deliberation)
    participant.consent_hash = "0" * 64
    participant.save(update_fields=["consent_hash"])
    answer = press(client, deliberation, html)
    assert answer.status_code == 409
    assert reverse("join", args=[deliberation.slug]) in answer.content.decode()
    assert not participant.votes.exists()
    assert client.get(reverse("vote", args=[deliberation.slug])).status_code == 302


def test_a_statement_that_was_asked_for_is_logged_once_however_often_it_is_loaded():
    deliberation = make_open()
    client, participant = sit(deliberation)
    deck = decks.read_deck(the_round(deliberation))
    sealed = seal(deck, participant.number, Card(deck.statements[2], 1.0), after=0)
    address = f"{reverse('vote', args=[deliberation.slug])}?card={sealed}"
    for _ in range(3):
        assert _number(client.get(address).content.decode()) == deck.statements[2].number
    assert list(Exposure.objects.values_list("drawn", flat=True)) == [False]


def test_what_was_asked_for_or_sealed_for_another_vote_does_not_pass_for_drawn():
    deliberation = make_open()
    client, participant = sit(deliberation)
    html = first_page(client, deliberation)
    deck = decks.read_deck(the_round(deliberation))
    front = deck.by_number(_number(html))
    assert front is not None
    wanted = next(s for s in deck.statements if s != front)
    for after in (0, wanted.id):
        chosen = seal(deck, participant.number, Card(wanted, 0.987), after=after)
        assert press(client, deliberation, html, next=chosen, key=uuid4()).status_code == 200
    assert not Exposure.objects.filter(probability=0.987).exists()

"""Results while voting is open: for everybody if the plan says so, for nobody otherwise."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from aggregation import live
from aggregation.models import LiveFinding
from deliberation.models import Deliberation, Exclusion, Participant, Round
from deliberation.models.panels import ExclusionReason
from deliberation.services.rounds import close_round, open_round
from tests.factories import accepted, join, make_deliberation, the_round, vote_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_process_that_knows_nothing() -> None:
    live._known.clear()


def voted(people: int = 18, *, shown: bool = True, votes: int = 4) -> Deliberation:
    deliberation = make_deliberation()
    Round.objects.filter(deliberation=deliberation).update(show_results=shown)
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    for n in range(people):
        side = 1 if n % 2 else -1
        vote_row(join(deliberation), [1, side, -side, 0][:votes])
    assert live.look(the_round(deliberation))
    return deliberation


def page(client, deliberation: Deliberation):
    return client.get(reverse("results_now", args=[deliberation.slug]))


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_anyone_sees_groups_and_statements_so_far(client):
    words = words_of(page(client, voted()))
    assert "the votes of 18 people" in words
    assert "Group A: 9 people" in words
    assert "Group B: 9 people" in words
    assert "100 % agree (18)" in words.replace("\xa0", " ")


def test_the_counts_are_those_of_the_votes(client):
    found = LiveFinding.objects.get(round=the_round(voted())).results
    by_number = {
        number: (counts, groups) for number, counts, groups, _common in found["statements"]
    }
    numbers = [one.number for one in accepted(Deliberation.objects.get())]
    assert by_number[numbers[0]][0] == [18, 0, 0]
    assert by_number[numbers[1]][0] == [9, 9, 0]
    assert sorted(by_number[numbers[1]][1]) == [[0, 9, 0], [9, 0, 0]]


def test_most_common_ground_comes_first(client):
    deliberation = voted()
    html = page(client, deliberation).content.decode()
    places = [html.index(one.text) for one in accepted(deliberation)]
    assert places[0] == min(places)
    assert places[3] == max(places)


def test_a_statement_on_which_groups_have_said_too_little_shows_no_shares(client):
    html = page(client, voted(votes=3)).content.decode()
    assert "Not enough evidence yet: 18 votes." in html
    assert "Not enough evidence yet: 0 votes." in html
    assert 'class="vote-bar"' not in html


def test_nothing_is_there_unless_the_plan_shows_it(client):
    deliberation = voted(shown=False)
    assert LiveFinding.objects.get().results is None
    assert page(client, deliberation).status_code == 404


def test_nothing_is_there_before_it_opens(client):
    deliberation = make_deliberation()
    Round.objects.update(show_results=True)
    client.force_login(deliberation.memberships.get().user)
    assert page(client, deliberation).status_code == 404


def test_the_votes_of_a_few_are_not_shown(client):
    deliberation = voted(people=9)
    assert LiveFinding.objects.get().results is None
    assert "once at least ten people have voted" in words_of(page(client, deliberation))


def test_people_left_out_do_not_count_here_either(client):
    deliberation = voted()
    out = Participant.objects.order_by("number").first()
    Exclusion.objects.create(participant=out, reason=ExclusionReason.LISTED)
    vote_row(join(deliberation), [1])
    LiveFinding.objects.update(as_of=Now() - timedelta(seconds=settings.LIVE_SECONDS + 1))
    assert live.look(the_round(deliberation))
    first = LiveFinding.objects.get().results["statements"][0]
    assert first[1] == [18, 0, 0]


def test_after_closing_the_report_takes_its_place(client):
    deliberation = voted()
    close_round(round=the_round(deliberation), actor=None)
    assert page(client, deliberation)["Location"] == reverse("report", args=[deliberation.slug])


def test_what_is_written_while_results_are_closed_says_nothing_of_the_votes():
    """Two rounds with opposite votes leave the same row."""
    rows = []
    for slug, value in (("aye", 1), ("nay", -1)):
        deliberation = make_deliberation(slug=slug)
        open_round(round=the_round(deliberation), actor=None, phase="vote")
        for n in range(12):
            vote_row(join(deliberation), [value, value if n % 2 else -value, 0])
        assert live.look(the_round(deliberation))
        row = LiveFinding.objects.filter(round=the_round(deliberation)).values().get()
        kept = {name for name in row if name not in ("id", "round_id", "as_of", "last_event")}
        rows.append(json.dumps({name: row[name] for name in sorted(kept)}))
    assert rows[0] == rows[1]


def test_pages_of_participants_lead_there_only_if_the_plan_shows_it(client):
    deliberation = voted()
    address = reverse("results_now", args=[deliberation.slug])
    for name in ("deliberation", "statements"):
        html = client.get(reverse(name, args=[deliberation.slug])).content.decode()
        assert address in html
        assert "after voting has closed" not in html


def test_pages_of_participants_do_not_lead_there_otherwise(client):
    deliberation = voted(shown=False)
    address = reverse("results_now", args=[deliberation.slug])
    for name in ("deliberation", "statements"):
        html = client.get(reverse(name, args=[deliberation.slug])).content.decode()
        assert address not in html
        assert "after voting has closed" in html

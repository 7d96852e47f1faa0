"""Who took part: nothing is said of fewer than ten people, and nobody can work it out."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from aggregation import runs
from aggregation.engine import Plan, shipped
from aggregation.report.people import profiles
from deliberation.access import remember_participant
from deliberation.models import Participant
from deliberation.services.errors import Invalid
from deliberation.services.profiles import add_question, answer_questions
from deliberation.services.rounds import close_round, open_round
from deliberation.small_counts import LEAST, safe_counts
from tests.aggregation.reporting import PLAN, another, closed, finish, text_of, two_groups, voted
from tests.factories import join, make_deliberation, the_round, vote_row


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([40, 30, 20], [40, 30, 20]),
        ([10, 10], [10, 10]),
        # One alone could be worked out from the total, so the next smallest goes with it.
        ([40, 30, 9], [40, None, None]),
        ([40, 30, 0], [40, None, None]),
        # Two together that are fewer than ten would tell of these few.
        ([40, 30, 4, 3], [40, None, None, None]),
        ([40, 30, 6, 5], [40, 30, None, None]),
        ([5, 4], [None, None]),
        ([12, 3], [None, None]),
        ([], []),
    ],
)
def test_few_are_hidden_and_enough_others_with_them(counts, shown):
    assert safe_counts(counts) == shown


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_the_total_gives_nothing_away(counts):
    shown = safe_counts(counts)
    hidden = [n for n, seen in zip(counts, shown, strict=True) if seen is None]
    assert all(n >= LEAST for n in shown if n is not None)
    if any(seen is not None for seen in shown):
        assert not hidden or (len(hidden) > 1 and sum(hidden) >= LEAST)


pages = pytest.mark.django_db


def asked(old: int = 8, **changes: object) -> tuple:
    """Thirty people: 16 are young, some old, the others do not say."""
    deliberation = make_deliberation(**changes)
    question = add_question(
        deliberation=deliberation, text="How old are you?", options=["Young", "Old"], actor=None
    )
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    for n in range(30):
        me = join(deliberation)
        vote_row(me, [1, 1 if n % 3 else -1, -1 if n % 3 else 1])
        if n < 16 + old:
            option = "Young" if n < 16 else "Old"
            answer_questions(seat=me.seat, answers={question.pk: option})
    return deliberation, close_round(round=the_round(deliberation), actor=None)


@pages
def test_answers_are_counted_and_few_are_hidden(client):
    _deliberation, round = asked()
    run = finish(round)
    (profile,) = profiles(run, "No answer")
    assert [(row.option, row.count) for row in profile.rows] == [
        ("Young", 16),
        ("Old", None),
        ("No answer", None),
    ]
    text = text_of(client.get("/d/assistant/report/"))
    assert "Young 16 53 % Old hidden – No answer hidden –" in text


@pages
def test_weights_stand_beside_plain_counts(client):
    margins = {"How old are you?": {"Young": 0.5, "Old": 0.5}}
    settings = shipped("default").to_dict() | PLAN | {"weights": {"margins": margins}}
    plan = Plan.from_dict(settings)
    _deliberation, round = asked(old=14, plan=plan)
    run = finish(round)
    text = text_of(client.get("/d/assistant/report/"))
    assert "Young 16 53 % 50 % 50 %" in text
    assert "Old 14 47 % 50 % 50 %" in text
    effective = run.summary["weighting"]["effective_n"]
    assert f"each counted once {effective:.0f}" in text
    number = run.statements.earliest("statement__number").statement.number
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/statements/{number}/"))
    assert "30 votes in all" in page
    assert "if everyone counted once)" in page


@pages
def test_another_run_shows_none_so_that_no_difference_tells_of_few(client):
    _deliberation, round = asked()
    finish(round)
    other = finish(round, two_groups(round))
    text = text_of(client.get(f"/d/assistant/report/{other.pk}/"))
    assert "How old are you?" not in text


@pages
def test_no_file_holds_what_people_say_about_themselves(client):
    _deliberation, round = asked()
    run = finish(round)
    for name in ("people.csv", "statements.csv", "groups.csv", "selections.csv", "outcome.json"):
        content = client.get(f"/d/assistant/report/{run.pk}/data/{name}").content
        assert b"Young" not in content
        assert b"How old" not in content


@pages
def test_votes_are_not_counted_by_what_people_say_of_themselves():
    settings = {"grouping": {"method": "strata", "source": "How old are you?"}}
    _deliberation, round = asked(old=14)
    with pytest.raises(Invalid, match="by what people say of themselves"):
        finish(round, another(round, settings))


@pages
def test_should_groups_be_answers_nothing_says_who_gave_which(client, monkeypatch):
    """A second line behind the refusal above."""
    monkeypatch.setattr(runs, "shows_small_groups", lambda plan: False)
    settings = {"grouping": {"method": "strata", "source": "How old are you?"}}
    _deliberation, round = asked(old=14)
    run = finish(round, another(round, settings))
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/"))
    assert "They are the answers to the question “How old are you?”" in text
    page = client.get(f"/d/assistant/report/{run.pk}/").content.decode()
    drawn = page[page.index('<figure class="map">') : page.index("<figcaption>")]
    assert "mark--none" in drawn
    assert "mark--0" not in drawn
    people = client.get(f"/d/assistant/report/{run.pk}/data/people.csv").content.decode()
    assert {line.split(",")[1] for line in people.split()[1:]} == {""}


# One's own place


@pages
def test_who_took_part_sees_their_place_and_nobody_else_does(client):
    round = closed()
    run = finish(round, two_groups(round))
    me = Participant.objects.earliest("number")
    address = f"/d/assistant/report/{run.pk}/"
    assert b"map__own" not in client.get(address).content
    sit(client, me)
    seated = client.get(address)
    assert b"map__own" in seated.content
    assert "You voted on this panel." in text_of(seated)
    assert "no-store" in seated["Cache-Control"]
    assert "private" in seated["Cache-Control"]
    assert "Cookie" in seated["Vary"]


@pages
def test_who_sits_on_a_seat_and_cast_no_vote_has_no_place(client):
    deliberation = voted()
    silent = join(deliberation)
    round = close_round(round=the_round(deliberation), actor=None)
    run = finish(round, two_groups(round))
    sit(client, silent)
    assert b"map__own" not in client.get(f"/d/assistant/report/{run.pk}/").content


@pages
def test_the_page_of_a_group_tells_its_own_people_only(client):
    round = closed()
    run = finish(round, two_groups(round))
    me = run.participants.filter(group=1).earliest("participant__number").participant
    sit(client, me)
    said = "You are one of them."
    assert said in text_of(client.get(f"/d/assistant/report/{run.pk}/groups/b/"))
    assert said not in text_of(client.get(f"/d/assistant/report/{run.pk}/groups/a/"))


def sit(client: Client, me: Participant) -> None:
    answer = HttpResponse()
    remember_participant(answer, me)
    client.cookies["seat"] = answer.cookies["seat"].value

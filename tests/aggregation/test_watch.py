"""The watch page: how a round goes, for those who run it, without a word on what votes say."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import now

from aggregation import live
from aggregation.charts.columns import columns
from deliberation.models import JoinTally, Membership, RoundWatch
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from deliberation.services.watching import watch
from deploy.addresses import ADDRESSES, ANYONE, SIGNED_IN
from tests.factories import accepted, join, make_deliberation, make_open, make_user, the_round
from tests.factories import vote_row as cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_process_that_knows_nothing() -> None:
    live._known.clear()


def voted(people: int = 12, phase: str = "vote"):
    """Open, with two camps, looked at by both workers."""
    deliberation = make_open(phase)
    for n in range(people):
        side = 1 if n % 3 else -1
        cast(join(deliberation), [1, side, -side, 0][: 4 if n % 2 else 2])
    looked(deliberation)
    return deliberation


def looked(deliberation) -> None:
    assert watch(round=the_round(deliberation), settled=timedelta(0))
    live.look(the_round(deliberation))


def page(client, deliberation, role: str = "owner", **headers: str):
    user = deliberation.memberships.filter(role=role).first()
    if user is None:
        user = Membership.objects.create(
            deliberation=deliberation, user=make_user(f"{role}@example.org"), role=role
        )
    client.force_login(user.user)
    return client.get(reverse("watch", args=[deliberation.slug]), headers=headers)


def text_of(response) -> str:
    """The words of a page, with single spaces."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())


def test_everyone_who_works_on_it_may_watch(client):
    deliberation = voted()
    for role in ("owner", "organiser", "moderator", "recruiter", "auditor"):
        assert page(client, deliberation, role).status_code == 200


def test_outsiders_and_visitors_may_not(client):
    deliberation = voted()
    address = reverse("watch", args=[deliberation.slug])
    assert client.get(address).status_code == 302
    client.force_login(make_user("bob@example.org"))
    assert client.get(address).status_code == 404


def test_the_way_from_joining_to_finishing_is_a_table_with_bars(client):
    deliberation = voted()
    deliberation.panel.size_wanted = 20
    deliberation.panel.save()
    looked(deliberation)
    words = text_of(page(client, deliberation))
    assert "Wanted 20 Joined 12 Voted at least once 12 Voted on enough statements 6" in words


def test_votes_over_time_are_a_picture_and_a_table(client):
    response = page(client, voted())
    html = response.content.decode()
    assert html.count('class="columns__one') >= 2
    assert "36 in all" in text_of(response)
    assert re.search(r"<td class=\"n\">36</td><td class=\"n\">0</td><td class=\"n\">12</td>", html)


def test_coverage_is_told_by_statement_and_by_group(client):
    deliberation = voted()
    words = text_of(page(client, deliberation))
    assert "4 statements were shown fewer than the 30 times that the plan asks for." in words
    assert accepted(deliberation)[2].text in words
    assert re.search(r"Group A \d+ \d+", words)


def test_statements_that_wait_are_told_with_their_age(client):
    deliberation = voted(phase="propose")
    person = join(deliberation)
    said = propose(participant=person, round=the_round(deliberation), text="It should be kind.")
    said.created_at = now() - timedelta(hours=30)
    said.save()
    words = text_of(page(client, deliberation))
    assert "1 statement waits for a moderator" in words
    assert "1 waits longer than promised." in words


def test_what_is_worth_a_look_is_explained_and_names_numbers_only(client):
    deliberation = voted()
    hour = now().replace(minute=0, second=0, microsecond=0)
    JoinTally.objects.create(deliberation=deliberation, network=b"n" * 16, hour=hour, joined=40)
    row = RoundWatch.objects.get()
    looked(deliberation)
    row.refresh_from_db()
    row.figures["flags"]["straight"] = {"people": 2, "of": 9, "numbers": [3, 7]}
    row.save()
    words = text_of(page(client, deliberation))
    assert "2 people of 9 with 10 votes or more gave the same answer every time." in words
    assert "Participants: 3, 7" in words
    assert "40 people joined from 1 network." in words


def test_no_page_of_an_open_round_says_what_the_votes_say(client):
    """The same page whether people agreed or disagreed."""
    pages = []
    for slug, value in (("aye", 1), ("nay", -1)):
        deliberation = make_open("vote", slug=slug)
        for n in range(12):
            cast(join(deliberation), [value, -value if n % 3 else value, value, 0])
        looked(deliberation)
        html = page(client, deliberation).content.decode()
        body = html[html.index('id="watch"') : html.index("</main>")]
        pages.append(re.sub(r"<time.*?</time>|csrf\S+", "", body).replace(slug, ""))
    assert pages[0] == pages[1]


def test_no_number_of_few_people_is_shown_by_what_they_say_of_themselves(client):
    deliberation = voted()
    row = RoundWatch.objects.get()
    row.figures["quotas"] = [
        {
            "name": "Age",
            "drawn": True,
            "unmet": True,
            "rows": [
                {"value": "under 30", "minimum": 12, "maximum": 14, "people": None},
                {"value": "30 and over", "minimum": 26, "maximum": 28, "people": 21},
            ],
        }
    ]
    row.save()
    words = text_of(page(client, deliberation))
    assert "under 30 fewer than 10 12 to 14" in words
    assert "30 and over 21 too few 26 to 28" in words


def test_before_it_opens_there_is_nothing_to_watch(client):
    deliberation = make_deliberation()
    assert "has not been opened" in text_of(page(client, deliberation))


def test_before_the_first_look_the_page_says_what_is_to_come(client):
    words = text_of(page(client, make_open("vote")))
    assert "within a minute or two" in words
    assert "Statements that wait" in words


def test_a_closed_round_shows_its_last_figures_and_asks_no_more(client):
    deliberation = voted()
    close_round(round=the_round(deliberation), actor=None)
    html = page(client, deliberation).content.decode()
    assert "hx-trigger" not in html
    assert "Voted at least once" in html


def test_days_stand_for_hours_when_a_round_lasts(client):
    deliberation = voted()
    row = RoundWatch.objects.get()
    early = (row.as_of - timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
    row.figures["hours"].insert(0, [early.isoformat(), 7, 1, 2, 0])
    row.save()
    response = page(client, deliberation)
    assert "on the busiest day" in text_of(response)
    rows = response.content.decode().split("twin-time")[1].split("</table>")[0].count("<tr>")
    assert rows == 1 + 6


# --- Asking again


def test_asking_again_while_nothing_is_new_costs_a_few_bytes(client, django_assert_max_num_queries):
    deliberation = voted()
    first = page(client, deliberation, **{"HX-Request": "true"})
    assert first.status_code == 200
    assert b"<html" not in first.content
    with django_assert_max_num_queries(12):
        again = client.get(
            reverse("watch", args=[deliberation.slug]),
            headers={"HX-Request": "true", "If-None-Match": first["ETag"]},
        )
    assert (again.status_code, again.content) == (304, b"")


def test_asking_again_after_another_look_brings_the_page(client):
    deliberation = voted()
    first = page(client, deliberation, **{"HX-Request": "true"})
    looked(deliberation)
    again = page(client, deliberation, **{"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert again.status_code == 200


def test_a_page_looks_through_no_votes(client, django_assert_max_num_queries, monkeypatch):
    deliberation = voted()
    page(client, deliberation)
    with django_assert_max_num_queries(30) as queries:
        page(client, deliberation)
    said = " ".join(query["sql"] for query in queries.captured_queries)
    assert "deliberation_vote" not in said.replace("deliberation_votertally", "")
    assert "deliberation_exposure" not in said


# --- Drawing


def test_columns_share_the_picture_and_the_highest_fills_it():
    drawn = columns([4, 0, 1], strong=[True, True, False])
    assert [(one.height, one.strong) for one in drawn] == [(100, True), (25, False)]
    assert drawn[1].x > drawn[0].x + drawn[0].width
    assert all(one.y + one.height == 100 for one in drawn)


def test_one_vote_is_seen_beside_thousands():
    assert columns([10_000, 1])[1].height == 1.5


def test_no_columns_of_nothing():
    assert columns([]) == []
    assert columns([0, 0]) == []


# --- Nothing leaks elsewhere


def of_one_deliberation() -> list[str]:
    """Names of all addresses of organisers that take nothing but a deliberation."""
    found = []
    for pattern, who in ADDRESSES.items():
        if who in (ANYONE, SIGNED_IN):
            continue
        with suppress(NoReverseMatch):
            reverse(pattern, args=["assistant"])
            found.append(pattern)
    return sorted(found)


def read(answer) -> str:
    """What an answer says; of a bundle, all of its files but the list of their digests."""
    content = b"".join(answer) if answer.streaming else answer.content
    if not content.startswith(b"PK"):
        return content.decode()
    with ZipFile(BytesIO(content)) as bundle:
        names = [name for name in bundle.namelist() if "manifest" not in name]
        return "".join(bundle.read(name).decode() for name in names)


def without_what_differs_anyway(html: str, slug: str) -> str:
    """Times, secrets, keys of rows and the name of the deliberation are no votes."""
    plain = re.sub(r"<time.*?</time>|\d\d?:\d\d", "", html, flags=re.S)
    plain = re.sub(r'value="[^"]*"|datetime="[^"]*"|content="[^"]*"|member\W+\d+', "", plain)
    return re.sub(r"members/\d+", "", plain).replace(slug, "")


def test_no_page_of_organisers_says_what_an_open_round_has_voted(client):
    """Every page of two deliberations is the same, though people voted the opposite way."""
    worlds = []
    for slug, value in (("world-a", 1), ("world-b", -1)):
        deliberation = make_open("propose", slug=slug)
        for n in range(12):
            cast(join(deliberation), [value, -value if n % 3 else value, value, value])
        looked(deliberation)
        worlds.append(deliberation)
    client.force_login(worlds[0].memberships.get().user)
    names = of_one_deliberation()
    assert {"workspace", "watch", "queue", "exclusions", "close_round"} <= set(names)
    for name in names:
        pages = []
        for deliberation in worlds:
            answer = client.get(reverse(name, args=[deliberation.slug]))
            pages.append(without_what_differs_anyway(read(answer), deliberation.slug))
        assert pages[0] == pages[1], name

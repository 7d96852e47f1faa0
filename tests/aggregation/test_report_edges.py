"""Rounds in which next to nothing happened: every page says so, and none breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from aggregation.models import Run
from aggregation.report.lines import lines
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from tests.aggregation.reporting import DEEP, another, finish, text_of
from tests.factories import accepted, join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db

PAGES = ["", "statements/", "statements/?sort=range&q=x", "rules/", "change/", "method/", "data/"]
KMEANS = {"method": "kmeans", "min_votes": 1}
# What people did, each a row of votes on four statements; and how they are put into groups.
ROUNDS: dict[str, tuple[Sequence[Sequence[int | None]], dict]] = {
    "one person": ([[1, -1, 0, 1]], KMEANS),
    "one vote": ([[1]], KMEANS),
    "two people alike": ([[1, 1, 1, 1]] * 2, KMEANS),
    "everybody alike": ([[1, -1, 1, -1]] * 12, KMEANS),
    "all pass": ([[0, 0, 0, 0]] * 12, KMEANS),
    "all disagree": ([[-1, -1, -1, -1]] * 12, KMEANS),
    "nobody in a group": ([[1, -1, 1, None]] * 6, {"method": "kmeans", "min_votes": 9}),
    "one statement seen": ([[1 if n % 2 else -1] for n in range(12)], KMEANS),
    "two that never met": ([[1, 1, None, None], [None, None, 1, 1]], KMEANS),
}


def counted(rows: Sequence[Sequence[int | None]], grouping: dict, **more: object) -> Run:
    deliberation = make_open("vote")
    for row in rows:
        vote_row(join(deliberation), row)
    round = close_round(round=the_round(deliberation), actor=None)
    return finish(round, another(round, {"grouping": grouping} | more))


def sane(client, run: Run) -> None:
    """All pages of the run are there, and no number on them is none."""
    more = [f"statements/{line.number}/" for line in lines(run)]
    groups = [f"groups/{letter}/" for letter in "ab"[: run.groups.count()]]
    for path in [*PAGES, *more, *groups]:
        response = client.get(f"/d/assistant/report/{run.pk}/{path}")
        assert response.status_code == 200, path
        assert not re.search(r"\b(nan|NaN|None|inf|Infinity)\b", text_of(response)), path
        assert not re.search(r'="-?(nan|inf|None)', response.content.decode()), path
    for name in ("statements.csv", "groups.csv", "selections.csv", "people.csv", "polis.zip"):
        response = client.get(f"/d/assistant/report/{run.pk}/data/{name}")
        assert response.status_code == 200, name
    for name in ("map", "unites", "divides", "steady", f"statement-{lines(run)[0].number}"):
        drawn = client.get(f"/d/assistant/report/{run.pk}/pictures/{name}.svg")
        assert drawn.status_code in (200, 404), name
        assert not re.search(r"\b(nan|None|inf)\b", drawn.content.decode()), name


@pytest.mark.parametrize("name", ROUNDS)
def test_pages_are_sane_when_next_to_nothing_happened(client, name):
    rows, grouping = ROUNDS[name]
    sane(client, counted(rows, grouping))


@pytest.mark.parametrize("name", ["one person", "all pass", "nobody in a group"])
def test_so_they_are_when_people_are_drawn_anew(client, name):
    rows, grouping = ROUNDS[name]
    sane(client, counted(rows, grouping, **{k: v for k, v in DEEP.items() if k != "grouping"}))


def test_a_single_statement_has_a_report(client):
    deliberation = make_open("vote")
    for one in accepted(deliberation)[1:]:
        moderate(statement=one, decision="reject", reason="off_topic", actor=None, role="moderator")
    for n in range(12):
        vote_row(join(deliberation), [1 if n % 2 else -1])
    round = close_round(round=the_round(deliberation), actor=None)
    run = finish(round, another(round, {"grouping": KMEANS}))
    assert len(lines(run)) == 1
    sane(client, run)


def test_more_seats_than_statements_are_said_and_filled_as_far_as_they_go(client):
    seats = [{"id": "approval", "seats": 50}]
    run = counted([[1, 1, -1, 0]] * 12, KMEANS, rules=seats)
    sane(client, run)
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/rules/?show=all"))
    assert "2 statements are selected." in text

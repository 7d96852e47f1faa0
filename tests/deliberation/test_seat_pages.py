"""The page of seats: links shown once, issued once, revoked for good."""

import csv
import io
import re
from urllib.parse import unquote

import pytest
from django.test import Client

from deliberation.models import Participant, Seat, User
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.rounds import consent_hash
from deliberation.spreadsheets import csv_text
from tests.factories import accepted, make_deliberation, make_open, the_round, vote

pytestmark = pytest.mark.django_db


def issue(client: Client, count: int, after: int = 0):
    return client.post("/organise/assistant/seats/", {"count": count, "after": after})


def links_on(page: str) -> list[str]:
    return re.findall(r"<code[^>]*>http://testserver(/d/assistant/seat/[\w-]+/)</code>", page)


def test_seat_links_are_shown_once_and_each_takes_a_seat(owner_client: Client) -> None:
    make_open(owner=User.objects.get())
    answer = issue(owner_client, 3)
    links = links_on(answer.content.decode())
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert len(set(links)) == 3
    assert Client().get(links[0]).status_code == 200
    assert links_on(owner_client.get("/organise/assistant/seats/").content.decode()) == []


def test_the_file_holds_the_same_links(owner_client: Client) -> None:
    make_open(owner=User.objects.get())
    page = issue(owner_client, 2).content.decode()
    data = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', page)
    assert data is not None
    rows = list(csv.reader(io.StringIO(unquote(data[1]))))
    assert rows[0] == ["Seat", "Link"]
    assert [row[1].removeprefix("http://testserver") for row in rows[1:]] == links_on(page)


def test_sending_the_form_twice_issues_seats_once(owner_client: Client) -> None:
    make_open(owner=User.objects.get())
    issue(owner_client, 3)
    again = issue(owner_client, 3)
    assert again.status_code == 409
    assert "No seats were issued this time" in again.content.decode()
    assert Seat.objects.count() == 3
    assert issue(owner_client, 1, after=3).status_code == 200


@pytest.mark.parametrize("count", ["0", "-1", "1001", "many", ""])
def test_a_number_of_seats_that_makes_no_sense_issues_none(
    owner_client: Client, count: str
) -> None:
    make_deliberation()
    answer = owner_client.post("/organise/assistant/seats/", {"count": count, "after": 0})
    assert answer.status_code == 422
    assert not Seat.objects.exists()


def test_a_revoked_link_takes_no_seat(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    (link,) = links_on(issue(owner_client, 1).content.decode())
    assert owner_client.post("/organise/assistant/seats/1/revoke/").status_code == 302
    assert Client().get(link).status_code in (404, 410)
    assert not Participant.objects.filter(deliberation=deliberation).exists()
    assert owner_client.get("/organise/assistant/seats/1/revoke/").status_code == 404


def test_a_cell_that_begins_like_a_formula_is_made_text() -> None:
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "plain, with comma"]
    (row,) = csv.reader(io.StringIO(csv_text(["a"], [cells]).split("\r\n", 1)[1]))
    assert row == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "plain, with comma"]


def words_of(page: str) -> list[str]:
    """The words that a reader finds in the main part."""
    main = re.search(r"<main.*</main>", page, re.DOTALL)
    assert main is not None
    return re.sub(r"<[^>]*>", " ", main[0]).split()


def test_the_list_of_seats_does_not_change_with_votes(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    person = take_seat(
        deliberation=deliberation,
        token=seat.token,
        consent_hash=consent_hash(the_round(deliberation)),
    )
    before = words_of(owner_client.get("/organise/assistant/seats/").content.decode())
    for statement in accepted(deliberation):
        vote(person, statement, -1)
    after = words_of(owner_client.get("/organise/assistant/seats/").content.decode())
    assert "Taken" in after
    assert before == after

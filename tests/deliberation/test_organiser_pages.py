"""The organiser's pages: who may open which; the list, the workspace and the audit trail."""

import re

import pytest
from django.test import Client

from deliberation.models import Deliberation, User
from deliberation.models.deliberations import Role
from deliberation.services.panels import issue_seats
from deliberation.services.rounds import close_round
from tests.deliberation.organising import FORM, sign_in_as
from tests.factories import accepted, join, make_deliberation, make_open, make_user, the_round, vote

pytestmark = pytest.mark.django_db

# What each asker gets from each page while the round is in preparation. Order of the columns:
ROLES = ("owner", "organiser", "moderator", "recruiter", "auditor", "outsider", "anonymous")

PAGES = {
    ("GET", ""): "200 200 200 200 200 404 302",
    ("GET", "audit/"): "200 200 403 403 200 404 302",
    ("GET", "settings/"): "200 200 200 200 200 404 302",
    ("POST", "settings/"): "422 422 403 403 403 404 302",
    ("GET", "seeds/"): "200 200 200 200 200 404 302",
    ("POST", "seeds/"): "422 422 403 403 403 404 302",
    ("GET", "seats/"): "200 200 403 200 403 404 302",
    ("POST", "seats/"): "422 422 403 422 403 404 302",
    ("GET", "seats/1/revoke/"): "200 200 403 200 403 404 302",
    ("POST", "seats/1/revoke/"): "302 302 403 302 403 404 302",
    ("GET", "queue/"): "200 200 200 403 403 404 302",
    ("GET", "statements/1/moderate/"): "200 200 200 403 403 404 302",
    ("POST", "statements/1/moderate/"): "422 422 422 403 403 404 302",
    ("GET", "open/"): "200 200 403 403 403 404 302",
    ("POST", "open/"): "422 422 403 403 403 404 302",
    # Right role, wrong phase.
    ("GET", "end-proposals/"): "409 409 403 403 403 404 302",
    ("POST", "end-proposals/"): "409 409 403 403 403 404 302",
}

CASES = [
    (method, path, role, int(status))
    for (method, path), row in PAGES.items()
    for role, status in zip(ROLES, row.split(), strict=True)
]


@pytest.mark.parametrize(("method", "path", "role", "status"), CASES)
def test_each_page_answers_each_role_as_the_table_says(
    client: Client, method: str, path: str, role: str, status: int
) -> None:
    deliberation = make_deliberation()
    issue_seats(deliberation=deliberation, count=1, actor=None)
    sign_in_as(client, role, deliberation)
    answer = client.generic(method, f"/organise/assistant/{path}")
    assert answer.status_code == status
    if role == "anonymous":
        assert answer.url == f"/sign-in/?next=/organise/assistant/{path}"


def test_the_table_covers_every_role() -> None:
    assert set(Role.values) | {"outsider", "anonymous"} == set(ROLES)


def test_an_unknown_deliberation_looks_like_one_of_others(owner_client: Client) -> None:
    assert owner_client.get("/organise/unknown/").status_code == 404


@pytest.mark.parametrize("path", ["", "settings/", "seeds/", "seats/", "queue/", "audit/"])
@pytest.mark.parametrize("phase", ["draft", "propose", "vote", "closed"])
def test_pages_for_reading_answer_in_every_phase(client: Client, path: str, phase: str) -> None:
    deliberation = (
        make_deliberation()
        if phase == "draft"
        else make_open("vote" if phase == "closed" else phase)
    )
    if phase == "closed":
        close_round(round=the_round(deliberation), actor=None)
    client.force_login(User.objects.get(email="alice@example.org"))
    assert client.get(f"/organise/assistant/{path}").status_code == 200


def test_i_see_the_deliberations_i_work_on_and_no_others(owner_client: Client) -> None:
    make_deliberation()
    bob = make_user("bob@example.org")
    make_deliberation(owner=bob, title="Another question", slug="another")
    page = owner_client.get("/organise/").content.decode()
    assert "How an assistant should behave" in page
    assert "Another question" not in page


def test_the_list_asks_for_sign_in_first(client: Client) -> None:
    answer = client.get("/organise/")
    assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/organise/")


def test_the_workspace_says_where_the_round_is_and_how_it_goes(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    seeds = accepted(deliberation)
    for number in range(3):
        person = join(deliberation)
        for statement in seeds[: 4 if number else 3]:
            vote(person, statement, 1)
    page = owner_client.get("/organise/assistant/").content.decode()
    assert "Proposing and voting" in page
    assert "3 of 3 participants have voted" in page
    assert "Fewest votes: 2, on statement 4" in page
    assert 'value="http://testserver/d/assistant/"' in page


def test_the_workspace_in_preparation_says_what_is_missing(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM)
    slug = Deliberation.objects.get().slug
    page = owner_client.get(f"/organise/{slug}/").content.decode()
    assert "things before you can open" in page
    assert "at least three seed statements" in page


def test_an_auditor_is_offered_no_action(client: Client) -> None:
    deliberation = make_open()
    sign_in_as(client, "auditor", deliberation)
    page = client.get("/organise/assistant/").content.decode()
    assert "/end-proposals/" not in page
    assert "/close/" not in page
    assert "/queue/" not in page


@pytest.mark.parametrize(
    ("role", "path", "status", "back"),
    [
        ("owner", "/organise/assistant/amend/", 409, "/organise/assistant/"),
        ("auditor", "/organise/assistant/queue/", 403, "/organise/assistant/"),
        ("outsider", "/organise/assistant/queue/", 404, "/"),
    ],
)
def test_whoever_is_refused_is_led_back(
    client: Client, role: str, path: str, status: int, back: str
) -> None:
    sign_in_as(client, role, make_deliberation())
    answer = client.get(path)
    assert answer.status_code == status
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    assert re.findall(r'href="([^"]+)"', main) == [back]


@pytest.mark.parametrize(
    ("role", "results"),
    [("owner", "/organise/assistant/runs/"), ("auditor", "/d/assistant/report/")],
)
def test_a_closed_workspace_leads_each_role_to_results_it_may_see(
    client: Client, role: str, results: str
) -> None:
    deliberation = make_open()
    close_round(round=the_round(deliberation), actor=None)
    sign_in_as(client, role, deliberation)
    page = client.get("/organise/assistant/").content.decode()
    links = set(re.findall(r'href="([^"]+)"', page))
    assert results in links
    refused = {link for link in links if client.get(link).status_code == 403}
    assert refused == set()


def test_the_audit_trail_tells_changes_and_no_votes(owner_client: Client) -> None:
    deliberation = make_deliberation()
    owner_client.post("/organise/assistant/open/", {"phase": "propose"})
    vote(join(deliberation), accepted(deliberation)[0], 1)
    page = owner_client.get("/organise/assistant/audit/").content.decode()
    assert "Deliberation created" in page
    assert "Round opened" in page
    assert the_round(deliberation).frozen_hash in page
    assert "alice@example.org" in page
    assert "vote." not in page.lower().replace("who voted what.", "")

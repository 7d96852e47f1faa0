"""The organiser's pages: who may open which, and what each one does."""

import csv
import io
import re
from urllib.parse import unquote

import pytest
from django.test import Client

from aggregation.engine import shipped
from deliberation.models import (
    AuditEntry,
    Deliberation,
    Membership,
    ModerationDecision,
    Participant,
    Seat,
    Statement,
    User,
)
from deliberation.models.deliberations import Role
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.rounds import close_round, consent_hash, open_round
from deliberation.services.statements import add_seeds
from deliberation.spreadsheets import csv_text
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


def sign_in_as(client: Client, role: str, deliberation: Deliberation) -> None:
    """Sign a new user in with this role; an outsider has none, anonymous does not sign in."""
    if role == "anonymous":
        return
    user = make_user(f"{role}@example.org")
    if role != "outsider":
        Membership.objects.create(deliberation=deliberation, user=user, role=role)
    client.force_login(user)


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_user())
    return client


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


# --- My deliberations


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


# --- A new deliberation

FORM = {
    "title": "How an assistant should behave",
    "question": "What should the assistant do?",
    "description": "",
    "open_link": "yes",
    "visibility": "public",
    "consent_text": "You vote on short statements.",
    "moderation": "before",
    "statement_max_length": "180",
    "target_votes": "25",
    "min_votes_to_propose": "0",
    "routing": "balanced",
    "min_exposures": "30",
    "ask_importance": "on",
    "language": "en",
    "plan_choice": "default",
}
OWN_PLAN = """
name = "library"
title = "Three groups"
[grouping]
k = 3
[[rules]]
id = "threshold"
above = 0.6
"""


def test_the_form_makes_a_deliberation_that_its_maker_owns(owner_client: Client) -> None:
    answer = owner_client.post("/organise/new/", FORM)
    made = Deliberation.objects.get()
    assert answer.url == f"/organise/{made.slug}/"
    assert made.memberships.get().role == "owner"
    round = the_round(made)
    assert (round.phase, round.statement_max_length, round.target_votes) == ("draft", 180, 25)
    assert round.plan_hash == shipped("default").hash


def test_the_consent_text_is_filled_in_to_begin_with(owner_client: Client) -> None:
    assert "You may stop at any time" in owner_client.get("/organise/new/").content.decode()


def test_a_title_like_an_address_of_ours_gets_another_address(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"title": "New"})
    slug = Deliberation.objects.get().slug
    assert slug != "new"
    assert owner_client.get(f"/organise/{slug}/").status_code == 200


def test_a_form_that_does_not_hold_keeps_what_was_typed(owner_client: Client) -> None:
    answer = owner_client.post(
        "/organise/new/", FORM | {"title": "", "question": "Which rules?", "target_votes": "0"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Which rules?" in page
    assert 'href="#id_title"' in page
    assert 'href="#id_target_votes"' in page
    assert not Deliberation.objects.exists()


def test_a_plan_of_ones_own_is_taken(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": OWN_PLAN})
    plan = the_round(Deliberation.objects.get()).plan
    assert (plan["name"], plan["grouping"]["k"]) == ("library", 3)


def test_an_uploaded_plan_is_taken(owner_client: Client) -> None:
    upload = io.BytesIO(OWN_PLAN.encode())
    upload.name = "plan.toml"
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_file": upload})
    assert the_round(Deliberation.objects.get()).plan["name"] == "library"


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_a_plan_that_does_not_hold_says_where_and_is_kept(owner_client: Client, way: str) -> None:
    wrong = OWN_PLAN.replace("above = 0.6", "above = 6.0")
    upload = io.BytesIO(wrong.encode())
    upload.name = "plan.toml"
    given = {"plan_text": wrong} if way == "pasted" else {"plan_file": upload}
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own"} | given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "rules[0].above" in page
    assert "above = 6.0" in page
    assert 'href="#id_plan_text"' in page


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 70_000], ids=["not text", "too large"])
def test_a_file_that_is_no_plan_is_refused(owner_client: Client, content: bytes) -> None:
    upload = io.BytesIO(content)
    upload.name = "plan.toml"
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_file": upload})
    assert answer.status_code == 422
    assert 'href="#id_plan_file"' in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "rules = " + "[" * 60_000,
        OWN_PLAN.replace('"library"', r'"li\u0000brary"'),
        OWN_PLAN + "[unknown]\n",
        "",
    ],
    ids=["nested", "unstorable", "unknown setting", "empty"],
)
def test_a_plan_made_to_break_things_is_only_refused(owner_client: Client, text: str) -> None:
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": text})
    assert answer.status_code == 422
    assert 'href="#id_plan_text"' in answer.content.decode()
    assert not Deliberation.objects.exists()


def test_a_plan_that_needs_imported_groups_is_refused(owner_client: Client) -> None:
    declared = OWN_PLAN.replace("k = 3", 'method = "declared"\nsource = "group-id"')
    answer = owner_client.post(
        "/organise/new/", FORM | {"plan_choice": "own", "plan_text": declared}
    )
    assert answer.status_code == 422
    assert "imported votes" in answer.content.decode()
    shipped_one = owner_client.post("/organise/new/", FORM | {"plan_choice": "ccai-2023"})
    assert shipped_one.status_code == 422


def test_who_may_not_create_is_told_so(client: Client) -> None:
    user = make_user()
    User.objects.update(may_create=False)
    client.force_login(user)
    assert client.get("/organise/new/").status_code == 403
    assert client.post("/organise/new/", FORM).status_code == 403
    assert not Deliberation.objects.exists()


# --- Settings


def test_settings_change_while_in_preparation(owner_client: Client) -> None:
    make_deliberation()
    answer = owner_client.post(
        "/organise/assistant/settings/",
        FORM
        | {
            "question": "Another question?",
            "open_link": "no",
            "plan_choice": "own",
            "plan_text": OWN_PLAN,
        },
    )
    assert answer.status_code == 302
    deliberation = Deliberation.objects.select_related("panel").get()
    assert the_round(deliberation).question == "Another question?"
    assert the_round(deliberation).plan["name"] == "library"
    assert deliberation.panel.open_link is False


def test_saving_records_only_what_changed(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"consent_text": "One.\r\n\r\nTwo."})
    deliberation = Deliberation.objects.get()
    address = f"/organise/{deliberation.slug}/settings/"
    owner_client.post(address, FORM | {"consent_text": "One.\r\n\r\nTwo.", "target_votes": "40"})
    owner_client.post(address, FORM | {"consent_text": "One.\r\n\r\nTwo.", "target_votes": "40"})
    edits = AuditEntry.objects.filter(action="deliberation.edited")
    assert [edit.detail for edit in edits] == [{"fields": ["target_votes"]}]
    assert the_round(deliberation).consent_text == "One.\n\nTwo."


def test_a_plan_of_ones_own_is_kept_unless_another_is_chosen(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": OWN_PLAN})
    slug = Deliberation.objects.get().slug
    before = the_round(Deliberation.objects.get()).plan_hash
    page = owner_client.get(f"/organise/{slug}/settings/").content.decode()
    assert "put into 3 opinion groups" in page
    owner_client.post(
        f"/organise/{slug}/settings/", FORM | {"title": "Renamed", "plan_choice": "keep"}
    )
    after = Deliberation.objects.get()
    assert (after.title, the_round(after).plan_hash) == ("Renamed", before)


def test_settings_are_frozen_and_shown_with_their_hash_once_open(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    page = owner_client.get("/organise/assistant/settings/").content.decode()
    assert the_round(deliberation).frozen_hash in page
    assert "<textarea" not in page
    answer = owner_client.post("/organise/assistant/settings/", FORM | {"question": "Other?"})
    assert answer.status_code == 409
    assert the_round(deliberation).question == "What should the assistant do?"


# --- Seeds


def test_seeds_are_added_one_a_line_and_blank_lines_are_skipped(owner_client: Client) -> None:
    deliberation = make_deliberation()
    before = len(accepted(deliberation))
    lines = "It should say who made it.\n\n  It should stop when asked.  \r\n"
    assert owner_client.post("/organise/assistant/seeds/", {"texts": lines}).status_code == 302
    added = [s.text for s in accepted(deliberation)[before:]]
    assert added == ["It should say who made it.", "It should stop when asked."]


@pytest.mark.parametrize("role", ["owner", "organiser"])
def test_a_seed_is_on_record_with_the_role_of_who_added_it(client: Client, role: str) -> None:
    deliberation = make_deliberation()
    sign_in_as(client, role, deliberation)
    client.post("/organise/assistant/seeds/", {"texts": "It should say who made it."})
    made = ModerationDecision.objects.get(statement__text="It should say who made it.")
    assert (made.actor.email, made.actor_role) == (f"{role}@example.org", role)


def test_a_seed_that_no_person_added_has_no_role() -> None:
    add_seeds(round=the_round(make_deliberation()), texts=["It should be brief."], actor=None)
    made = ModerationDecision.objects.get(statement__text="It should be brief.")
    assert (made.actor, made.actor_role) == (None, "")


def test_a_seed_that_does_not_hold_names_its_line_and_adds_none(owner_client: Client) -> None:
    deliberation = make_deliberation()
    before = len(accepted(deliberation))
    lines = "It should say who made it.\n\n" + "far too long " * 30
    answer = owner_client.post("/organise/assistant/seeds/", {"texts": lines})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 3:" in page
    assert "far too long far too long" in page
    assert len(accepted(deliberation)) == before


def test_seeds_end_when_proposing_ends(owner_client: Client) -> None:
    make_open("vote", owner=User.objects.get())
    answer = owner_client.post(
        "/organise/assistant/seeds/", {"texts": "It should say who made it."}
    )
    assert answer.status_code == 409
    assert Statement.objects.count() == 4


# --- Seats


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


# --- Opening, ending proposals


def test_opening_says_what_is_missing_and_stays_in_preparation(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM)
    deliberation = Deliberation.objects.get()
    address = f"/organise/{deliberation.slug}/open/"
    assert "at least three seed statements" in owner_client.get(address).content.decode()
    assert owner_client.post(address, {"phase": "propose"}).status_code == 409
    assert the_round(deliberation).phase == "draft"


@pytest.mark.parametrize("phase", ["propose", "vote"])
def test_opening_begins_with_the_chosen_phase(owner_client: Client, phase: str) -> None:
    deliberation = make_deliberation()
    answer = owner_client.post("/organise/assistant/open/", {"phase": phase})
    assert answer.url == "/organise/assistant/"
    assert the_round(deliberation).phase == phase
    assert owner_client.get("/organise/assistant/open/").status_code == 409


def test_a_round_does_not_open_into_another_phase(owner_client: Client) -> None:
    deliberation = make_deliberation()
    answer = owner_client.post("/organise/assistant/open/", {"phase": "closed"})
    assert answer.status_code == 422
    assert the_round(deliberation).phase == "draft"


def test_asking_about_the_end_of_proposing_ends_nothing(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    assert (
        "cannot be undone"
        in owner_client.get("/organise/assistant/end-proposals/").content.decode()
    )
    assert the_round(deliberation).phase == "propose"
    owner_client.post("/organise/assistant/end-proposals/")
    assert the_round(deliberation).phase == "vote"


# --- Workspace and audit trail


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
    assert "Before you can open" in page
    assert "at least three seed statements" in page


def test_an_auditor_is_offered_no_action(client: Client) -> None:
    deliberation = make_open()
    sign_in_as(client, "auditor", deliberation)
    page = client.get("/organise/assistant/").content.decode()
    assert "/end-proposals/" not in page
    assert "/close/" not in page
    assert "/queue/" not in page


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


def test_opening_twice_is_refused_politely(owner_client: Client) -> None:
    deliberation = make_deliberation()
    open_round(round=the_round(deliberation), actor=None)
    answer = owner_client.post("/organise/assistant/open/", {"phase": "propose"})
    assert answer.status_code == 409

"""The report pages and the organiser's side of runs, as people meet them."""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from aggregation import runs
from aggregation.models import Run
from aggregation.opinion_map import draw
from aggregation.report.groups import groups
from aggregation.report.lines import lines
from aggregation.report.page import opinion_map
from aggregation.words import measure_in_words, reason_in_words, rule_in_words, step_in_words
from deliberation.models import Deliberation, Exclusion, Membership, Round
from deliberation.models.deliberations import Role
from deliberation.services.rounds import close_round
from tests.aggregation.reporting import finish, text_of, two_groups, voted
from tests.factories import SEEDS, make_open, make_user, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def round() -> Round:
    return close_round(round=the_round(voted()), actor=None)


@pytest.fixture
def done(round) -> Run:
    """The official run, done. Its plan is the default one with groups from few votes."""
    return finish(round, None)


# Who sees the report, and when


def test_there_is_no_report_while_people_vote(client):
    make_open("vote")
    response = client.get("/d/assistant/report/")
    assert response.status_code == 409
    assert "when voting has closed" in text_of(response)


def test_until_the_run_is_done_the_page_says_how_far_it_is(client, round):
    runs.create_run(round=round)
    response = client.get("/d/assistant/report/")
    assert response.status_code == 200
    assert "The report is being made" in text_of(response)
    assert b'hx-trigger="every 2s, click"' in response.content


def test_before_there_is_a_run_the_page_waits_too(client, round):
    response = client.get("/d/assistant/report/")
    assert "Waiting for a worker" in text_of(response)


def test_a_waiting_page_gets_only_the_part_that_changes(client, round):
    runs.create_run(round=round)
    response = client.get("/d/assistant/report/", headers={"HX-Request": "true"})
    assert response.content.strip().startswith(b'<div id="progress">')
    assert "HX-Request" in response["Vary"]


def test_a_waiting_page_turns_into_the_report_when_it_is_done(client, done):
    response = client.get("/d/assistant/report/", headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"


def test_a_run_that_failed_says_why_in_public(client, round):
    run = runs.create_run(round=round)
    Run.objects.filter(pk=run.pk).update(status="failed", error="There are no votes.")
    response = client.get("/d/assistant/report/")
    assert "There are no votes." in text_of(response)
    assert b"hx-trigger" not in response.content


def test_anyone_may_read_the_report_when_it_is_done(client, done):
    response = client.get("/d/assistant/report/")
    assert response.status_code == 200
    assert "They form" in text_of(response)


def test_a_run_of_another_deliberation_is_not_found(client, done):
    make_open("vote", slug="second")
    assert client.get(f"/d/second/report/{done.pk}/").status_code == 404


def test_a_run_that_is_not_done_has_no_report(client, round):
    run = runs.create_run(round=round)
    assert client.get(f"/d/assistant/report/{run.pk}/").status_code == 404
    assert client.get(f"/d/assistant/report/{run.pk}/outcome.json").status_code == 404


# What the report says


def test_the_page_names_run_plan_seed_and_fingerprints(client, done):
    text = text_of(client.get("/d/assistant/report/"))
    assert f"Run {done.pk} of the plan “default”, random seed 1" in text
    for fingerprint in (done.plan_hash, done.input_digest, done.outcome_digest):
        assert fingerprint in text
    assert "Fixed before voting Yes" in text


def test_numbers_of_the_page_are_those_of_the_votes(client, done):
    text = text_of(client.get("/d/assistant/report/"))
    assert "4 statements were in the vote. In all, 93 votes were cast. 30 people voted." in text
    assert "agree (60)" in text
    assert "disagree (30)" in text
    assert "pass (3)" in text


def test_people_who_do_not_count_are_counted_with_their_reason(client):
    deliberation = voted()
    people = deliberation.participants.order_by("number")[:2]
    for person in people:
        Exclusion.objects.create(participant=person, reason="listed")
    finish(close_round(round=the_round(deliberation), actor=None), None)
    text = text_of(client.get("/d/assistant/report/"))
    assert "2 people: On the exclusion list of the source" in text
    assert "28 people voted." in text


def test_groups_are_shown_with_their_size_and_what_sets_them_apart(client, round):
    run = finish(round, two_groups(round))
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/"))
    assert "Group A 20 people, 67 %" in text
    assert "100 % of group A agree , and 0 % of everyone else" in text


def test_what_unites_comes_before_what_divides_and_names_its_formula(client, round):
    run = finish(round, two_groups(round))
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/"))
    unites = text.index("What unites The statements")
    divides = text.index("What divides The statements")
    formula = "“Common ground, smoothed”: product over the groups of (agree + 1) / (votes + 2)"
    assert formula in text[unites:divides]
    places = {text.find(seed, unites, divides): seed for seed in SEEDS}
    places.pop(-1, None)
    assert places[min(places)] == SEEDS[0]
    assert "100 percentage points between the most and the least agreeing group" in text[divides:]


def test_too_few_votes_are_neither_in_nor_out(client, round):
    run = finish(round, two_groups(round))
    address = f"/d/assistant/report/{run.pk}/statements/?show=not_enough_evidence"
    text = text_of(client.get(address))
    assert "1 statement" in text
    assert SEEDS[3] in text
    assert "Group B cast 1 vote on it; 5 are needed." in text


def test_another_plan_is_marked_as_not_official(client, round):
    run = finish(round, two_groups(round))
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/"))
    assert "This is not the official result" in text
    assert "No, another plan was used" in text


def test_imported_votes_are_not_said_to_follow_a_plan_that_is_younger(client, done):
    Deliberation.objects.update(source="Polis export: comments.csv, participants-votes.csv")
    text = text_of(client.get("/d/assistant/report/"))
    assert "Fixed before voting No: the votes were cast elsewhere and imported." in text
    assert "by the rule that was fixed before voting" not in text
    assert "This is not the official result" not in text


def test_the_download_has_the_fingerprint_that_the_page_shows(client, done):
    response = client.get(f"/d/assistant/report/{done.pk}/outcome.json")
    assert hashlib.sha256(response.content).hexdigest() == done.outcome_digest
    assert json.loads(response.content)["participants"] == 30
    assert response["Content-Disposition"] == (
        f'attachment; filename="assistant-run-{done.pk}.json"'
    )


def test_no_page_breaks_the_rule_against_inline_styles(client, done):
    for path in ("report/", f"report/{done.pk}/statements/"):
        page = client.get(f"/d/assistant/{path}").content.decode()
        assert not re.search(r"\sstyle=|<script(?![^>]*src)|\son\w+=", page)


# The table of all statements


def numbers_in_table(client, run: Run, query: str) -> list[int]:
    page = client.get(f"/d/assistant/report/{run.pk}/statements/{query}").content.decode()
    return [int(n) for n in re.findall(r'<tr id="s(\d+)">', page)]


def test_the_table_sorts_by_column(client, round):
    run = finish(round, two_groups(round))
    by_number = numbers_in_table(client, run, "?sort=number")
    assert by_number == sorted(by_number)
    assert len(by_number) == 4
    assert numbers_in_table(client, run, "?sort=votes")[-1] == by_number[3]
    assert numbers_in_table(client, run, "?sort=agree")[0] == by_number[0]
    assert numbers_in_table(client, run, "?sort=common")[0] == by_number[0]
    assert set(numbers_in_table(client, run, "?sort=divide")[:2]) == set(by_number[1:3])


def test_unknown_sorts_and_filters_fall_back(client, done):
    assert len(numbers_in_table(client, done, "?sort=x&show=y&page=99")) == 4


def test_selected_statements_come_by_filter(client, round):
    run = finish(round, two_groups(round))
    selected = numbers_in_table(client, run, "?show=selected&sort=number")
    assert selected == run.summary["selected"]


# The map


def test_the_map_draws_every_group_and_no_single_person(done):
    found = groups(done, lines(done))
    drawn = opinion_map(done, found)
    assert [layer.label for layer in drawn.layers if layer.label >= 0] == [g.label for g in found]
    # People who voted exactly alike are one mark.
    assert all(layer.path.count("M") < 20 for layer in drawn.layers)


def test_the_map_is_well_formed_and_inside_its_frame():
    generator = np.random.default_rng(4)
    places = generator.normal(size=(500, 2)) * [9.0, 1.0]
    drawn = draw(places, generator.integers(-1, 5, size=500), [0, 1, 2, 3, 4])
    for layer in drawn.layers:
        ET.fromstring(f'<path d="{layer.path}"/>')
        starts = re.findall(r"M(-?[\d.]+) (-?[\d.]+)", layer.path)
        assert starts
        assert all(
            0 <= float(x) <= drawn.width and 0 <= float(y) <= drawn.height for x, y in starts
        )
    assert len({layer.shape for layer in drawn.layers}) == 6


def test_a_map_of_people_in_one_place_or_of_nobody_can_be_drawn():
    assert len(draw(np.zeros((5, 2)), np.zeros(5, dtype=int), [0]).layers) == 1
    assert draw(np.zeros((0, 2)), np.zeros(0, dtype=int), []).layers == ()


# Words


def test_every_code_of_the_engine_has_words():
    from aggregation.engine import REASONS, RULES
    from aggregation.engine.consensus import MEASURES

    params = {"measure": "gac_raw", "above": 0.5, "group": 1, "votes": 2, "needed": 5, "seat": 3}
    for code in REASONS:
        words = reason_in_words(code, params)
        assert words != code
        assert "%(" not in words
    for rule in RULES:
        settings = {p.name: p.default for p in RULES[rule].params}
        assert rule_in_words(rule, settings | params | {"seats": 20}) != RULES[rule].label
    for step in ("participants", "space", "groups", "consensus", "rules", "done"):
        assert step_in_words(step) != step
    for measure in MEASURES:
        assert measure_in_words(measure) != measure


# The organiser


def sign_in(client, role: Role = Role.OWNER, email: str = "alice@example.org") -> None:
    deliberation = Deliberation.objects.get(slug="assistant")
    member = Membership.objects.filter(deliberation=deliberation, role=role).first()
    if member is None:
        user = make_user(email)
        Membership.objects.create(deliberation=deliberation, user=user, role=role)
    else:
        user = member.user
    client.force_login(user)


def test_closing_asks_first_and_then_counts(client):
    voted()
    sign_in(client)
    assert "This cannot be undone" in text_of(client.get("/organise/assistant/close/"))
    assert Round.objects.get().phase == "vote"
    response = client.post("/organise/assistant/close/")
    run = Run.objects.get()
    assert response["Location"] == f"/organise/assistant/runs/{run.pk}/"
    assert (Round.objects.get().phase, run.plan_hash) == ("closed", run.round.plan_hash)
    assert run.requested_by.email == "alice@example.org"


def test_a_round_closes_once(client):
    voted()
    sign_in(client)
    client.post("/organise/assistant/close/")
    assert client.post("/organise/assistant/close/").status_code == 409
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 200), (Role.ORGANISER, 200), (Role.MODERATOR, 403)]
)
def test_closing_is_for_owners_and_organisers(client, role, status):
    voted()
    sign_in(client, role, "bob@example.org")
    assert client.get("/organise/assistant/close/").status_code == status


def test_outsiders_learn_nothing_of_runs(client, done):
    client.force_login(make_user("eve@example.org"))
    for path in ("runs/", f"runs/{done.pk}/", "close/"):
        assert client.get(f"/organise/assistant/{path}").status_code == 404
    assert client.post("/organise/assistant/runs/start/").status_code == 404


def test_moderators_have_no_business_with_runs(client, done):
    sign_in(client, Role.MODERATOR, "bob@example.org")
    assert client.get("/organise/assistant/runs/").status_code == 403
    assert client.post("/organise/assistant/runs/start/").status_code == 403


def test_runs_cannot_start_while_people_vote(client):
    voted()
    sign_in(client)
    assert client.get("/organise/assistant/runs/").status_code == 200
    assert client.post("/organise/assistant/runs/start/", {"plan": "round"}).status_code == 409


def test_the_list_marks_official_runs(client, done):
    sign_in(client)
    text = text_of(client.get("/organise/assistant/runs/"))
    assert f"Run {done.pk} default official Done" in text


def test_a_run_can_be_started_again_with_the_same_plan(client, done):
    sign_in(client)
    client.post("/organise/assistant/runs/start/", {"plan": "round"})
    newest = Run.objects.latest("pk")
    assert (newest.status, newest.plan_hash) == ("queued", done.plan_hash)


@pytest.mark.parametrize("plan", ["", "nothing", "ccai-2023"])
def test_a_plan_that_cannot_work_here_is_refused(client, done, plan):
    sign_in(client)
    response = client.post("/organise/assistant/runs/start/", {"plan": plan})
    assert response.status_code == 422
    assert Run.objects.count() == 1


def test_the_page_of_a_run_follows_it(client, round):
    sign_in(client)
    run = runs.create_run(round=round)
    address = f"/organise/assistant/runs/{run.pk}/"
    assert "Waiting for a worker" in text_of(client.get(address))
    runs.execute(run.pk, "w")
    part = client.get(address, headers={"HX-Request": "true"})
    assert "The report is ready" in text_of(part)
    assert b"every 2s" not in part.content


def test_the_workspace_leads_to_the_results(client, done):
    sign_in(client)
    page = client.get("/organise/assistant/")
    assert f"/d/assistant/report/{done.pk}/" in page.content.decode()

"""The plan's page: what it shows is what is saved, and mistakes are said in place."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from aggregation.engine import RULES, Plan, shipped
from deliberation.models import AuditEntry, Deliberation, Round
from deliberation.plan_form import PlanForm
from deliberation.services.deliberations import update_draft
from deliberation.services.profiles import add_question
from tests.deliberation.organising import plan_as_sent, sign_in_as
from tests.factories import make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

PAGE = "/organise/assistant/plan/"
EVERY_RULE = [
    {"id": rule, "seats": 7}
    if any(param.name == "seats" for param in RULES[rule].params)
    else {"id": rule, "above": 0.375}
    for rule in RULES
]
RICH = {
    "name": "rich",
    "title": "Everything that can be set",
    "version": 3,
    "seed": 2**53 - 1,
    "confidence": 0.999,
    "thresholds": [0.123, 0.5, 0.723],
    "participants": {"min_votes": 4},
    "space": {"dimensions": 3},
    "grouping": {"k": 4, "k_min": 3, "k_max": 9, "starts": 3, "min_votes": 2},
    "stability": {"resamples": 17, "refit_groups": False, "flips": True},
    "sensitivity": {"threshold_step": 0.025, "groups": False},
    "properties": {"jr": False, "ejr_plus": False},
    "ranges": {"participants": 4096},
}


@pytest.fixture
def round(owner_client: Client) -> Round:
    return the_round(make_deliberation())


def post(client: Client, round: Round, do: str = "save", **changes: Any) -> Any:
    sent = plan_as_sent(round) | {"do": do} | changes
    return client.post(PAGE, {name: v for name, v in sent.items() if v is not None})


def use(round: Round, plan: Plan) -> Round:
    update_draft(deliberation=round.deliberation, actor=None, plan=plan)
    return the_round(round.deliberation)


@pytest.mark.parametrize(
    "plan",
    [
        shipped("default"),
        shipped("thorough"),
        *(Plan.from_dict(RICH | {"rules": EVERY_RULE[n : n + 10]}) for n in (0, 10)),
    ],
    ids=["default", "thorough", "rich 1", "rich 2"],
)
def test_saving_what_the_page_shows_changes_nothing(
    owner_client: Client, round: Round, plan: Plan
) -> None:
    before = use(round, plan)
    edits = AuditEntry.objects.filter(action="deliberation.edited").count()
    assert post(owner_client, before).status_code == 302
    assert the_round(round.deliberation).plan_hash == plan.hash
    assert AuditEntry.objects.filter(action="deliberation.edited").count() == edits


def test_every_setting_of_every_rule_can_be_filled_in(round: Round) -> None:
    form = PlanForm(round=use(round, Plan.from_dict(RICH | {"rules": EVERY_RULE[:10]})))
    asked = {(rule.id, field.name) for rule in form.rules for field in rule.fields}
    for number, rule in enumerate(EVERY_RULE[:10]):
        for param in RULES[str(rule["id"])].params:
            free = len(param.choices) != 1
            assert ((rule["id"], f"rules__{number}__{param.name}") in asked) == free


def test_what_is_typed_is_stored(owner_client: Client, round: Round) -> None:
    answer = post(
        owner_client, round, target_votes="41", moderation_hours="12", show_results="on",
        reason_codes=["spam", "abusive"], seed_source="Letters.", moderation_policy="One.\r\nTwo.",
        exclusion_rule="straight_and_spam", straight_votes="15", grouping__how="fixed",
        sensitivity__on="on", grouping__k="3", rules__0__above="0,65",
    )  # fmt: skip
    assert answer.url == "/organise/assistant/"
    made = the_round(round.deliberation)
    assert (made.target_votes, made.moderation_hours, made.show_results) == (41, 12, True)
    assert (made.reason_codes, made.seed_source) == (["abusive", "spam"], "Letters.")
    assert (made.moderation_policy, made.straight_votes) == ("One.\nTwo.", 15)
    assert made.exclusion_rule == "straight_and_spam"
    assert (made.plan["grouping"]["k"], made.plan["rules"][0]["above"]) == (3, 0.65)
    assert made.plan_hash == Plan.from_dict(made.plan).hash


def test_a_changed_plan_does_not_go_by_the_name_of_a_shipped_one(
    owner_client: Client, round: Round
) -> None:
    post(owner_client, round, participants__min_votes="3")
    plan = the_round(round.deliberation).plan
    assert plan["name"] == "own"
    assert "default" in plan["title"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"target_votes": "0"}, "target_votes", "at least 1 vote"),
        ({"moderation_hours": ""}, "moderation_hours", "within how many hours"),
        ({"reason_codes": []}, "reason_codes", "at least one reason"),
        ({"statement_max_length": "30"}, "statement_max_length", "longer than the plan allows"),
        ({"rules__0__above": "1.5"}, "rules__0__above", "write 1 or less"),
        ({"rules__0__above": "much"}, "rules__0__above", "Threshold: write a number"),
        ({"rules__1__seats": "2.5"}, "rules__1__seats", "write a whole number"),
        ({"rules__1__seats": ""}, "rules__1__seats", "write a whole number"),
        ({"grouping__k_min": "6"}, "grouping__k_max", "not be less"),
        ({"grouping__k_min": ""}, "grouping__k_min", "how many groups"),
        ({"grouping__how": "fixed", "grouping__k": ""}, "grouping__k", "how many groups"),
        ({"thresholds": "70 60"}, "thresholds", "higher than the one before"),
        ({"thresholds": "70 110"}, "thresholds", "between 0 and 100"),
        ({"thresholds": "a lot"}, "thresholds", "separated by spaces"),
        ({"thresholds": "1e9999999999"}, "thresholds", "separated by spaces"),
        ({"confidence": "100"}, "confidence", "between 0 and 100"),
        ({"stability__on": "on", "stability__resamples": ""}, "stability__resamples", "number"),
        ({"title": " "}, "title", "a few words"),
        ({"name": "a\x00"}, "name", "Null"),
    ],
)
def test_what_does_not_hold_is_said_at_the_field_and_kept(
    owner_client: Client, round: Round, changes: dict[str, Any], field: str, words: str
) -> None:
    before = round.plan_hash
    answer = post(owner_client, round, **changes)
    assert answer.status_code == 422
    assert any(words in message for message in answer.context["form"].errors[field])
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert f'href="#id_{field}"' in page
    assert the_round(round.deliberation).plan_hash == before


def test_a_mistake_in_a_part_that_is_off_does_not_matter(
    owner_client: Client, round: Round
) -> None:
    wrong = {"stability__resamples": "x", "grouping__k": "-1", "straight_votes": "x"}
    assert post(owner_client, round, **wrong).status_code == 302


def test_the_same_rule_twice_is_refused(owner_client: Client, round: Round) -> None:
    first = {n: v for n, v in plan_as_sent(round).items() if n.startswith("rules__0__")}
    again = {n.replace("rules__0__", "rules__2__"): v for n, v in first.items()}
    answer = post(owner_client, round, **again)
    assert answer.status_code == 422
    assert "there twice" in answer.content.decode()


def rules_after(client: Client, round: Round, do: str, **more: Any) -> list[str]:
    answer = post(client, round, do, **more)
    assert answer.status_code == 200
    assert not answer.context["form"].errors
    return [rule.id for rule in answer.context["form"].rules]


def test_buttons_rearrange_the_rules_and_store_nothing(owner_client: Client, round: Round) -> None:
    assert rules_after(owner_client, round, "down-0") == ["sequential_pav", "threshold"]
    assert rules_after(owner_client, round, "up-1") == ["sequential_pav", "threshold"]
    assert rules_after(owner_client, round, "remove-0") == ["sequential_pav"]
    added = rules_after(owner_client, round, "add", new_rule="borda")
    assert added == ["threshold", "sequential_pav", "borda"]
    for nonsense in ("up-0", "down-1", "up-9", "remove-x", "up-²", "dance"):
        assert rules_after(owner_client, round, nonsense) == ["threshold", "sequential_pav"]
    assert the_round(round.deliberation).plan_hash == round.plan_hash


def test_what_was_typed_moves_with_its_rule(owner_client: Client, round: Round) -> None:
    answer = post(owner_client, round, "down-0", rules__0__above="0.61", target_votes="zwölf")
    page = answer.content.decode()
    assert 'name="rules__1__above" value="0.61"' in page
    assert 'value="zwölf"' in page
    assert 'data-focus>2. Agreement of all groups' in page  # fmt: skip


def test_beginning_with_a_shipped_plan_fills_in_and_keeps_the_rest(
    owner_client: Client, round: Round
) -> None:
    answer = post(owner_client, round, "begin", beginning="thorough", target_votes="44")
    sent = answer.context["form"].data.dict() | {"do": "save"}
    sent["reason_codes"] = ["spam"]
    assert sent["target_votes"] == "44"
    assert owner_client.post(PAGE, sent).status_code == 302
    made = the_round(round.deliberation)
    assert (made.plan_hash, made.target_votes) == (shipped("thorough").hash, 44)


def test_a_plan_that_needs_imported_groups_is_not_offered(
    owner_client: Client, round: Round
) -> None:
    kept = rules_after(owner_client, round, "begin", beginning="ccai-2023")
    assert kept == ["threshold", "sequential_pav"]


def test_the_plan_is_said_in_words_as_it_is_typed(owner_client: Client, round: Round) -> None:
    answer = post(owner_client, round, "show", rules__0__above="0.64", target_votes="17")
    said = answer.context["preview"]
    assert answer.status_code == 200
    assert "Each person is asked for 17 votes." in said.voting
    assert any("two groups, 80" in line for line in said.examples)
    assert any("selects up to 20." in line for line in said.warnings)
    assert the_round(round.deliberation).target_votes == round.target_votes


def test_while_something_does_not_hold_the_words_wait(owner_client: Client, round: Round) -> None:
    answer = post(owner_client, round, "show", rules__0__above="")
    assert answer.status_code == 422
    assert answer.context["preview"] is None


@pytest.fixture
def asked(round: Round) -> Round:
    deliberation = round.deliberation
    add_question(deliberation=deliberation, text="Region?", options=["North", "South"], actor=None)
    add_question(deliberation=deliberation, text="Age?", options=["Young", "Old"], actor=None)
    return round


def shares(round: Round, *written: str) -> dict[str, str]:
    names = [field.name for one in PlanForm(round=round).shares for field in one.fields]
    return dict(zip(names, written, strict=False)) | {"weights__on": "on"}


def test_people_can_be_weighted_by_one_question_of_two(owner_client: Client, asked: Round) -> None:
    assert post(owner_client, asked, **shares(asked, "33.3", "66,7")).status_code == 302
    made = the_round(asked.deliberation)
    assert made.plan["weights"]["margins"] == {"Region?": {"North": 0.333, "South": 0.667}}
    assert post(owner_client, made).status_code == 302
    assert the_round(asked.deliberation).plan_hash == made.plan_hash


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (("50", "49"), "add up to 99 percent"),
        (("50", ""), "a share for every answer"),
        (("150", "-50"), "100 percent or less"),
        (("", ""), "at least one question"),
    ],
)
def test_shares_that_do_not_hold_are_said(
    owner_client: Client, asked: Round, written: tuple[str, str], words: str
) -> None:
    answer = post(owner_client, asked, **shares(asked, *written))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_rule_that_counts_whole_people_is_refused_with_weights(
    owner_client: Client, asked: Round
) -> None:
    monroe = {"rules__2__id": "greedy_monroe", "rules__2__seats": "5"}
    answer = post(owner_client, asked, **shares(asked, "50", "50"), **monroe)
    assert "counts whole people" in answer.context["form"].errors["weights__on"][0]


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("anonymous", 302, 302),
        ("outsider", 404, 404),
        ("moderator", 200, 403),
        ("recruiter", 200, 403),
        ("auditor", 200, 403),
        ("organiser", 200, 302),
    ],
)
def test_who_may_read_and_write_the_plan(
    client: Client, role: str, reads: int, writes: int
) -> None:
    deliberation = make_deliberation()
    sign_in_as(client, role, deliberation)
    assert client.get(PAGE).status_code == reads
    assert client.get("/organise/assistant/plan.toml").status_code == reads
    assert post(client, the_round(deliberation)).status_code == writes


def test_once_open_the_plan_is_shown_and_no_longer_taken(client: Client) -> None:
    deliberation = make_open()
    client.force_login(deliberation.memberships.get().user)
    page = client.get(PAGE).content.decode()
    assert "<textarea" not in page
    assert the_round(deliberation).frozen_hash in page
    assert "/organise/assistant/amend/" in page
    assert post(client, the_round(deliberation), target_votes="7").status_code == 409
    assert Deliberation.objects.get().rounds.get().target_votes == 30

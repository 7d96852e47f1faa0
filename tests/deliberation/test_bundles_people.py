"""Votes of plans with weights or declared groups travel, and nobody can be found among them."""

import csv
import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from aggregation.engine import Plan
from aggregation.loading import SMALLEST, load_matrix
from aggregation.models import SelectionFinding
from deliberation.bundles import ANSWERS, GROUPS, MANIFEST, SET_UP
from deliberation.bundles.importing import import_bundle
from deliberation.bundles.people import recognisable
from deliberation.bundles.reading import read_bundle
from deliberation.bundles.writing import bundle
from deliberation.models import (
    Deliberation,
    ImportedGroup,
    Participant,
    ProfileAnswer,
    Round,
    Seat,
)
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid, ServiceError
from deliberation.services.profiles import add_question, answer_questions
from deliberation.services.rounds import close_round, consent_hash, open_round
from deliberation.services.withdrawal import withdraw
from deliberation.small_counts import LEAST
from tests.aggregation.reporting import finish
from tests.deliberation.organising import sign_in_as
from tests.deliberation.test_bundles import members, zipped
from tests.factories import make_deliberation, the_round, vote_row

pytestmark = pytest.mark.django_db
TOWN, AGE, PET = "Where do you live?", "How old are you?", "Which animal do you keep?"
WEIGHTED = {
    "weights": {"margins": {TOWN: {"North": 0.5, "South": 0.5}, AGE: {"old": 0.4, "young": 0.6}}},
    "rules": [{"id": "approval", "seats": 2}],
}
DECLARED = {
    "grouping": {"method": "declared", "source": "table"},
    "rules": [{"id": "approval", "seats": 2}],
}


def closed(changes: dict, people: list[tuple[str, str]]) -> Round:
    """A closed round by this plan. Each of the people said where they live and how old they are,
    and some which animal they keep; each came with a group. North and South vote unlike."""
    deliberation = make_deliberation()
    asked = {
        text: add_question(deliberation=deliberation, text=text, options=options, actor=None)
        for text, options in (
            (PET, ["Cat", "Dog"]),
            (TOWN, ["North", "South", "Elsewhere"]),
            (AGE, ["old", "young"]),
        )
    }
    sitting = [sat_down(deliberation, number) for number in range(1, len(people) + 1)]
    for at, (person, (town, age)) in enumerate(zip(sitting, people, strict=True)):
        chosen = {TOWN: town, AGE: age, PET: "Cat" if at % 2 else ""}
        answer_questions(seat=person.seat, answers={asked[q].pk: o for q, o in chosen.items()})
        for source, group in (("table", int(town == "North")), ("other", at % 3)):
            ImportedGroup.objects.create(participant=person, source=source, label=group)
    plan = Plan.from_dict(the_round(deliberation).plan | changes)
    update_draft(deliberation=deliberation, actor=None, plan=plan)
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    for at, (person, (town, _age)) in enumerate(zip(sitting, people, strict=True)):
        side = 1 if town == "North" else -1
        vote_row(person, [side, -side, 1 if at % 3 else 0, None if at % 4 else 1])
    return close_round(round=the_round(deliberation), actor=None)


def sat_down(deliberation: Deliberation, number: int) -> Participant:
    """There before the round opens, as people who are imported are."""
    seat = Seat.objects.create(panel=deliberation.panel, number=number + 500, kind="imported")
    agreed = {"consent_hash": consent_hash(the_round(deliberation)), "consented_at": now()}
    return Participant.objects.create(
        deliberation=deliberation, seat=seat, number=number, joined_at=now(), **agreed
    )


CROWD = [("North", "old")] * 12 + [("North", "young")] * 20 + [("South", "old")] * 10
CROWD += [("South", "young")] * 11
# One is the only old one in the South, three live elsewhere, and two say nothing of their age.
FEW = [("North", "old")] * 14 + [("North", "young")] * 20 + [("South", "old")]
FEW += [("South", "young")] * 10 + [("Elsewhere", "young")] * 3 + [("North", "")] * 2


def outcome(round: Round) -> tuple[object, ...]:
    """What a run of the plan over the round says, but for its own number and times."""
    run = finish(round)
    found = SelectionFinding.objects.filter(run=run).order_by("rule_index", "statement__number")
    columns = ("rule", "statement__number", "status", "rank", "score", "reason")
    return run.input_digest, run.outcome_digest, run.summary, list(found.values_list(*columns))


def carried(round: Round, *, everything: bool = False) -> bytes:
    return bundle(round.deliberation, round, everything=everything)


def brought(content: bytes) -> Round:
    return the_round(import_bundle(bundle=read_bundle(content), owner=None, slug="there"))


@pytest.mark.parametrize(
    ("changes", "people", "everything"),
    [(WEIGHTED, CROWD, False), (WEIGHTED, FEW, True), (DECLARED, FEW, False)],
    ids=["weights", "weights, few of a kind", "declared groups"],
)
def test_it_comes_back_with_the_same_digest_and_the_same_report(changes, people, everything):
    here = closed(changes, people)
    content = carried(here, everything=everything)
    there = brought(content)
    plan = Plan.from_dict(here.plan)
    assert load_matrix(there, plan).digest == load_matrix(here, plan).digest
    assert outcome(there) == outcome(here)
    records = ("votes.jsonl", "participants.jsonl", ANSWERS, GROUPS)
    again = members(carried(there, everything=everything))
    assert [again.get(name) for name in records] == [members(content).get(n) for n in records]


def rows(content: bytes, name: str) -> list[dict]:
    return [json.loads(line) for line in members(content)[name].decode().splitlines()]


def test_only_answers_that_the_count_uses_leave():
    here = closed(WEIGHTED, FEW)
    answers = rows(carried(here, everything=True), ANSWERS)
    assert {row["question"] for row in answers} == {2, 3}  # not which animal
    # "Elsewhere" was said by three people, and counts as unknown in every run.
    assert {row["answer"] for row in answers} == {"North", "South", "old", "young"}
    assert SMALLEST == LEAST


def test_only_groups_that_the_count_uses_leave():
    groups = rows(carried(closed(DECLARED, FEW)), GROUPS)
    assert {row["group"] for row in groups} == {0, 1}
    assert len(groups) == len(FEW)


def test_groups_that_came_along_are_public_with_the_report_anyway(client: Client):
    here = closed(DECLARED, FEW)
    told = {row["participant"]: row["group"] for row in rows(carried(here), GROUPS)}
    file = client.get(reverse("report_file", args=["assistant", finish(here).pk, "polis.zip"]))
    table = csv.DictReader(members(file.content)["participants-votes.csv"].decode().splitlines())
    assert {int(row["participant"]): int(row["group-id"]) for row in table} == told


def test_a_plan_that_uses_neither_takes_neither_along():
    content = carried(closed({}, FEW))
    assert {"votes.jsonl", "participants.jsonl"} <= set(members(content))
    assert not {ANSWERS, GROUPS} & set(members(content))


@pytest.mark.parametrize(
    ("people", "findable"),
    [
        (CROWD, False),
        (FEW, True),
        ([*CROWD, *[("South", "")] * 2], True),  # silence tells, too
        (CROWD[:-2], True),  # nine in the South are young
        ([*CROWD, ("Elsewhere", "old")], True),  # where is unknown to a run, and one alone is so
        ([("", "")] * 10 + CROWD, False),
    ],
)
def test_who_shares_all_answers_with_nine_others_cannot_be_found(people, findable):
    assert recognisable(closed(WEIGHTED, people)) is findable


def test_without_questions_in_the_plan_nobody_is_found_by_answers():
    assert not recognisable(closed(DECLARED, FEW))


def test_who_left_after_closing_takes_the_answers_along():
    here = closed(WEIGHTED, CROWD)
    person = here.deliberation.participants.get(number=1)
    withdraw(participant=person)
    assert 1 not in {row["participant"] for row in rows(carried(here, everything=True), ANSWERS)}
    assert recognisable(here)  # whoever says nothing is alone in that


# Pages.


def test_the_page_hands_out_no_votes_where_answers_could_tell_whose_they_are(client: Client):
    here = closed(WEIGHTED, FEW)
    sign_in_as(client, "organiser", here.deliberation)
    page = client.get("/organise/assistant/copy/").content.decode()
    assert "could tell who voted what" in page
    assert "Keep this file safe" not in page
    file = client.get("/organise/assistant/bundle.zip?everything=1")
    assert set(members(file.content)) == {MANIFEST, SET_UP}
    entry = here.deliberation.audit_entries.get(action="deliberation.exported")
    assert entry.detail == {"with_votes": False}


def test_the_page_says_whose_answers_are_in_the_file(client: Client):
    here = closed(WEIGHTED, CROWD)
    sign_in_as(client, "organiser", here.deliberation)
    page = client.get("/organise/assistant/copy/").content.decode()
    assert "Keep this file safe" in page
    assert (TOWN in page, AGE in page, f">{PET}<" in page) == (True, True, False)
    assert "no answers about oneself" not in page
    file = client.get("/organise/assistant/bundle.zip")
    assert {"votes.jsonl", ANSWERS} <= set(members(file.content))


def test_no_public_file_says_what_anybody_answered(client: Client):
    run = finish(closed(WEIGHTED, CROWD))
    for name in ("people.csv", "polis.zip", "statements.csv", "groups.csv", "selections.csv"):
        file = client.get(reverse("report_file", args=["assistant", run.pk, name]))
        assert file.status_code == 200, name
        inside = members(file.content) if name.endswith(".zip") else {name: file.content}
        for word in ("young", "North", ANSWERS):
            assert word not in inside
            assert all(word.encode() not in content for content in inside.values()), (name, word)


def test_at_the_shell_everything_can_be_taken_and_is_written_down(tmp_path, capsys):
    here = closed(WEIGHTED, FEW)
    file = tmp_path / "b.zip"
    call_command("export_bundle", "assistant", out=file)
    assert set(members(file.read_bytes())) == {MANIFEST, SET_UP}
    assert "--everything" in capsys.readouterr().err
    call_command("export_bundle", "assistant", out=file, everything=True)
    assert "Give it to nobody" in capsys.readouterr().err
    assert ANSWERS in members(file.read_bytes())
    entries = here.deliberation.audit_entries.filter(action="deliberation.exported").order_by("pk")
    assert [one.detail["with_votes"] for one in entries] == [False, True]
    call_command("import_bundle", file, slug="there")
    assert ProfileAnswer.objects.filter(seat__panel__deliberation__slug="there").exists()


# Files that somebody changed.


def changed(content: bytes, name: str, change) -> bytes:
    """With other rows in one file; change gets the rows and returns them, or None for no file."""
    files = members(content)
    found = change(rows(content, name) if name in files else [])
    files.pop(name, None)
    if found is not None:
        files[name] = "".join(json.dumps(row) + "\n" for row in found).encode()
    return zipped(files)


def with_first(**changes):
    return lambda found: [found[0] | changes, *found[1:]]


@pytest.mark.parametrize(
    ("plan", "name", "change", "words"),
    [
        (WEIGHTED, ANSWERS, with_first(question=9), "question 9"),
        (WEIGHTED, ANSWERS, with_first(question=1, answer="Cat"), "question 1"),
        (WEIGHTED, ANSWERS, with_first(answer="West"), "“West”"),
        (WEIGHTED, ANSWERS, with_first(participant=999), "999"),
        (WEIGHTED, ANSWERS, with_first(name="Bob Miller"), "answers.jsonl, line 1"),
        (WEIGHTED, ANSWERS, lambda found: [*found, found[0]], "contradict"),
        (WEIGHTED, ANSWERS, lambda found: None, "do not fit together"),
        (DECLARED, GROUPS, with_first(participant=999), "999"),
        (DECLARED, GROUPS, with_first(group=-1), "groups.jsonl, line 1"),
        (DECLARED, GROUPS, lambda found: [*found, found[0]], "contradict"),
        (DECLARED, GROUPS, lambda found: None, "do not fit together"),
        (DECLARED, GROUPS, lambda found: [], "imported votes"),
        (
            DECLARED,
            ANSWERS,
            lambda _: [{"participant": 1, "question": 1, "answer": "Cat"}],
            "do not fit together",
        ),
        (WEIGHTED, GROUPS, lambda _: [{"participant": 1, "group": 1}], "do not fit together"),
    ],
)
def test_what_does_not_hold_is_refused_in_words_and_nothing_is_left(plan, name, change, words):
    content = changed(carried(closed(plan, CROWD)), name, change)
    before = ProfileAnswer.objects.count(), ImportedGroup.objects.count()
    with pytest.raises(ServiceError) as refused:
        brought(content)
    assert words in refused.value.message
    assert Deliberation.objects.count() == 1
    assert (ProfileAnswer.objects.count(), ImportedGroup.objects.count()) == before


def test_answers_changed_without_their_digest_are_refused():
    files = members(carried(closed(WEIGHTED, CROWD)))
    files[ANSWERS] = files[ANSWERS].replace(b"old", b"young", 1)
    with pytest.raises(Invalid, match=r"answers\.jsonl was changed after"):
        read_bundle(zipped(files, fix_manifest=False))


def test_answers_without_a_round_are_refused():
    files = members(carried(closed(WEIGHTED, CROWD)))
    alone = {name: files[name] for name in (MANIFEST, SET_UP, ANSWERS)}
    with pytest.raises(Invalid, match="do not agree"):
        read_bundle(zipped(alone))


def test_a_bundle_of_the_first_version_still_comes_in():
    here = closed({}, FEW)
    files = members(carried(here))
    files[MANIFEST] = json.dumps(json.loads(files[MANIFEST]) | {"version": 1}).encode()
    plan = Plan.from_dict(here.plan)
    assert load_matrix(brought(zipped(files)), plan).digest == load_matrix(here, plan).digest

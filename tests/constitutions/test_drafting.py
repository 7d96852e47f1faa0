"""Drafting, publishing and drafting again: lineage, keys, wordings and refusals."""

from __future__ import annotations

import hashlib

import pytest

from constitutions.drafting import DraftExists, draft_version, publish_version, redraft
from constitutions.editing import (
    edit_preamble,
    edit_principle,
    remove_principle,
    restore_principle,
)
from constitutions.kit import FORMATS
from constitutions.models import Constitution, Lineage, PrincipleEdit, Version
from constitutions.selectors import read_version
from deliberation.models import AuditEntry
from deliberation.services.errors import Invalid, WrongPhase
from tests.constitutions.world import finish, make_closed, make_run
from tests.factories import make_deliberation, make_open

pytestmark = pytest.mark.django_db


def texts(version: Version) -> dict[str, str]:
    return dict(version.principles.values_list("key", "text"))


def worded_by_machine(version: Version) -> dict[str, bool]:
    return {
        principle.key: principle.machine_worded for principle in read_version(version).principles
    }


def test_a_draft_has_one_principle_per_selected_statement_in_rank_order(draft):
    assert list(texts(draft)) == ["p005", "p006", "p007", "p001"]
    assert list(draft.principles.values_list("position", flat=True)) == [1, 2, 3, 4]
    assert texts(draft)["p005"] == "Choose the response that is most patient with slow readers."


def test_each_principle_leads_back_to_statement_rule_rank_and_score(draft, run):
    line = Lineage.objects.get(principle__version=draft, principle__key="p006")
    assert (line.statement.number, line.rule, line.rank) == (6, "threshold", 2)
    assert line.score == pytest.approx(0.88)
    assert line.rule_params == {"measure": "gac_polis", "above": 0.5, "min_group_votes": 5}


def test_first_wordings_are_recorded_as_made_by_the_machine(draft):
    edit = PrincipleEdit.objects.get(version=draft, principle_key="p006")
    assert (edit.editor, edit.before, edit.reason) == (None, "", "never-action")
    assert edit.after == texts(draft)["p006"]


def test_drafting_leaves_an_audit_line(draft, alice):
    entry = AuditEntry.objects.get(action="version.drafted")
    assert (entry.actor, entry.detail["principles"]) == (alice, 4)


def test_no_draft_before_the_round_is_closed(alice):
    deliberation = make_open(owner=alice)
    run = make_run(deliberation)
    with pytest.raises(WrongPhase):
        draft_version(deliberation=deliberation, run=run, actor=alice)
    assert not Constitution.objects.exists()


def test_no_draft_from_an_unfinished_run(closed, alice):
    run = make_run(closed, done=False)
    with pytest.raises(WrongPhase):
        draft_version(deliberation=closed, run=run, actor=alice)
    finish(run)
    assert draft_version(deliberation=closed, run=run, actor=alice).number == 1


def test_no_draft_where_nothing_was_selected(closed, alice):
    run = make_run(closed, selected=[])
    with pytest.raises(WrongPhase):
        draft_version(deliberation=closed, run=run, actor=alice)


def test_no_draft_from_another_deliberations_run(run, alice):
    other = make_closed(owner=alice, slug="other")
    with pytest.raises(Invalid):
        draft_version(deliberation=other, run=run, actor=alice)


def test_no_draft_by_a_rule_the_plan_lacks(closed, run, alice):
    with pytest.raises(Invalid) as refused:
        draft_version(deliberation=closed, run=run, actor=alice, rule_index=3)
    assert refused.value.field == "rule_index"


def test_a_second_draft_is_refused_and_names_the_first(closed, run, draft, alice):
    with pytest.raises(DraftExists) as refused:
        draft_version(deliberation=closed, run=run, actor=alice)
    assert refused.value.version == draft


def test_publishing_freezes_the_digest_of_the_complete_record(published, closed):
    record = FORMATS["canonical-json"].build(Version.objects.get(pk=published.pk))
    assert published.digest == hashlib.sha256(record).hexdigest()
    closed.refresh_from_db()
    assert closed.published_at == published.published_at
    assert AuditEntry.objects.get(action="version.published").detail["digest"] == published.digest


def test_publishing_twice_is_refused(published, alice):
    with pytest.raises(WrongPhase):
        publish_version(version=published, actor=alice)


def test_an_empty_constitution_is_not_published(draft, closed, alice):
    for principle in draft.principles.all():
        remove_principle(principle=principle, reason="Off the question", actor=alice)
    with pytest.raises(WrongPhase):
        publish_version(version=draft, actor=alice)
    closed.refresh_from_db()
    assert closed.published_at is None


def test_the_next_version_keeps_keys_and_wordings_of_the_published_one(closed, draft, alice):
    edit_principle(
        principle=draft.principles.get(key="p006"), text="Never mock.", reason="", actor=alice
    )
    edit_preamble(version=draft, text="We, the panel.", actor=alice)
    publish_version(version=draft, actor=alice)
    second = draft_version(deliberation=closed, run=make_run(closed, selected=[8, 6]), actor=alice)
    assert (second.number, second.preamble) == (2, "We, the panel.")
    assert list(texts(second)) == ["p008", "p006"]
    assert texts(second)["p006"] == "Never mock."
    carried = PrincipleEdit.objects.get(version=second, principle_key="p006")
    assert (carried.editor, carried.reason) == (None, "carried-over")
    assert worded_by_machine(second) == {"p008": True, "p006": False}


def test_what_people_did_not_word_is_worded_by_the_machine_again(closed, run, published, alice):
    second = draft_version(deliberation=closed, run=run, actor=alice)
    assert PrincipleEdit.objects.get(version=second, principle_key="p005").reason == "quality"
    assert all(worded_by_machine(second).values())


def test_only_a_change_of_words_makes_a_wording_peoples_own(draft, run, alice):
    remove_principle(principle=draft.principles.get(key="p005"), reason="Twice", actor=alice)
    restore_principle(version=draft, key="p005", actor=alice)
    edit_principle(
        principle=draft.principles.get(key="p006"), text="Never mock.", reason="", actor=alice
    )
    assert worded_by_machine(draft) == {"p006": False, "p007": True, "p001": True, "p005": True}
    assert all(worded_by_machine(redraft(version=draft, run=run, actor=alice)).values())


def test_publishing_again_keeps_the_day_of_the_first_publication(closed, run, published, alice):
    second = draft_version(deliberation=closed, run=run, actor=alice)
    publish_version(version=second, actor=alice)
    closed.refresh_from_db()
    assert closed.published_at == published.published_at


def test_drafting_anew_replaces_principles_and_keeps_the_record(closed, draft, alice):
    edit_principle(
        principle=draft.principles.get(key="p005"), text="Be slow.", reason="", actor=alice
    )
    again = redraft(version=draft, run=make_run(closed, selected=[5, 8]), actor=alice)
    assert (again.pk, again.number) == (draft.pk, 1)
    assert list(texts(again)) == ["p005", "p008"]
    assert texts(again)["p005"] != "Be slow."
    lines = PrincipleEdit.objects.filter(version=draft, principle_key="p005").order_by("id")
    assert [line.after for line in lines] == [
        "Choose the response that is most patient with slow readers.",
        "Be slow.",
        "",
        "Choose the response that is most patient with slow readers.",
    ]


def test_a_published_version_is_not_drafted_anew(published, run, alice):
    with pytest.raises(WrongPhase):
        redraft(version=published, run=run, actor=alice)


def test_a_principle_put_back_bears_its_old_key_and_wording(draft, alice):
    remove_principle(principle=draft.principles.get(key="p005"), reason="Twice", actor=alice)
    assert list(texts(draft)) == ["p006", "p007", "p001"]
    restore_principle(version=draft, key="p005", actor=alice)
    assert list(texts(draft)) == ["p006", "p007", "p001", "p005"]
    assert Lineage.objects.get(principle__key="p005").statement.number == 5
    with pytest.raises(Invalid):
        restore_principle(version=draft, key="p005", actor=alice)


@pytest.mark.parametrize("key", ["p008", "p999", "preamble", ""])
def test_only_what_was_removed_can_be_put_back(draft, alice, key):
    with pytest.raises(Invalid):
        restore_principle(version=draft, key=key, actor=alice)


def test_a_deliberation_in_preparation_has_nothing_to_draft_from(alice):
    deliberation = make_deliberation(owner=alice)
    with pytest.raises(WrongPhase):
        draft_version(deliberation=deliberation, run=make_run(deliberation), actor=alice)

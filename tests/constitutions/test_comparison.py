"""Suggestions and decisions: never mixed, never lost, always from one copy of the baseline."""

from __future__ import annotations

import pytest

from constitutions import baselines
from constitutions.comparison import compare, confirm_suggestions, decide_match
from constitutions.coverage import coverage
from constitutions.drafting import redraft
from constitutions.editing import edit_principle, remove_principle, restore_principle
from constitutions.models import Baseline, BaselineItem, ComparisonMatch
from deliberation.models import AuditEntry
from deliberation.services.errors import Invalid

pytestmark = pytest.mark.django_db


def match(key: str) -> ComparisonMatch:
    return ComparisonMatch.objects.get(principle__key=key)


def test_comparing_copies_the_baseline_once(draft, published):
    compare(version=draft)
    compare(version=published)
    shipped = baselines.load("hhh")
    assert Baseline.objects.get().digest == shipped.digest
    assert list(BaselineItem.objects.order_by("position").values_list("key", flat=True)) == [
        item.id for item in shipped.items
    ]


def test_an_unknown_baseline_is_refused(draft):
    with pytest.raises(Invalid) as refused:
        compare(version=draft, baseline_slug="other")
    assert refused.value.field == "baseline"


def test_every_principle_gets_one_undecided_match(draft):
    comparison = compare(version=draft)
    assert comparison.matches.count() == 4
    assert not comparison.matches.exclude(decided_at=None).exists()
    assert comparison.method.startswith("wordllama")


def test_a_plain_case_is_suggested_where_it_belongs(first, draft, alice):
    edit_principle(
        principle=first,
        text="Choose the response that says how sure it is.",
        reason="",
        actor=alice,
    )
    compare(version=draft)
    assert match("p005").suggested_item.pillar == "honest"


def test_the_contrary_of_an_aspect_is_not_suggested_as_that_aspect(first, draft, alice):
    edit_principle(
        principle=first,
        text="Choose the response that flatters the user and always agrees with them.",
        reason="",
        actor=alice,
    )
    compare(version=draft)
    suggested = match("p005").suggested_item
    assert suggested is None or suggested.key != "honest.prevent.sycophancy"


def test_a_decision_records_who_and_when_and_leaves_the_suggestion(draft, alice):
    comparison = compare(version=draft)
    one = match("p007")
    suggested = one.suggested_item
    item = comparison.baseline.items.get(key="beyond.human_control")
    decide_match(match=one, item=item, actor=alice)
    one.refresh_from_db()
    assert (one.decided_item, one.decided_by, one.suggested_item) == (item, alice, suggested)
    entry = AuditEntry.objects.get(action="comparison.decided")
    assert (entry.subject, entry.detail["item"]) == ("version 1 p007", "beyond.human_control")


def test_nowhere_is_a_decision_too(draft, alice):
    comparison = compare(version=draft)
    decide_match(match=match("p007"), item=None, actor=alice)
    read = coverage(comparison)
    assert [p.key for p in read.nowhere if p.confirmed] == ["p007"]


def test_a_place_of_another_baseline_is_refused(draft, alice):
    compare(version=draft)
    other = Baseline.objects.create(slug="x", version="1", title="X", digest="e" * 64)
    item = BaselineItem.objects.create(
        baseline=other, key="a", position=1, kind="promote", pillar="p", label="A"
    )
    with pytest.raises(Invalid):
        decide_match(match=match("p007"), item=item, actor=alice)


def test_comparing_again_renews_suggestions_and_keeps_decisions(first, draft, alice):
    comparison = compare(version=draft)
    item = comparison.baseline.items.get(key="beyond.creativity")
    decide_match(match=match("p005"), item=item, actor=alice)
    edit_principle(
        principle=draft.principles.get(key="p007"),
        text="Choose the response that never insults anyone.",
        reason="",
        actor=alice,
    )
    compare(version=draft)
    assert match("p005").decided_item == item
    assert match("p007").suggested_item.pillar == "harmless"


def test_a_principle_with_a_place_can_be_taken_out_and_put_back(draft, first, alice):
    comparison = compare(version=draft)
    remove_principle(principle=first, reason="Twice", actor=alice)
    assert comparison.matches.count() == 3
    restore_principle(version=draft, key="p005", actor=alice)
    compare(version=draft)
    assert comparison.matches.count() == 4


def test_a_compared_draft_can_be_drafted_anew(draft, run, alice):
    compare(version=draft)
    redraft(version=draft, run=run, actor=alice)
    assert draft.principles.count() == 4
    assert not ComparisonMatch.objects.exists()


def test_confirming_all_decides_only_open_suggestions(draft, alice):
    comparison = compare(version=draft)
    item = comparison.baseline.items.get(key="beyond.creativity")
    decide_match(match=match("p005"), item=item, actor=alice)
    wanted = comparison.matches.filter(decided_at=None, suggested_item__isnull=False).count()
    assert confirm_suggestions(comparison=comparison, actor=alice) == wanted
    assert confirm_suggestions(comparison=comparison, actor=alice) == 0
    assert match("p005").decided_item == item


def test_coverage_reads_the_same_principles_from_both_sides(draft, alice):
    comparison = compare(version=draft)
    items = comparison.baseline.items
    places = {"p005": "helpful.promote.follow_intent", "p006": "beyond.creativity", "p007": None,
              "p001": "honest.promote.self_knowledge"}  # fmt: skip
    for key, place in places.items():
        item = items.get(key=place) if place else None
        decide_match(match=match(key), item=item, actor=alice)
    read = coverage(comparison)
    assert read.confirmed == 4
    assert (read.in_pillars, read.beyond_count, len(read.nowhere)) == (2, 1, 1)
    assert read.aspects_covered == 2
    assert read.aspects == items.exclude(kind="beyond").count()
    assert [place.item.key for place in read.beyond] == ["beyond.creativity"]
    helpful = next(pillar for pillar in read.pillars if pillar.key == "helpful")
    missing = [place.item.key for place in helpful.places if not place.principles]
    assert "helpful.promote.follow_intent" not in missing
    assert len(missing) == len(helpful.places) - 1

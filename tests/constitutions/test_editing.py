"""Edits of a draft: each is recorded, two people cannot overwrite each other unseen."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from constitutions.drafting import publish_version
from constitutions.editing import (
    ChangedMeanwhile,
    edit_preamble,
    edit_principle,
    move_principle,
    remove_principle,
)
from constitutions.models import Principle, PrincipleEdit
from deliberation.models import AuditEntry
from deliberation.services.errors import Invalid, WrongPhase


def last_edit(key: str) -> PrincipleEdit:
    return PrincipleEdit.objects.filter(principle_key=key).latest("id")


def test_an_edit_is_recorded_with_before_after_reason_and_editor(first, alice):
    before = first.text
    edit_principle(principle=first, text=" Be  patient. ", reason="shorter", actor=alice)
    first.refresh_from_db()
    edit = last_edit("p005")
    assert first.text == "Be patient."
    assert (edit.before, edit.after, edit.reason) == (before, "Be patient.", "shorter")
    assert edit.editor == alice


def test_saving_the_same_text_leaves_no_line(first, alice):
    lines = PrincipleEdit.objects.count()
    edit_principle(principle=first, text=f"  {first.text} ", reason="", actor=alice)
    assert PrincipleEdit.objects.count() == lines


@pytest.mark.parametrize(("text", "field"), [("  ", "text"), ("x" * 2001, "text")])
def test_a_principle_needs_a_text_of_bearable_length(first, alice, text, field):
    with pytest.raises(Invalid) as refused:
        edit_principle(principle=first, text=text, reason="", actor=alice)
    assert refused.value.field == field


def test_the_second_editor_sees_the_first_ones_text_and_overwrites_nothing(first, alice):
    seen = first.text
    edit_principle(principle=first, text="Mine.", reason="", actor=alice, seen=seen)
    with pytest.raises(ChangedMeanwhile) as refused:
        edit_principle(principle=first, text="Yours.", reason="", actor=alice, seen=seen)
    assert (refused.value.current, refused.value.status) == ("Mine.", 409)
    first.refresh_from_db()
    assert first.text == "Mine."


def test_two_editors_who_save_the_same_words_do_not_collide(first, alice):
    seen = first.text
    edit_principle(principle=first, text="Ours.", reason="", actor=alice, seen=seen)
    edit_principle(principle=first, text="Ours.", reason="", actor=alice, seen=seen)
    assert PrincipleEdit.objects.filter(after="Ours.").count() == 1


def test_removing_needs_a_reason(first, alice):
    with pytest.raises(Invalid) as refused:
        remove_principle(principle=first, reason=" ", actor=alice)
    assert refused.value.field == "reason"
    assert Principle.objects.filter(pk=first.pk).exists()


def test_removing_closes_the_gap_and_keeps_the_record(first, draft, alice):
    remove_principle(principle=first, reason="Said twice", actor=alice)
    assert list(draft.principles.values_list("key", "position")) == [
        ("p006", 1), ("p007", 2), ("p001", 3),
    ]  # fmt: skip
    assert (last_edit("p005").after, last_edit("p005").reason) == ("", "Said twice")


def test_editing_what_somebody_removed_says_so(first, alice):
    remove_principle(principle=Principle.objects.get(pk=first.pk), reason="Twice", actor=alice)
    with pytest.raises(WrongPhase):
        edit_principle(principle=first, text="Still here?", reason="", actor=alice)


def test_moving_swaps_neighbours_and_stops_at_the_ends(first, draft, alice):
    move_principle(principle=first, up=False, actor=alice)
    assert list(draft.principles.values_list("key", flat=True))[:2] == ["p006", "p005"]
    top = draft.principles.get(key="p006")
    move_principle(principle=top, up=True, actor=alice)
    assert list(draft.principles.values_list("key", flat=True))[:2] == ["p006", "p005"]
    assert AuditEntry.objects.filter(action="principle.moved").count() == 1


def test_the_preamble_keeps_its_paragraphs_and_every_version_of_them(draft, alice):
    edit_preamble(version=draft, text="One.\r\n\r\nTwo.  \r\n", actor=alice, seen="")
    draft.refresh_from_db()
    assert draft.preamble == "One.\n\nTwo."
    edit_preamble(version=draft, text="", actor=alice, seen="One.\r\n\r\nTwo.")
    assert (last_edit("preamble").before, last_edit("preamble").after) == ("One.\n\nTwo.", "")


def test_two_preambles_do_not_overwrite_each_other(draft, alice):
    edit_preamble(version=draft, text="Mine.", actor=alice, seen="")
    with pytest.raises(ChangedMeanwhile) as refused:
        edit_preamble(version=draft, text="Yours.", actor=alice, seen="")
    assert refused.value.current == "Mine."


def test_nothing_of_a_published_version_changes(first, draft, alice):
    publish_version(version=draft, actor=alice)
    for change in (
        lambda: edit_principle(principle=first, text="Other.", reason="", actor=alice),
        lambda: remove_principle(principle=first, reason="No", actor=alice),
        lambda: move_principle(principle=first, up=False, actor=alice),
        lambda: edit_preamble(version=draft, text="Other.", actor=alice),
    ):
        with pytest.raises(WrongPhase):
            change()


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_one_is_kept_and_one_is_told(first, alice):
    seen, start, told = first.text, threading.Barrier(2), []

    def save(text: str) -> None:
        start.wait(10)
        try:
            edit_principle(principle=first, text=text, reason="", actor=alice, seen=seen)
        except ChangedMeanwhile as refused:
            told.append((text, refused.current))
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[text]) for text in ("Left.", "Right.")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first.refresh_from_db()
    assert len(told) == 1
    assert {told[0][0], first.text} == {"Left.", "Right."}
    assert told[0][1] == first.text

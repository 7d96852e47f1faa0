"""export_constitution and draft_constitution: files, exit messages, nothing half written."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from constitutions.drafting import draft_version, publish_version
from constitutions.kit import FORMATS
from constitutions.management.commands import export_constitution
from constitutions.models import Version
from tests.constitutions.world import make_run
from tests.factories import make_deliberation

pytestmark = pytest.mark.django_db


def export(out: Path, format: str = "canonical-json", *more: str) -> None:
    call_command("export_constitution", "assistant", "--format", format, "--out", str(out), *more)


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_writes_the_file_and_prints_its_sha256(published, tmp_path, capsys, format):
    export(tmp_path / "new" / "folder", format)
    digest, path = capsys.readouterr().out.strip().split("  ")
    content = Path(path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert content == FORMATS[format].build(Version.objects.get())
    assert [file.name for file in Path(path).parent.iterdir()] == [Path(path).name]


def test_all_formats_at_once(published, tmp_path):
    export(tmp_path, "all")
    assert len(list(tmp_path.iterdir())) == len(FORMATS)


def test_exporting_twice_leaves_the_same_file(published, tmp_path, capsys):
    export(tmp_path)
    export(tmp_path)
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_an_older_version_can_be_asked_for(closed, published, alice, tmp_path):
    second = draft_version(deliberation=closed, run=make_run(closed, selected=[8]), actor=alice)
    publish_version(version=second, actor=alice)
    export(tmp_path)
    export(tmp_path, "canonical-json", "--version", "1")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "assistant-v1.json",
        "assistant-v2.json",
    ]


def test_an_unknown_format_lists_those_there_are(published, tmp_path):
    with pytest.raises(CommandError) as refused:
        export(tmp_path, "pdf")
    assert all(name in str(refused.value) for name in FORMATS)


@pytest.mark.parametrize(
    ("slug", "more", "said"),
    [
        ("nowhere", [], "no deliberation “nowhere”"),
        ("assistant", ["--version", "7"], "no published version 7. Published: 1"),
        ("assistant", ["--draft"], "has no draft"),
    ],
)
def test_what_is_not_there_is_named(published, tmp_path, slug, more, said):
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command(
            "export_constitution", slug, "--format", "markdown", "--out", str(tmp_path), *more
        )
    assert list(tmp_path.iterdir()) == []


def test_a_draft_is_exported_only_on_request(draft, tmp_path):
    with pytest.raises(CommandError, match=r"no published constitution\. It has a draft"):
        export(tmp_path)
    export(tmp_path, "markdown", "--draft")
    assert [file.name for file in tmp_path.iterdir()] == ["assistant-v1-draft.md"]


def test_a_deliberation_without_constitution_says_so(alice, tmp_path):
    make_deliberation(owner=alice)
    with pytest.raises(CommandError, match="no published constitution"):
        export(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(published, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="Cannot write to"):
        export(tmp_path / "file")


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(published, tmp_path, monkeypatch):
    export(tmp_path)
    before = (tmp_path / "assistant-v1.json").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_constitution.os, "fsync", full)
    with pytest.raises(CommandError, match="No space left on device"):
        export(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["assistant-v1.json"]
    assert (tmp_path / "assistant-v1.json").read_bytes() == before


def test_drafting_takes_the_official_run(closed, run, capsys):
    make_run(closed, selected=[8], plan_hash="d" * 64)
    call_command("draft_constitution", "assistant")
    assert capsys.readouterr().out.strip() == "assistant version 1, draft: 4 principles"
    assert Version.objects.get().run == run


def test_another_run_can_be_asked_for(closed, run):
    other = make_run(closed, selected=[8], plan_hash="d" * 64)
    call_command("draft_constitution", "assistant", "--run", str(other.pk), "--publish")
    version = Version.objects.get()
    assert (version.run, version.status) == (other, "published")


def test_drafting_without_a_finished_run_says_so(closed):
    make_run(closed, done=False)
    with pytest.raises(CommandError, match="no finished run"):
        call_command("draft_constitution", "assistant")


def test_a_refusal_of_the_service_reaches_the_command_line(draft):
    with pytest.raises(CommandError, match="There is a draft already"):
        call_command("draft_constitution", "assistant")
    with pytest.raises(CommandError, match="no such rule"):
        call_command("draft_constitution", "assistant", "--rule", "9")

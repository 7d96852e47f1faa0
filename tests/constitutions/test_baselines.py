"""The shipped baseline covers the published taxonomy, cites its sources and is checked on load."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from constitutions.baselines import HERE, BaselineError, available, digest_of, load, read

PILLARS = {"helpfulness": "helpful", "truthfulness": "honest", "harmlessness": "harmless"}
SMALL: dict[str, Any] = {
    "id": "small",
    "title": "Small",
    "version": "1",
    "summary": "A baseline for tests.",
    "licence": "Ours.",
    "sources": [{"id": "us", "citation": "Us", "note": "All of it."}],
    "pillars": [{"id": "kind", "label": "Kind", "description": "Kindness.", "sources": ["us"]}],
    "aspects": [{"id": "kind.promote.smile"}],
    "beyond": [{"id": "beyond.rest"}],
}
TEXTS = {
    "label": "A label",
    "description": "A description.",
    "keywords": ["a", "b", "c"],
    "examples": ["One.", "Two.", "Three."],
    "sources": ["us"],
}


def toml(document: dict[str, Any]) -> str:
    """TOML of a small document: top fields, then tables. JSON's texts and lists are TOML too."""
    lines = [f"{k} = {json.dumps(v)}" for k, v in document.items() if not isinstance(v, list)]
    for name, entries in document.items():
        for entry in entries if isinstance(entries, list) else []:
            lines.append(f"[[{name}]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    return "\n".join(lines)


def small(**changes: Any) -> dict[str, Any]:
    """SMALL with texts filled in; ``aspect`` and ``beyond`` change the one entry of each."""
    aspect = SMALL["aspects"][0] | TEXTS | changes.pop("aspect", {})
    area = SMALL["beyond"][0] | TEXTS | changes.pop("area", {})
    return SMALL | {"aspects": [aspect], "beyond": [area]} | changes


def test_hhh_is_shipped_with_three_pillars() -> None:
    baseline = load("hhh")
    assert available() == ("hhh",)
    assert [pillar.id for pillar in baseline.pillars] == ["helpful", "honest", "harmless"]
    assert {(item.pillar, item.kind) for item in baseline.aspects} == {
        (pillar, kind) for pillar in PILLARS.values() for kind in ("promote", "prevent")
    }
    assert {(item.pillar, item.kind) for item in baseline.beyond} == {("", "beyond")}


@pytest.mark.reference_data
def test_every_entry_of_the_published_taxonomy_is_an_aspect(reference_data: Path) -> None:
    published = json.loads((reference_data / "baselines" / "hhh.json").read_text(encoding="utf-8"))
    ids = {
        f"{pillar}.{kind}.{entry['key']}"
        for name, pillar in PILLARS.items()
        for kind in ("promote", "prevent")
        for entry in published["figure1_taxonomy"][name][kind]
    }
    assert len(ids) == 35
    assert ids <= {item.id for item in load().aspects}


def test_items_have_texts_a_reader_and_a_matcher_can_use() -> None:
    texts = [text for item in load().items for text in item.examples]
    assert len(texts) == len(set(texts))
    for item in load().items:
        assert 1 <= len(item.label.split()) <= 6, item.id
        assert item.description.endswith("."), item.id
        assert 3 <= len(item.examples) <= 8, item.id


def test_links_of_sources_are_papers_by_number() -> None:
    links = [source.url for source in load().sources if source.url]
    assert len(links) >= 10
    assert all(re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{5}", link) for link in links)


def test_every_source_is_used() -> None:
    baseline = load()
    used = {source for entry in (*baseline.items, *baseline.pillars) for source in entry.sources}
    assert used == {source.id for source in baseline.sources}


def test_items_and_pillars_are_found_by_id() -> None:
    baseline = load()
    assert baseline.item("honest.prevent.sycophancy").pillar == "honest"
    assert baseline.item("beyond.labour").kind == "beyond"
    assert baseline.pillar("honest").label == "Honest"
    with pytest.raises(KeyError):
        baseline.item("honest.prevent.nothing")
    with pytest.raises(KeyError):
        baseline.pillar("beyond")


def test_the_digest_follows_the_content_and_not_the_layout(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(toml(small()), encoding="utf-8")
    first = read(file).digest
    file.write_text("# a comment\n\n" + toml(small()).replace(" = ", "="), encoding="utf-8")
    assert read(file).digest == first
    file.write_text(toml(small(version="2")), encoding="utf-8")
    assert read(file).digest != first
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert load().digest == digest_of(
        tomllib.loads((HERE / "hhh.toml").read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "title must be a text that is not empty"),
        ({"sources": []}, "needs at least one [[sources]]"),
        ({"aspect": {"id": "kind.smile"}}, "id must be 'pillar.promote.name'"),
        ({"aspect": {"id": "cold.promote.smile"}}, "id must be 'pillar.promote.name'"),
        ({"aspect": {"id": "kind.promote.Smile"}}, "lower-case letters"),
        ({"aspect": {"sources": ["them"]}}, "source 'them' is not listed under sources"),
        ({"aspect": {"examples": ["One."]}}, "examples must be a list of at least 3"),
        ({"aspect": {"keywords": ["a", "b", ""]}}, "keywords must hold texts"),
        ({"area": {"id": "kind.promote.rest"}}, "id must be 'beyond.name'"),
        ({"pillars": SMALL["pillars"] * 2}, "id 'kind' is used twice"),
        (
            {"pillars": [*SMALL["pillars"], SMALL["pillars"][0] | {"id": "bare"}]},
            "has no aspect",
        ),
    ],
)
def test_a_baseline_that_does_not_hold_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(toml(small(**changes)), encoding="utf-8")
    with pytest.raises(BaselineError, match=re.escape(message)) as caught:
        read(file)
    assert str(caught.value).startswith("small.toml, ")


def test_unknown_names_and_broken_toml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"no baseline '\.\./hhh'"):
        load("../hhh")
    file = tmp_path / "small.toml"
    file.write_text("id = ", encoding="utf-8")
    with pytest.raises(BaselineError, match="not valid TOML"):
        read(file)

"""Constitutions written without a panel, as data files in our own words, to compare with.

A baseline has pillars. Under each pillar stand aspects, which its authors either promote or
prevent. ``beyond`` lists value areas that the baseline does not name. Pure: no Django.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).parent
PROMOTE, PREVENT, BEYOND = "promote", "prevent", "beyond"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class BaselineError(ValueError):
    """A baseline that is not there or does not hold; the message names file, entry and field."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of the baseline comes from. ``url`` is empty where there is none to give."""

    id: str
    citation: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Pillar:
    id: str
    label: str
    description: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An aspect of a pillar, or with ``kind`` "beyond" and no pillar an area the baseline lacks.

    ``id`` is "pillar.promote.name", "pillar.prevent.name" or "beyond.name".
    ``keywords`` and ``examples`` are what sentences are matched against.
    """

    id: str
    kind: str
    pillar: str
    label: str
    description: str
    keywords: tuple[str, ...]
    examples: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """One baseline. ``digest`` is the SHA-256 of its content, whatever the file's layout."""

    id: str
    title: str
    version: str
    summary: str
    licence: str
    sources: tuple[Source, ...]
    pillars: tuple[Pillar, ...]
    aspects: tuple[Item, ...]
    beyond: tuple[Item, ...]
    digest: str

    @property
    def items(self) -> tuple[Item, ...]:
        """Aspects, then the areas beyond, in file order."""
        return self.aspects + self.beyond

    def item(self, item_id: str) -> Item:
        """Raises KeyError for an id that is neither an aspect nor an area beyond."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def pillar(self, pillar_id: str) -> Pillar:
        """Raises KeyError for an id that is not a pillar."""
        for pillar in self.pillars:
            if pillar.id == pillar_id:
                return pillar
        raise KeyError(pillar_id)


def available() -> tuple[str, ...]:
    """Names that ``load`` knows."""
    return tuple(sorted(path.stem for path in HERE.glob("*.toml")))


def load(name: str = "hhh") -> Baseline:
    """A shipped baseline. Raises BaselineError for a name that is not shipped."""
    if name not in available():
        raise BaselineError(f"no baseline {name!r}; there is {', '.join(available())}")
    return read(HERE / f"{name}.toml")


def read(path: Path) -> Baseline:
    """Read and check a baseline file. Raises BaselineError, or OSError if it is not there."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BaselineError(f"{path.name}: not valid TOML: {error}") from error
    return _Reader(path.name).baseline(raw)


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the parsed content written as JSON with sorted keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class _Reader:
    """Checks one file. Holds its name so that every error can say where it is."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, where: str, what: str) -> NoReturn:
        raise BaselineError(f"{self.file}, {where}: {what}")

    def baseline(self, raw: Mapping[str, Any]) -> Baseline:
        top = {
            field: self.text(raw, field, "top level")
            for field in ("id", "title", "version", "summary", "licence")
        }
        sources = tuple(self.source(entry) for entry in self.entries(raw, "sources"))
        known = {source.id for source in sources}
        pillars = tuple(self.pillar(entry, known) for entry in self.entries(raw, "pillars"))
        names = {pillar.id for pillar in pillars}
        aspects = tuple(self.item(entry, names, known) for entry in self.entries(raw, "aspects"))
        beyond = tuple(self.item(entry, set(), known) for entry in self.entries(raw, "beyond"))
        self.check_ids([source.id for source in sources], "sources")
        self.check_ids([pillar.id for pillar in pillars], "pillars")
        self.check_ids([item.id for item in aspects + beyond], "aspects and beyond")
        if empty := sorted(names - {item.pillar for item in aspects}):
            self.fail(f"pillar {empty[0]!r}", "has no aspect")
        return Baseline(
            sources=sources,
            pillars=pillars,
            aspects=aspects,
            beyond=beyond,
            digest=digest_of(raw),
            **top,
        )

    def entries(self, raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        entries = raw.get(name)
        if not isinstance(entries, list) or not entries:
            self.fail("top level", f"needs at least one [[{name}]]")
        return entries

    def check_ids(self, ids: list[str], where: str) -> None:
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            self.fail(where, f"id {twice[0]!r} is used twice")

    def text(self, raw: Mapping[str, Any], field: str, where: str) -> str:
        value = raw.get(field)
        if not isinstance(value, str) or not value.strip():
            self.fail(where, f"{field} must be a text that is not empty")
        return value.strip()

    def texts(
        self, raw: Mapping[str, Any], field: str, where: str, *, least: int
    ) -> tuple[str, ...]:
        values = raw.get(field)
        if not isinstance(values, list) or len(values) < least:
            self.fail(where, f"{field} must be a list of at least {least}")
        if not all(isinstance(value, str) and value.strip() for value in values):
            self.fail(where, f"{field} must hold texts that are not empty")
        return tuple(value.strip() for value in values)

    def cited(self, raw: Mapping[str, Any], where: str, known: set[str]) -> tuple[str, ...]:
        sources = self.texts(raw, "sources", where, least=1)
        if unknown := sorted(set(sources) - known):
            self.fail(where, f"source {unknown[0]!r} is not listed under sources")
        return sources

    def source(self, raw: Mapping[str, Any]) -> Source:
        source_id = self.text(raw, "id", "a source")
        where = f"source {source_id!r}"
        return Source(
            id=source_id,
            citation=self.text(raw, "citation", where),
            note=self.text(raw, "note", where),
            url=self.text(raw, "url", where) if "url" in raw else "",
        )

    def pillar(self, raw: Mapping[str, Any], known: set[str]) -> Pillar:
        pillar_id = self.text(raw, "id", "a pillar")
        where = f"pillar {pillar_id!r}"
        if not _NAME.fullmatch(pillar_id) or pillar_id == BEYOND:
            self.fail(where, "id must be lower-case letters, digits and _, and not 'beyond'")
        return Pillar(
            id=pillar_id,
            label=self.text(raw, "label", where),
            description=self.text(raw, "description", where),
            sources=self.cited(raw, where, known),
        )

    def item(self, raw: Mapping[str, Any], pillars: set[str], known: set[str]) -> Item:
        """An aspect where pillars are given, an area beyond where there are none."""
        item_id = self.text(raw, "id", "an aspect or area")
        where = f"{item_id!r}"
        pillar, kind = self.place(item_id, pillars, where)
        return Item(
            id=item_id,
            kind=kind,
            pillar=pillar,
            label=self.text(raw, "label", where),
            description=self.text(raw, "description", where),
            keywords=self.texts(raw, "keywords", where, least=3),
            examples=self.texts(raw, "examples", where, least=3),
            sources=self.cited(raw, where, known),
        )

    def place(self, item_id: str, pillars: set[str], where: str) -> tuple[str, str]:
        parts = item_id.split(".")
        if not all(_NAME.fullmatch(part) for part in parts):
            self.fail(where, "id must be names of lower-case letters, digits and _, with dots")
        if not pillars:
            if len(parts) != 2 or parts[0] != BEYOND:
                self.fail(where, "id must be 'beyond.name'")
            return "", BEYOND
        if len(parts) != 3 or parts[0] not in pillars or parts[1] not in (PROMOTE, PREVENT):
            self.fail(where, "id must be 'pillar.promote.name' or 'pillar.prevent.name'")
        return parts[0], parts[1]

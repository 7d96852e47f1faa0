"""What the demo deliberations are made of: texts, camps and leanings, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).parent
# Played through to a published constitution.
CLOSED = HERE / "statements.toml"
# Left open for voting.
OPEN = HERE / "open.toml"

ORIGINS = ("seed", "panel")
# Reasons for which a moderator keeps a statement away, as in the public moderation log.
REJECT_REASONS = (
    "off_topic",
    "duplicate",
    "unclear",
    "several_ideas",
    "personal_data",
    "abusive",
)
LONGEST_STATEMENT = 200  # characters; the default limit of a round
TEXT_FIELDS = ("slug", "language", "title", "question", "description", "consent")
STATEMENT_FIELDS = frozenset(
    ["key", "text", "origin", "wave", "agree", "pass", "duplicate_of", "opposite_of", "reject"]
)


class SpecError(ValueError):
    """A demo file that does not hold; the message names the file, the entry and the field."""


@dataclass(frozen=True, slots=True)
class Camp:
    """A group of simulated people who lean the same way. ``share`` is its part of the panel."""

    key: str
    title: str
    share: float


@dataclass(frozen=True, slots=True)
class DemoStatement:
    """One statement and how each camp leans.

    agree, passing : chance per camp key, in [0, 1], together at most 1; the rest disagrees.
                     Empty for a rejected statement, which nobody gets to vote on.
    wave           : 0 = there from the start, 1 and up = proposed while others already vote.
    duplicate_of, opposite_of : key of an earlier statement that this one repeats or contradicts.
    reject         : the moderator's reason code, or None.
    """

    key: str
    text: str
    origin: str
    wave: int
    agree: Mapping[str, float]
    passing: Mapping[str, float]
    duplicate_of: str | None = None
    opposite_of: str | None = None
    reject: str | None = None


@dataclass(frozen=True, slots=True)
class DemoSpec:
    """One demo deliberation as written down. ``description`` and ``consent`` are Markdown."""

    slug: str
    language: str
    title: str
    question: str
    description: str
    consent: str
    camps: tuple[Camp, ...]
    statements: tuple[DemoStatement, ...]

    @property
    def seeds(self) -> tuple[DemoStatement, ...]:
        return tuple(s for s in self.statements if s.origin == "seed")

    @property
    def accepted(self) -> tuple[DemoStatement, ...]:
        return tuple(s for s in self.statements if s.reject is None)

    @property
    def waves(self) -> int:
        """Number of waves, counting the start."""
        return 1 + max(s.wave for s in self.statements)

    def statement(self, key: str) -> DemoStatement:
        """Raises KeyError for a key that is not in the file."""
        for statement in self.statements:
            if statement.key == key:
                return statement
        raise KeyError(key)


def load(path: Path = CLOSED) -> DemoSpec:
    """Read and check a demo file. Raises SpecError, or OSError if there is no such file."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path.name}: not valid TOML: {error}") from error
    return _Reader(path.name).spec(raw)


class _Reader:
    """Checks one file. Holds its name so that every error can say where it is."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, where: str, what: str) -> NoReturn:
        raise SpecError(f"{self.file}, {where}: {what}")

    def spec(self, raw: Mapping[str, Any]) -> DemoSpec:
        texts = {field: self.text(raw, field, "top level") for field in TEXT_FIELDS}
        camps = tuple(self.camp(entry) for entry in self.entries(raw, "camps"))
        self.check_shares(camps)
        statements: list[DemoStatement] = []
        for entry in self.entries(raw, "statements"):
            statements.append(self.statement(entry, camps, statements))
        if not any(s.reject is None for s in statements):
            self.fail("statements", "at least one must be open for votes")
        return DemoSpec(camps=camps, statements=tuple(statements), **texts)

    def entries(self, raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        entries = raw.get(name)
        if not isinstance(entries, list) or not entries:
            self.fail("top level", f"needs at least one [[{name}]]")
        return entries

    def text(self, raw: Mapping[str, Any], field: str, where: str) -> str:
        value = raw.get(field)
        if not isinstance(value, str) or not value.strip():
            self.fail(where, f"{field} must be a text that is not empty")
        return value.strip()

    def camp(self, raw: Mapping[str, Any]) -> Camp:
        key = self.text(raw, "key", "a camp")
        share = raw.get("share")
        if not isinstance(share, float) or not 0 < share <= 1:
            self.fail(f"camp '{key}'", "share must be a number above 0 and at most 1")
        return Camp(key=key, title=self.text(raw, "title", f"camp '{key}'"), share=share)

    def check_shares(self, camps: tuple[Camp, ...]) -> None:
        if len({camp.key for camp in camps}) != len(camps):
            self.fail("camps", "a key is used twice")
        if abs(sum(camp.share for camp in camps) - 1) > 1e-9:
            self.fail("camps", "the shares must add up to 1")

    def statement(
        self, raw: Mapping[str, Any], camps: tuple[Camp, ...], earlier: list[DemoStatement]
    ) -> DemoStatement:
        key = self.text(raw, "key", f"statement {len(earlier) + 1}")
        where = f"statement '{key}'"
        if unknown := sorted(set(raw) - STATEMENT_FIELDS):
            self.fail(where, f"unknown field {unknown[0]}")
        text = self.text(raw, "text", where)
        if len(text) > LONGEST_STATEMENT or "\n" in text:
            self.fail(where, f"text must be one line of at most {LONGEST_STATEMENT} characters")
        if any(key == s.key or text == s.text for s in earlier):
            self.fail(where, "key and text must not occur twice")
        reject = self.choice(raw, "reject", REJECT_REASONS, where) if "reject" in raw else None
        agree, passing = ({}, {}) if reject else self.leanings(raw, camps, where)
        return DemoStatement(
            key=key,
            text=text,
            origin=self.choice(raw, "origin", ORIGINS, where),
            wave=self.wave(raw, where),
            agree=agree,
            passing=passing,
            reject=reject,
            **self.links(raw, earlier, where),
        )

    def choice(
        self, raw: Mapping[str, Any], field: str, allowed: tuple[str, ...], where: str
    ) -> str:
        value = raw.get(field)
        if value not in allowed:
            self.fail(where, f"{field} must be one of {', '.join(allowed)}")
        return str(value)

    def wave(self, raw: Mapping[str, Any], where: str) -> int:
        wave = raw.get("wave")
        if type(wave) is not int or wave < 0:
            self.fail(where, "wave must be 0 or a positive whole number")
        if wave and raw.get("origin") == "seed":
            self.fail(where, "a seed is there from the start, so its wave is 0")
        return wave

    def leanings(
        self, raw: Mapping[str, Any], camps: tuple[Camp, ...], where: str
    ) -> tuple[dict[str, float], dict[str, float]]:
        keys = {camp.key for camp in camps}
        for field in ("agree", "pass"):
            table = raw.get(field)
            if not isinstance(table, dict) or set(table) != keys:
                self.fail(where, f"{field} must name each camp once: {', '.join(sorted(keys))}")
            if not all(isinstance(v, float) and 0 <= v <= 1 for v in table.values()):
                self.fail(where, f"{field} must be numbers from 0.0 to 1.0")
        if any(raw["agree"][key] + raw["pass"][key] > 1 + 1e-9 for key in keys):
            self.fail(where, "agree and pass of a camp must not exceed 1 together")
        return dict(raw["agree"]), dict(raw["pass"])

    def links(
        self, raw: Mapping[str, Any], earlier: list[DemoStatement], where: str
    ) -> dict[str, str | None]:
        """Links point backwards only, so that answers can be drawn in file order."""
        known = {s.key for s in earlier if s.reject is None}
        links = {field: raw.get(field) for field in ("duplicate_of", "opposite_of")}
        if all(links.values()):
            self.fail(where, "cannot be both a duplicate and an opposite")
        for field, target in links.items():
            if target is not None and target not in known:
                self.fail(where, f"{field} must be the key of an accepted statement above it")
        return links

"""Who and what of an export counts: rules, and the account of what they kept and dropped.

Nothing is thrown away. People who do not count are imported with the reason, and statements
that do not count are imported as waiting or rejected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property

from deliberation.interchange.polis import Comment, Person, PolisExport

LISTED = "listed"
TOO_FEW_VOTES = "too_few_votes"
# As in deliberation.models; this module knows no tables.
ACCEPTED, PENDING, REJECTED = "accepted", "pending", "rejected"
# moderated column → status, as Polis shows comments under each of its two settings.
STATUS_BY_MODERATION = {
    "strict": {1: ACCEPTED, 0: PENDING, -1: REJECTED},
    "open": {1: ACCEPTED, 0: ACCEPTED, -1: REJECTED},
}


@dataclass(frozen=True)
class Rules:
    """What to keep.

    moderation : "strict" keeps accepted comments only, "open" all that were not rejected.
    min_votes  : participants need at least so many votes by the ``n-votes`` column; None: any.
    listed     : participants left out by number.
    """

    moderation: str = "strict"
    min_votes: int | None = None
    listed: Set[int] = field(default_factory=frozenset)

    def status(self, comment: Comment) -> str:
        return STATUS_BY_MODERATION[self.moderation][comment.moderated]

    def exclusion(self, person: Person) -> tuple[str, str] | None:
        """Reason and detail, or None for people who count. The list goes first."""
        few = self.min_votes is not None and person.n_votes < self.min_votes
        votes = f"{person.n_votes} votes, {self.min_votes} asked for" if few else ""
        if person.number in self.listed:
            return LISTED, votes
        return (TOO_FEW_VOTES, votes) if few else None


@dataclass(frozen=True)
class Account:
    """What the rules make of an export. Computed from the files alone."""

    export: PolisExport
    rules: Rules

    @cached_property
    def statuses(self) -> dict[int, str]:
        """Statement number → status."""
        return {c.number: self.rules.status(c) for c in self.export.comments}

    @cached_property
    def exclusions(self) -> dict[int, tuple[str, str]]:
        """Participant number → reason and detail, for those who do not count."""
        found = ((p.number, self.rules.exclusion(p)) for p in self.export.people)
        return {number: exclusion for number, exclusion in found if exclusion}

    @property
    def participants(self) -> int:
        return len(self.export.people) - len(self.exclusions)

    @property
    def statements(self) -> int:
        return sum(status == ACCEPTED for status in self.statuses.values())

    @cached_property
    def votes(self) -> dict[int, int]:
        """Votes by value, of participants who count on statements that count."""
        counted = Counter(
            b.value
            for b in self.export.ballots
            if b.participant not in self.exclusions and self.statuses[b.statement] == ACCEPTED
        )
        return {value: counted[value] for value in (1, -1, 0)}

    def lines(self) -> list[str]:
        """The report, one line each."""
        return [*self._kept(), *self._dropped(), *self._notes()]

    def _kept(self) -> list[str]:
        agree, disagree, passed = self.votes.values()
        total = agree + disagree + passed
        return [
            f"Read {' and '.join(self.export.files)}.",
            f"Kept: {self.participants:,} participants, {self.statements:,} statements, "
            f"{total:,} votes ({agree:,} agree, {disagree:,} disagree, {passed:,} pass).",
        ]

    def _dropped(self) -> list[str]:
        reasons = Counter(reason for reason, _ in self.exclusions.values())
        waiting = Counter(self.statuses.values())
        by_person = Counter(b.participant in self.exclusions for b in self.export.ballots)[True]
        rest = len(self.export.ballots) - by_person - sum(self.votes.values())
        counted = [
            (reasons[LISTED], "participants on the exclusion list"),
            (reasons[TOO_FEW_VOTES], f"participants with fewer than {self.rules.min_votes} votes"),
            (waiting[REJECTED], "statements rejected in the source (moderated = -1)"),
            (waiting[PENDING], "statements not moderated in the source (moderated = 0)"),
            (by_person, "votes of participants who do not count"),
            (rest, "votes on statements that do not count"),
        ]
        return [f"Imported but not counted: {n:,} {what}." for n, what in counted if n]

    def _notes(self) -> list[str]:
        notes = []
        unknown = self.rules.listed - {p.number for p in self.export.people}
        if unknown:
            notes.append(f"{len(unknown):,} numbers of the exclusion list name nobody in the file.")
        grouped = len(self.export.groups())
        notes.append(
            f"Opinion groups of the source: {grouped:,} participants have one, "
            f"{len(self.export.people) - grouped:,} have none."
        )
        if self.export.without_column:
            numbers = ", ".join(str(n) for n in sorted(self.export.without_column)[:20])
            count = len(self.export.without_column)
            notes.append(f"{count:,} statements have no column of votes: {numbers}.")
        if self.export.ignored_columns:
            notes.append(f"Columns not read: {', '.join(self.export.ignored_columns)}.")
        return notes

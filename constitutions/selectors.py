"""Reads of one version with its whole way back to votes. Pages and exports use the same read.

``read_version`` takes a fixed number of queries, whatever the number of principles. Nothing
here names a person: edits are by "machine" or "organiser", votes are counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aggregation.models import (
    GroupFinding,
    Run,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)
from aggregation.runs import official_run
from deliberation.models import Amendment, Deliberation, Round
from deliberation.models.rounds import Phase, RoundKind
from deliberation.selectors.amendments import amendments_in_order

from .editing import CARRIED_OVER, PREAMBLE, principle_key, rule_params, selected
from .models import Constitution, Lineage, PrincipleEdit, Version

MACHINE: Final = "machine"
ORGANISER: Final = "organiser"


@dataclass(frozen=True)
class Group:
    """An opinion group of the run and the number of people in it."""

    label: int
    size: int


@dataclass(frozen=True)
class GroupVotes:
    """Votes of one group on one statement. ``share`` is agree ÷ all votes of the group."""

    label: int
    size: int
    agree: int
    disagree: int
    passed: int
    share: float | None
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True)
class Source:
    """A statement behind a principle, as the run found it."""

    number: int
    text: str
    language: str
    origin: str
    origin_words: str
    rule: str
    params: dict[str, Any]
    rank: int
    score: float | None
    agree: int
    disagree: int
    passed: int
    gac_polis: float | None
    gac_raw: float | None
    min_group: float | None
    groups: tuple[GroupVotes, ...]


@dataclass(frozen=True)
class Edit:
    """One change of wording. ``after`` empty means removed, ``before`` empty means added."""

    at: datetime
    by: str
    before: str
    after: str
    reason: str

    @property
    def is_machine(self) -> bool:
        return self.by == MACHINE


@dataclass(frozen=True)
class PrincipleRecord:
    """A principle with where it comes from. ``number`` counts from 1 in reading order."""

    key: str
    number: int
    text: str
    sources: tuple[Source, ...]
    edits: tuple[Edit, ...]

    @property
    def machine_worded(self) -> bool:
        """No person has changed the wording that the machine suggested.

        Taking a principle out and putting it back changes no wording; drafting anew does.
        """
        machine = True
        for edit in self.edits:
            if edit.is_machine and not edit.before:
                machine = edit.reason != CARRIED_OVER
            elif edit.before and edit.after:
                machine = False
        return machine


@dataclass(frozen=True)
class Removed:
    """A selected statement that is not in the constitution, with the reason given."""

    key: str
    number: int
    statement: str
    text: str
    reason: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class VersionRecord:
    """Everything that a page or an export says of a version."""

    version: Version
    constitution: Constitution
    deliberation: Deliberation
    round: Round
    run: Run
    rule: str
    params: dict[str, Any]
    groups: tuple[Group, ...]
    principles: tuple[PrincipleRecord, ...]
    removed: tuple[Removed, ...]
    preamble_edits: tuple[Edit, ...]
    amendments: tuple[Amendment, ...]

    @property
    def uses_plan_of_round(self) -> bool:
        """False where the run used another plan than the one frozen at opening."""
        return self.run.plan_hash == self.round.plan_hash

    @property
    def plan_fixed_before_voting(self) -> bool:
        """False for another plan, for one that was amended while people voted, and for imported
        votes, which are older than any plan here."""
        imported = bool(self.deliberation.source)
        return self.uses_plan_of_round and not imported and not self.plan_amended

    @property
    def plan_amended(self) -> bool:
        """Whether the counting was changed in public while people voted."""
        return any("plan" in amendment.after for amendment in self.amendments)

    @property
    def machine_worded(self) -> int:
        return sum(principle.machine_worded for principle in self.principles)


def read_version(version: Version) -> VersionRecord:
    """The version with principles, sources, votes, edits and removals."""
    run = Run.objects.select_related("round__deliberation").get(pk=version.run_id)
    edits = _edits(version)
    findings = selected(version)
    first = findings[0] if findings else None
    sources = _sources(version, run)
    principles = tuple(
        PrincipleRecord(
            key=principle.key,
            number=number,
            text=principle.text,
            sources=tuple(sources[principle.pk]),
            edits=tuple(edits[principle.key]),
        )
        for number, principle in enumerate(version.principles.order_by("position"), start=1)
    )
    return VersionRecord(
        version=version,
        constitution=version.constitution,
        deliberation=run.round.deliberation,
        round=run.round,
        run=run,
        rule=first.rule if first else "",
        params=rule_params(version),
        groups=tuple(_groups(run)),
        principles=principles,
        removed=tuple(_removed(findings, {p.key for p in principles}, edits)),
        preamble_edits=tuple(edits[PREAMBLE]),
        amendments=tuple(amendments_in_order(run.round)),
    )


def published_versions(deliberation: Deliberation) -> list[Version]:
    """Newest first, drafts left out."""
    versions = Version.objects.filter(
        constitution__deliberation=deliberation, published_at__isnull=False
    )
    return list(versions.select_related("constitution").order_by("-number"))


def current_draft(deliberation: Deliberation) -> Version | None:
    """The one draft, or None."""
    drafts = Version.objects.filter(
        constitution__deliberation=deliberation, published_at__isnull=True
    )
    return drafts.select_related("constitution__deliberation", "run").first()


def latest_run(deliberation: Deliberation) -> Run | None:
    """The official run of the newest closed opinion round, once it is done."""
    closed = deliberation.rounds.filter(kind=RoundKind.OPINION, phase=Phase.CLOSED)
    round = closed.order_by("-number").first()
    return official_run(round) if round else None


def _groups(run: Run) -> list[Group]:
    found = GroupFinding.objects.filter(run=run).order_by("label")
    return [Group(label=group.label, size=group.size) for group in found]


def _sources(version: Version, run: Run) -> dict[int, list[Source]]:
    """Principle id → its statements, best rank first."""
    lines = list(
        Lineage.objects.filter(principle__version=version)
        .select_related("statement")
        .order_by("rank", "statement__number")
    )
    ids = {line.statement_id for line in lines}
    findings = {
        found.statement_id: found
        for found in StatementFinding.objects.filter(run=run, statement__in=ids)
    }
    groups = _group_votes(run, ids)
    sources: dict[int, list[Source]] = defaultdict(list)
    for line in lines:
        found = findings.get(line.statement_id)
        sources[line.principle_id].append(_source(line, found, groups[line.statement_id]))
    return sources


def _source(line: Lineage, found: StatementFinding | None, groups: list[GroupVotes]) -> Source:
    statement = line.statement
    return Source(
        number=statement.number,
        text=statement.text,
        language=statement.language,
        origin=statement.origin,
        origin_words=statement.get_origin_display(),
        rule=line.rule,
        params=line.rule_params,
        rank=line.rank,
        score=line.score,
        agree=found.agree if found else 0,
        disagree=found.disagree if found else 0,
        passed=found.passed if found else 0,
        gac_polis=found.gac_polis if found else None,
        gac_raw=found.gac_raw if found else None,
        min_group=found.min_group if found else None,
        groups=tuple(groups),
    )


def _group_votes(run: Run, statements: set[int]) -> dict[int, list[GroupVotes]]:
    sizes = {group.label: group.size for group in _groups(run)}
    votes: dict[int, list[GroupVotes]] = defaultdict(list)
    found = StatementGroupFinding.objects.filter(run=run, statement__in=statements)
    for row in found.order_by("group"):
        votes[row.statement_id].append(
            GroupVotes(
                label=row.group,
                size=sizes.get(row.group, 0),
                agree=row.agree,
                disagree=row.disagree,
                passed=row.passed,
                share=row.share,
                share_low=row.share_low,
                share_high=row.share_high,
            )
        )
    return votes


def _edits(version: Version) -> dict[str, list[Edit]]:
    """Principle key → edits in the order they were made."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for row in PrincipleEdit.objects.filter(version=version).order_by("id"):
        edits[row.principle_key].append(
            Edit(
                at=row.created_at,
                by=MACHINE if row.editor_id is None else ORGANISER,
                before=row.before,
                after=row.after,
                reason=row.reason,
            )
        )
    return edits


def _removed(
    findings: list[SelectionFinding], present: set[str], edits: dict[str, list[Edit]]
) -> list[Removed]:
    """Selected statements without a principle: nothing that was selected vanishes silently."""
    removed = []
    for finding in findings:
        key = principle_key(finding.statement)
        if key in present:
            continue
        last = edits[key][-1] if edits[key] else None
        removed.append(
            Removed(
                key=key,
                number=finding.statement.number,
                statement=finding.statement.text,
                text=last.before if last else "",
                reason=last.reason if last else "",
                edits=tuple(edits[key]),
            )
        )
    return removed

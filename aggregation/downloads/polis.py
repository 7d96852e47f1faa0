"""The votes in the files that Polis exports, so that tools for Polis read them as they are.

Signs are those of Polis's files: 1 agree, -1 disagree, 0 pass, nothing where a statement was not
seen. The votes are those that the run was given, from the same query. People who were left out are
there, too, and listed apart, so that anyone can count with them and without.
No vote carries the moment it was cast: every one has that of the round's end, since a time of
day could tell who somebody is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
from django.utils.translation import gettext_lazy as _

from aggregation.downloads.tables import Cell, Column, csv_bytes
from aggregation.engine import AGREE, DISAGREE, Plan, VoteMatrix
from aggregation.loading import load_matrix
from aggregation.models import ParticipantFinding, Run, StatementFinding
from aggregation.report.page import is_strata
from aggregation.words import group_letter
from deliberation.models.statements import Origin

COMMENTS: Final = (
    Column("timestamp", _("When the statement was written, in milliseconds since 1970.")),
    Column("datetime", _("The same, to be read by people.")),
    Column("comment-id", _("Number of the statement.")),
    Column("author-id", _("Number of the participant who wrote it; 0 if the organisers did.")),
    Column("agrees", _("People who agree.")),
    Column("disagrees", _("People who disagree.")),
    Column("moderated", _("1: it was shown to people.")),
    Column("comment-body", _("Its words. A leading = + - or @ has an apostrophe before it.")),
)
PARTICIPANTS: Final = (
    Column("participant", _("Number of the participant.")),
    Column("group-id", _("Opinion group, from 0; empty for people in no group.")),
    Column("n-comments", _("Statements of theirs that count.")),
    Column("n-votes", _("Votes of theirs, passes included.")),
    Column("n-agree", _("How often they agree.")),
    Column("n-disagree", _("How often they disagree.")),
    Column("0, 1, 2 …", _("One column per statement: 1 agree, -1 disagree, 0 pass, or nothing.")),
)
VOTES: Final = (
    Column("timestamp", _("When the round was closed: when a vote was cast is not published.")),
    Column("datetime", _("The same, to be read by people.")),
    Column("comment-id", _("Number of the statement.")),
    Column("voter-id", _("Number of the participant.")),
    Column("vote", _("1 agree, -1 disagree, 0 pass.")),
)
PEOPLE: Final = (
    Column("participant", _("Number of the participant.")),
    Column("group", _("Letter of their opinion group; empty for none.")),
    Column("x", _("Place on the map of opinions, across.")),
    Column("y", _("Place on the map of opinions, up.")),
)
# Every file of an archive carries this date, so that the same run gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def polis_zip(run: Run) -> bytes:
    """comments.csv, participants-votes.csv, votes.csv and summary.csv in one archive.

    Where people were left out, left-out.txt has their numbers, one a line.
    """
    matrix = load_matrix(run.round, Plan.from_dict(run.plan))
    files = {
        "comments.csv": comments_csv(run, matrix),
        "participants-votes.csv": participants_csv(run, matrix),
        "votes.csv": votes_csv(run, matrix),
        "summary.csv": summary_csv(run, matrix),
    }
    if matrix.excluded is not None:
        numbers = matrix.participant_ids[matrix.excluded].tolist()
        files["left-out.txt"] = "".join(f"{number}\n" for number in numbers).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def comments_csv(run: Run, matrix: VoteMatrix) -> bytes:
    """The statements, in the order of their numbers. Counts are those of the matrix."""
    counts = dict(zip(matrix.statement_ids.tolist(), matrix.counts().tolist(), strict=True))
    found = StatementFinding.objects.filter(run=run).order_by("statement__number")
    about = ("number", "text", "created_at", "origin", "author__number")
    rows = found.values_list(*(f"statement__{name}" for name in about))

    def written() -> Iterator[Sequence[Cell]]:
        for number, text, at, origin, author in rows:
            by = author if origin == Origin.PANEL and author is not None else 0
            votes = counts[number]
            yield (*_moment(at), number, by, votes[AGREE], votes[DISAGREE], 1, text)

    return csv_bytes([column.name for column in COMMENTS], written())


def participants_csv(run: Run, matrix: VoteMatrix) -> bytes:
    """The matrix: one row for each person, one column for each statement."""
    labels = _labels(run, matrix)
    wrote = _statements_by(run)
    header = [column.name for column in PARTICIPANTS[:-1]]

    def written() -> Iterator[Sequence[Cell]]:
        for at, number in enumerate(matrix.participant_ids.tolist()):
            cells: list[Cell] = [None] * matrix.n_statements
            low, high = matrix.indptr[at], matrix.indptr[at + 1]
            values = matrix.values[low:high]
            for column, value in zip(
                matrix.indices[low:high].tolist(), values.tolist(), strict=True
            ):
                cells[column] = value
            agree, disagree = int((values == 1).sum()), int((values == -1).sum())
            mine = (number, labels.get(number), wrote.get(number, 0), len(values))
            yield (*mine, agree, disagree, *cells)

    columns = [str(number) for number in matrix.statement_ids.tolist()]
    return csv_bytes([*header, *columns], written())


def votes_csv(run: Run, matrix: VoteMatrix) -> bytes:
    """One row for each vote, by person and statement."""
    stamp = _moment(run.round.closed_at)
    people = np.repeat(matrix.participant_ids, matrix.votes_by_participant)
    statements = matrix.statement_ids[matrix.indices]
    cells = zip(statements.tolist(), people.tolist(), matrix.values.tolist(), strict=True)
    rows = ((*stamp, *cell) for cell in cells)
    return csv_bytes([column.name for column in VOTES], rows)


def summary_csv(run: Run, matrix: VoteMatrix) -> bytes:
    """What the conversation is, in pairs, as Polis writes them (without a header)."""
    deliberation = run.round.deliberation
    grouping = (run.summary or {}).get("grouping", {})
    pairs: list[Sequence[Cell]] = [
        ("views", matrix.n_participants),
        ("voters", matrix.n_participants),
        ("voters-in-conv", int((matrix.votes_by_participant > 0).sum())),
        ("comments", matrix.n_statements),
        ("groups", grouping.get("k")),
        ("conversation-description", run.round.question),
    ]
    return csv_bytes(["topic", deliberation.title], pairs)


def people_csv(run: Run) -> bytes:
    """Where each participant stands on the map, by number."""
    rows = ParticipantFinding.objects.filter(run=run).order_by("participant__number")
    found = rows.values_list("participant__number", "group", "x", "y")
    hidden = is_strata(run)

    def written() -> Iterator[Sequence[Cell]]:
        for number, group, x, y in found:
            yield number, None if hidden or group < 0 else group_letter(group), x, y

    return csv_bytes([column.name for column in PEOPLE], written())


def _labels(run: Run, matrix: VoteMatrix) -> dict[int, int]:
    """Groups by number: those that the run was given, or else those that it found.

    None where they are answers about oneself: then nobody's group is published.
    """
    if is_strata(run):
        return {}
    if matrix.declared_groups is not None:
        given = zip(matrix.participant_ids.tolist(), matrix.declared_groups.tolist(), strict=True)
        return {number: label for number, label in given if label >= 0}
    rows = ParticipantFinding.objects.filter(run=run, group__gte=0)
    return dict(rows.values_list("participant__number", "group"))


def _statements_by(run: Run) -> dict[int, int]:
    written: dict[int, int] = {}
    rows = StatementFinding.objects.filter(run=run, statement__origin=Origin.PANEL)
    for author in rows.values_list("statement__author__number", flat=True):
        if author is not None:
            written[author] = written.get(author, 0) + 1
    return written


def needs_more(run: Run) -> bool:
    """Whether the plan looks at what is in no file: answers about oneself, or how cards were drawn.

    Then the result cannot be counted again from the files alone.
    """
    rules = run.plan["rules"]
    drawn = any(rule.get("unseen") == "inverse_propensity" for rule in rules)
    return drawn or is_strata(run) or bool(run.plan.get("weights"))


def _moment(at: datetime | None) -> tuple[int, str]:
    """Milliseconds since 1970, and the same moment in UTC."""
    if at is None:
        return 0, ""
    there = at.astimezone(UTC)
    return int(there.timestamp() * 1000), there.strftime("%Y-%m-%dT%H:%M:%SZ")

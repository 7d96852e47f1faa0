"""Read a Polis export: a list of comments and a matrix of votes.

Knows the old files (``participants-votes.csv``, timestamps in milliseconds), the new ones
(``participant-votes.csv``, seconds) and the cleaned pair that Collective Constitutional AI
published (``clean_comments.csv``, ``clean_votes.csv``). Touches no table.

The matrix is the authority on votes. ``agrees`` and ``disagrees`` of the comments file are
not read: they count vote events there, so a changed vote is in them twice.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deliberation.interchange.tables import BadFiles, Problems, Table, read_table, whole_number

RAW_COMMENTS = "comments.csv"
RAW_VOTES = ("participants-votes.csv", "participant-votes.csv")
CLEAN_COMMENTS = "clean_comments.csv"
CLEAN_VOTES = "clean_votes.csv"

COMMENT_COLUMNS = ("comment-id", "timestamp", "author-id", "moderated", "comment-body")
PARTICIPANT_COLUMNS = ("participant", "group-id", "n-votes")
# Columns of the matrix that are neither votes nor needed. ``xid`` may name a person and is
# never read.
IDLE_COLUMNS = frozenset({"xid", "n-comments", "n-agree", "n-disagree"})

VOTES = {"1": 1, "1.0": 1, "-1": -1, "-1.0": -1, "0": 0, "0.0": 0, "-0.0": 0}
MODERATED = {"1": 1, "0": 0, "-1": -1}
# What one statement may have at most, see the constraint on Round.statement_max_length.
LONGEST_STATEMENT = 10_000
# Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973.
FIRST_MILLISECONDS = 100_000_000_000
LARGEST_NUMBER = 2_147_483_647
LARGEST_LABEL = 32_767


@dataclass(frozen=True, slots=True)
class Comment:
    """One statement as exported. ``author`` is a participant number, 0 the owner."""

    number: int
    text: str
    author: int
    moderated: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One participant as exported. ``n_votes`` is what the file says, not a count of cells."""

    number: int
    n_votes: int
    group: int | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """One cell of the matrix that is not blank."""

    participant: int
    statement: int
    value: int


@dataclass(frozen=True)
class PolisExport:
    """A whole export, checked. ``people`` and ``ballots`` are in the order of the file."""

    files: tuple[str, str]
    cleaned: bool
    comments: list[Comment]
    people: list[Person]
    ballots: list[Ballot]
    without_column: list[int]
    ignored_columns: list[str]
    about: dict[str, str] = field(default_factory=dict)

    def groups(self) -> dict[int, int]:
        """Participant number → group label, for those who have one."""
        return {p.number: p.group for p in self.people if p.group is not None}

    def groups_reattached(self) -> dict[int, int]:
        """Labels in file order, given to participants in order of their numbers.

        The notebook behind the cleaned files computed groups on rows sorted by participant
        and wrote them onto rows that were not. This undoes that.
        """
        numbers = sorted(p.number for p in self.people)
        labels = (p.group for p in self.people)
        return {n: g for n, g in zip(numbers, labels, strict=True) if g is not None}


def read_export(directory: Path, *, clean: bool = False) -> PolisExport:
    """Read and check the export in ``directory``.

    clean: take the cleaned pair even where the raw one is there too.
    Raises BadFiles with every problem found, each with file, row and column.
    """
    comments_path, votes_path = _find_pair(directory, clean)
    problems = Problems()
    comments_table = read_table(comments_path, COMMENT_COLUMNS, problems)
    comments = list(_comments(comments_table, problems)) if comments_table else []
    people, ballots = [], []
    columns: dict[int, int] = {}
    # Comments with faults would make good columns look like strangers.
    known = None if problems.total else {c.number for c in comments}
    votes_table = read_table(votes_path, PARTICIPANT_COLUMNS, problems)
    if votes_table:
        columns = _vote_columns(votes_table, known, problems)
        people = list(_people(votes_table, problems))
        ballots = list(_ballots(votes_table, columns, problems))
    if votes_table is None or problems.total:
        raise BadFiles(problems)
    return PolisExport(
        files=(comments_path.name, votes_path.name),
        cleaned=comments_path.name == CLEAN_COMMENTS,
        comments=comments,
        people=people,
        ballots=ballots,
        without_column=[c.number for c in comments if c.number not in columns],
        ignored_columns=_ignored(votes_table),
        about=_about(directory / "summary.csv"),
    )


def read_ids(path: Path) -> set[int]:
    """Participant numbers, one a line; blank lines are skipped.

    Raises BadFiles naming every line that is not a number.
    """
    problems = Problems()
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        problems.add(path.name, f"cannot be read ({error.strerror})")
        lines = []
    ids = set()
    for row, line in enumerate(lines, start=1):
        if line.strip():
            number = whole_number(line, highest=LARGEST_NUMBER)
            if number is None:
                problems.add(path.name, f"“{line.strip()[:40]}” is not a number", row, "1")
            else:
                ids.add(number)
    problems.raise_if_any()
    return ids


def _find_pair(directory: Path, clean: bool) -> tuple[Path, Path]:
    problems = Problems()
    if not directory.is_dir():
        problems.add(str(directory), "there is no such folder")
        problems.raise_if_any()
    pairs = [(CLEAN_COMMENTS, CLEAN_VOTES)]
    if not clean:
        pairs = [(RAW_COMMENTS, votes) for votes in RAW_VOTES] + pairs
    for comments, votes in pairs:
        if (directory / comments).is_file() and (directory / votes).is_file():
            return directory / comments, directory / votes
    names = "; ".join(f"{comments} with {votes}" for comments, votes in pairs)
    problems.add(str(directory), f"holds no pair of files that can be read. Looked for: {names}")
    raise BadFiles(problems)


def _comments(table: Table, problems: Problems) -> Iterator[Comment]:
    if not table.rows:
        problems.add(table.file, "lists no comments")
    seen: dict[int, int] = {}
    for row, cells in table.rows:
        number = table.number(cells, "comment-id", row, problems, LARGEST_NUMBER)
        if number is not None and number in seen:
            problems.add(
                table.file, f"{number} is already in row {seen[number]}", row, "comment-id"
            )
        text = _text(table, cells, row, problems)
        author = table.number(cells, "author-id", row, problems, LARGEST_NUMBER)
        moderated = MODERATED.get(table.cell(cells, "moderated").removesuffix(".0"))
        if moderated is None:
            problems.add(
                table.file,
                f"“{table.cell(cells, 'moderated')}” is none of -1, 0 and 1",
                row,
                "moderated",
            )
        created_at = _time(table, cells, row, problems)
        if number is None or author is None or moderated is None or created_at is None:
            continue
        seen.setdefault(number, row)
        yield Comment(number, text, author, moderated, created_at)


def _text(table: Table, cells: list[str], row: int, problems: Problems) -> str:
    text = table.cell(cells, "comment-body")
    if not text:
        problems.add(table.file, "is blank", row, "comment-body")
    elif len(text) > LONGEST_STATEMENT:
        problems.add(
            table.file,
            f"has {len(text)} characters, {LONGEST_STATEMENT} are the most",
            row,
            "comment-body",
        )
    elif "\x00" in text:
        problems.add(table.file, "holds a zero byte", row, "comment-body")
    return text


def _time(table: Table, cells: list[str], row: int, problems: Problems) -> datetime | None:
    """Seconds or milliseconds since 1970, told apart by their size."""
    stamp = table.number(cells, "timestamp", row, problems, FIRST_MILLISECONDS * 1000)
    if stamp is None:
        return None
    seconds = stamp / 1000 if stamp >= FIRST_MILLISECONDS else float(stamp)
    return datetime.fromtimestamp(seconds, tz=UTC)


def _vote_columns(table: Table, comments: set[int] | None, problems: Problems) -> dict[int, int]:
    """Statement number → place in a row. Every column must belong to one of ``comments``."""
    columns: dict[int, int] = {}
    for place, name in enumerate(table.header):
        if not name.isascii() or not name.isdigit():
            continue
        number = int(name)
        if number in columns:
            problems.add(table.file, "stands for a comment that has a column already", 1, name)
        elif comments is not None and number not in comments:
            problems.add(table.file, "has votes, but no comment has this id", 1, name)
        columns[number] = place
    if not columns:
        problems.add(table.file, "has no column of votes", 1)
    return columns


def _ignored(table: Table) -> list[str]:
    known = IDLE_COLUMNS | set(PARTICIPANT_COLUMNS)
    return [name for name in table.header if name not in known and not name.isdigit()]


def _people(table: Table, problems: Problems) -> Iterator[Person]:
    if not table.rows:
        problems.add(table.file, "lists no participants")
    seen: dict[int, int] = {}
    for row, cells in table.rows:
        number = table.number(cells, "participant", row, problems, LARGEST_NUMBER)
        n_votes = table.number(cells, "n-votes", row, problems, LARGEST_NUMBER)
        group = None
        if table.cell(cells, "group-id"):
            group = table.number(cells, "group-id", row, problems, LARGEST_LABEL)
        if number is None or n_votes is None:
            continue
        if number in seen:
            problems.add(
                table.file, f"{number} is already in row {seen[number]}", row, "participant"
            )
        seen.setdefault(number, row)
        yield Person(number, n_votes, group)


def _ballots(table: Table, columns: dict[int, int], problems: Problems) -> Iterator[Ballot]:
    of_participant = table.header.index("participant")
    places = list(columns.items())
    for row, cells in table.rows:
        participant = whole_number(cells[of_participant], highest=LARGEST_NUMBER)
        for statement, place in places:
            cell = cells[place]
            if not cell:
                continue
            value = VOTES.get(cell)
            if value is None and cell.strip():
                value = VOTES.get(cell.strip())
                if value is None:
                    message = f"“{cell[:40]}” is not a vote: 1, 0, -1 or blank"
                    problems.add(table.file, message, row, str(statement))
            # A bad participant number is reported by _people.
            if value is not None and participant is not None:
                yield Ballot(participant, statement, value)


def _about(path: Path) -> dict[str, str]:
    """Topic and description from ``summary.csv``, where there is one."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return {row[0].strip(): row[1].strip() for row in csv.reader(lines) if len(row) == 2}

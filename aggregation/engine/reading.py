"""Votes from files: Polis matrices, lists of votes, folders of either, and rows of PostgreSQL.

    reading = read("export/")
    matrix = reading.counting(min_votes=26, left_out={505, 248})

Agree is 1 and disagree -1 in all these files, those of Polis's interface included; only Polis's
database has it the other way round. Where both are there the matrix is taken and not the list of
votes. The column ``xid``, which may name a person, is never read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.comments import NO_COMMENTS, Comments, read_comments
from aggregation.engine.delimited import read_table
from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.vote_list import json_votes, list_columns, list_votes
from aggregation.engine.vote_table import Ballots, table_votes

CLEAN = ("clean_comments.csv", "clean_votes.csv")
MATRICES = ("participants-votes.csv", "participant-votes.csv")
GROUPS, GROUPS_REATTACHED = "group-id", "group-id-reattached"
LISTS = ("votes.csv", "votes.json")
# Least value of the column ``moderated`` with which a statement counts.
MODERATION = {"strict": 1, "open": 0, "all": -1}


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything that the files hold, n people and m statements.

    files          : names of the files read, votes first.
    matrix         : all votes. declared_groups are those of the column ``group-id``.
    stated_votes   : int64[n] or None; how many votes each person cast by the column ``n-votes``.
    moderated      : int8[m] or None; 1 accepted, 0 not looked at, -1 rejected.
    texts          : wording of each statement, () if it is not known.
    in_file_order  : int64[n], participant ids in the order of the file.
    """

    files: tuple[str, ...]
    matrix: VoteMatrix
    stated_votes: NDArray[np.int64] | None = None
    moderated: NDArray[np.int8] | None = None
    texts: tuple[str, ...] = ()
    in_file_order: NDArray[np.int64] | None = None

    def panel(
        self,
        *,
        moderation: str = "strict",
        min_votes: int | None = None,
        left_out: Collection[int] = (),
    ) -> VoteMatrix:
        """Everyone by the statements that count; people who do not count are marked excluded, so
        that a plan can say what would be selected with them.

        moderation : "strict" keeps accepted statements, "open" all but the rejected, "all" all.
        min_votes  : people need so many votes by the column ``n-votes``, or, without such a
                     column, in the file.
        left_out   : ids of people who do not count; ids of nobody are passed over.
        The rules are those of ``manage.py import_polis``.
        """
        matrix = self.matrix
        if self.moderated is not None:
            kept = self.moderated >= MODERATION[moderation]
            matrix = matrix if kept.all() else matrix.restrict(statements=kept)
        out = np.isin(matrix.participant_ids, np.array(sorted(left_out), dtype=np.int64))
        if min_votes is not None:
            cast = self.stated_votes
            out |= (self.matrix.votes_by_participant if cast is None else cast) < min_votes
        return replace(matrix, excluded=out) if out.any() else matrix

    def counting(
        self,
        *,
        moderation: str = "strict",
        min_votes: int | None = None,
        left_out: Collection[int] = (),
    ) -> VoteMatrix:
        """The same without the people who do not count."""
        matrix = self.panel(moderation=moderation, min_votes=min_votes, left_out=left_out)
        if matrix.excluded is None:
            return matrix
        return replace(matrix.restrict(participants=~matrix.excluded), excluded=None)

    def with_groups(self, source: str | None) -> Reading:
        """The same with the declared groups of that name, or without any.

        source : GROUPS, the column ``group-id``; or GROUPS_REATTACHED, the same as it was meant in
                 the cleaned pair of Collective Constitutional AI. The notebook behind it computed
                 groups on rows sorted by participant and wrote them onto rows that were not: the
                 labels in the order of the file belong to people by rising id.
        """
        groups = self.matrix.declared_groups
        if source == GROUPS_REATTACHED and self.files[0] == CLEAN[1] and groups is not None:
            if self.in_file_order is not None:
                groups = groups[np.searchsorted(self.matrix.participant_ids, self.in_file_order)]
        elif source != GROUPS:
            groups = None
        return replace(self, matrix=replace(self.matrix, declared_groups=groups))


def read(path: str | PathLike[str], *, clean: bool = False) -> Reading:
    """Read a Polis matrix, a list of votes (CSV or JSON) or a folder with either.

    Statements and their moderation come from the comments file beside the votes, if there is one.
    clean : in a folder, take ``clean_votes.csv`` even where the raw files are there too.
    Raises EngineError: file_* and folder_without_votes, in words that name file, row and column.
    """
    votes = Path(path)
    if votes.is_dir():
        votes = _votes_in(votes, clean)
    return read_votes(votes.name, _bytes(votes), _comments_beside(votes))


def read_votes(name: str, raw: bytes, comments: Comments = NO_COMMENTS) -> Reading:
    """The same from the bytes of a file. name : tells JSON from CSV, and is used in messages."""
    if name.lower().endswith(".json"):
        return _from_list(name, json_votes(name, raw, comments), comments)
    table = read_table(name, raw)
    columns = list_columns(table)
    if columns is not None:
        return _from_list(name, list_votes(table, columns), comments)
    return _from_matrix(name, table_votes(table), comments)


def read_ids(path: str | PathLike[str]) -> frozenset[int]:
    """Participant ids from a file, one a line. Raises EngineError: file_missing, file_cell."""
    found = set()
    for row, line in enumerate(_bytes(Path(path)).decode("utf-8-sig", "replace").splitlines(), 1):
        digits = line.strip().removesuffix(".0")
        if not digits:
            continue
        if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
            raise EngineError(
                "file_cell", file=Path(path).name, row=row, column=1, found=line.strip()[:40],
                expected="a participant id, which is a whole number",
            )  # fmt: skip
        found.add(int(digits))
    return frozenset(found)


def _votes_in(folder: Path, clean: bool) -> Path:
    names = (CLEAN[1],) if clean else (*MATRICES, CLEAN[1], *LISTS)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise EngineError("folder_without_votes", folder=str(folder), names=", ".join(names))


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise EngineError("file_missing", file=str(path))
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError("file_unreadable", file=path.name, reason=error.strerror) from error


def _comments_beside(votes: Path) -> Comments:
    name = CLEAN[0] if votes.name == CLEAN[1] else "comments" + votes.suffix.lower()
    beside = votes.with_name(name)
    if not beside.is_file():
        return NO_COMMENTS
    return read_comments(beside.name, _bytes(beside))


def _from_list(name: str, ballots: Ballots, comments: Comments) -> Reading:
    statements = comments.with_votes_on(name, ballots.statement_ids)
    return _reading(name, ballots.matrix(statements), comments)


def _from_matrix(name: str, ballots: Ballots, comments: Comments) -> Reading:
    statements = comments.with_votes_on(name, np.sort(ballots.statement_ids))
    order = np.argsort(ballots.participant_ids)
    groups = None if ballots.groups is None else ballots.groups[order]
    stated = None if ballots.stated_votes is None else ballots.stated_votes[order]
    matrix = replace(ballots.matrix(statements), declared_groups=groups)
    return replace(
        _reading(name, matrix, comments), stated_votes=stated, in_file_order=ballots.participant_ids
    )


def _reading(name: str, matrix: VoteMatrix, comments: Comments) -> Reading:
    if comments is NO_COMMENTS:
        return Reading((name,), matrix)
    files = (name, comments.file)
    return Reading(files, matrix, moderated=comments.moderated, texts=comments.texts)

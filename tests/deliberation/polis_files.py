"""A tiny Polis export in our own words, and ways to spoil it."""

from __future__ import annotations

import csv
from pathlib import Path

COMMENTS = [
    ["timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees", "moderated",
     "comment-body"],
    ["1700000000000", "Tue", "0", "0", "9", "0", "1", "The assistant should use short words."],
    ["1700000060000", "Tue", "1", "0", "1", "1", "1", "  It should,\nif asked, explain. "],
    ["1700000120000", "Tue", "2", "11", "2", "0", "1", "It should be free of charge."],
    ["1700000180000", "Tue", "3", "12", "0", "0", "0", "The assistant should speak my dialect."],
    ["1700000240000", "Tue", "4", "12", "0", "1", "-1", "Buy my umbrellas."],
]  # fmt: skip
VOTES = [
    ["participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree",
     "0", "1", "2", "3", "4"],
    ["12", "secret-name", "0", "2", "4", "2", "1", "1", "1", "0", "", "-1"],
    ["2", "", "1", "0", "3", "2", "1", "1", "-1", "1.0", "", ""],
    ["11", "", "", "1", "1", "1", "0", "1", "", "", "", ""],
]  # fmt: skip


def write(folder: Path, name: str, rows: list[list[str]]) -> Path:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / name


def write_export(
    folder: Path,
    comments: list[list[str]] = COMMENTS,
    votes: list[list[str]] = VOTES,
    votes_name: str = "participants-votes.csv",
) -> Path:
    write(folder, "comments.csv", comments)
    write(folder, votes_name, votes)
    return folder


def with_cell(rows: list[list[str]], row: int, column: str, value: str) -> list[list[str]]:
    """The same rows with one cell changed; row 1 is the header, as in messages."""
    place = rows[0].index(column)
    changed = [list(cells) for cells in rows]
    changed[row - 1][place] = value
    return changed

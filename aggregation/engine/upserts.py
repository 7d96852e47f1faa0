"""New, changed and withdrawn votes put into a matrix, and what they change in its statistics.

Only the people who are touched are looked at. With x someone's row before and x' after, and
d = x' - x, products of statements change by x'x'ᵀ - xxᵀ = (d(x + x')ᵀ + (x + x')dᵀ) / 2: every
changed cell is taken with the cells of its own row, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.cells import offsets
from aggregation.engine.errors import EngineError
from aggregation.engine.gram import Integers, cells_of, two_digits
from aggregation.engine.ids import Places, as_ids, blocks, distinct
from aggregation.engine.matrix import AGREE, DISAGREE, PASS, WEIGHT_ONE, VoteMatrix
from aggregation.engine.statistics import Statistics

# Beside 1, -1 and 0: the vote is taken back, and the cell is unseen again.
WITHDRAWN = 2
_COLUMN_OF_VOTE = np.array([PASS, AGREE, DISAGREE], dtype=np.int64)
# Pairs of cells worked on at a time, which bounds the memory.
_PAIRS = 1 << 16


@dataclass(frozen=True, eq=False)
class Upserts:
    """What became of a matrix.

    matrix      : the matrix after.
    row_before  : int64[n], the row each person had before, -1 for new people.
    row, column : int64[u]; of all people touched the cells seen before or after, in order.
    was, now    : bool[u], whether seen. old, new : int8[u], the vote; 0 where not seen.
    """

    matrix: VoteMatrix
    row_before: Integers
    row: Integers
    column: Integers
    was: NDArray[np.bool_]
    now: NDArray[np.bool_]
    old: NDArray[np.int8]
    new: NDArray[np.int8]


def upserted(
    matrix: VoteMatrix, participants: ArrayLike, statements: ArrayLike, values: ArrayLike
) -> Upserts:
    """Put votes into a matrix: 1, -1, 0, or WITHDRAWN.

    Equally long; of several entries for one cell the last counts. People and statements may be
    new; nothing is known of new people but their votes, and weights and probabilities are dropped.
    O(nnz) to copy the votes, and little besides.
    Raises EngineError: lengths_differ, id_not_whole, value_out_of_range.
    """
    who, what = as_ids(participants, "participant"), as_ids(statements, "statement")
    votes = _checked(values, len(who), len(what))
    wide = _widened(matrix, distinct(who), distinct(what))
    m = max(wide.n_statements, 1)
    asked = Places(wide.participant_ids, "participant", len(who)).of(who) * m
    asked += Places(wide.statement_ids, "statement", len(what)).of(what)
    asked, votes = _last_of_each(asked, votes)
    touched = distinct(asked // m)
    length = wide.votes_by_participant[touched]
    cell, _ = cells_of(wide.indptr, touched)
    before = np.repeat(touched * m, length) + wide.indices[cell]
    place = np.searchsorted(before, asked)
    fresh = np.ones(len(asked), dtype=bool)
    inside = place < len(before)
    fresh[inside] = before[place[inside]] != asked[inside]
    kept = ~fresh | (votes != WITHDRAWN)  # what was not there cannot be taken back
    asked, votes, place, fresh = asked[kept], votes[kept], place[kept], fresh[kept]
    # The cells that were there, with those that are new in between.
    into = place[fresh] + np.arange(np.count_nonzero(fresh))
    key = _woven(before, asked[fresh], into)
    old = _woven(wide.values[cell], 0, into)
    was = np.ones(len(key), dtype=bool)
    was[into] = False
    new, now, at = old.copy(), was.copy(), place + np.cumsum(fresh) - fresh
    now[at] = votes != WITHDRAWN
    new[at] = np.where(votes != WITHDRAWN, votes, 0)
    owner = np.searchsorted(touched, asked[fresh] // m)
    row = np.repeat(touched, length + np.bincount(owner, minlength=len(touched)))
    row_before = _row_before(matrix.participant_ids, wide.participant_ids)
    found = Upserts(wide, row_before, row, key - row * m, was, now, old, new)
    # Where new cells go, counted in the votes before.
    where = wide.indptr[touched][owner] + place[fresh] - offsets(length)[owner]
    return replace(found, matrix=_rebuilt(found, cell, where))


def updated(
    statistics: Statistics, upserts: Upserts, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> Statistics:
    """Statistics of the matrix after from those of the matrix before.

    before, after : bool over rows before and after, whose votes count at all.
    Exact; O(changed cells · votes of those people), and O(m²) to copy.
    """
    u, m = upserts, upserts.matrix.n_statements
    stayed = np.append(before, False)[u.row_before][u.row]
    was, now = u.was & stayed, u.now & after[u.row]
    old, new = u.old * was, u.new * now
    changed = np.flatnonzero((was != now) | (old != new))
    counts = statistics.counts.copy()
    counts += _counted(u.column[changed], new[changed], now[changed], m)
    counts -= _counted(u.column[changed], old[changed], was[changed], m)
    totals = statistics.totals + (counts - statistics.counts) * WEIGHT_ONE
    people = int(after.sum())
    s = statistics
    parts = [None if one is None else one.copy() for one in (s.seen_seen, s.vote_seen, s.vote_vote)]
    seen_before, seen_after = was.view(np.int8), now.view(np.int8)
    change = seen_after[changed] - seen_before[changed], new[changed] - old[changed]
    _add_products(parts, u, changed, change, (seen_before + seen_after, old + new))
    return Statistics(people, int(counts.sum()), people * WEIGHT_ONE, counts, totals, *parts)


def widened(
    statistics: Statistics, before: NDArray[np.int64], after: NDArray[np.int64]
) -> Statistics:
    """The same statistics with zeros for statements that were not there. Both ids ascending."""
    if len(before) == len(after):
        return statistics
    at, m = np.searchsorted(after, before), len(after)
    counts, totals = np.zeros((2, m, 3), dtype=np.int64)
    counts[at], totals[at] = statistics.counts, statistics.totals
    grams = {}
    for name in ("seen_seen", "vote_seen", "vote_vote"):
        part = getattr(statistics, name)
        if part is not None:
            grams[name] = np.zeros((m, m), dtype=np.int64)
            grams[name][np.ix_(at, at)] = part
    s = statistics
    return Statistics(s.n_participants, s.n_votes, s.weight, counts, totals, **grams)


def _checked(values: ArrayLike, n_who: int, n_what: int) -> NDArray[np.int8]:
    array = np.asarray(values)
    if not n_who == n_what == array.size or array.ndim != 1:
        raise EngineError(
            "lengths_differ", participants=n_who, statements=n_what, values=array.size
        )
    good = (array == 1) | (array == -1) | (array == 0) | (array == WITHDRAWN)
    if not good.all():
        position = int(np.argmin(good))
        raise EngineError("value_out_of_range", position=position, value=str(array[position]))
    return array.astype(np.int8)


def _widened(matrix: VoteMatrix, who: Integers, what: Integers) -> VoteMatrix:
    """The same votes, with empty rows and columns for new people and statements."""
    people = _joined(matrix.participant_ids, who)
    statements = _joined(matrix.statement_ids, what)
    if len(people) == matrix.n_participants and len(statements) == matrix.n_statements:
        return replace(matrix, weights=None, probabilities=None)
    at = np.searchsorted(people, matrix.participant_ids)
    length = np.zeros(len(people), dtype=np.int64)
    length[at] = matrix.votes_by_participant
    columns = np.searchsorted(statements, matrix.statement_ids).astype(np.int32)
    indices = matrix.indices
    if len(statements) > len(columns):
        indices = columns[indices]
    groups = matrix.declared_groups
    return VoteMatrix(
        people,
        statements,
        offsets(length),
        indices,
        matrix.values,
        declared_groups=None if groups is None else _spread(groups, at, len(people), -1),
        excluded=None if matrix.excluded is None else _spread(matrix.excluded, at, len(people), 0),
        characteristics=tuple(
            replace(one, labels=_spread(one.labels, at, len(people), -1))
            for one in matrix.characteristics
        ),
    )


def _joined(known: Integers, some: Integers) -> Integers:
    """All ids, ascending. Both ascending, the first long."""
    at = np.searchsorted(known, some)
    missing = np.append(known, -1)[at] != some if len(known) else np.ones(len(some), dtype=bool)
    missing |= at == len(known)
    return np.insert(known, at[missing], some[missing]) if missing.any() else known


def _spread(known: NDArray[Any], at: Integers, n: int, missing: int) -> NDArray[Any]:
    result = np.full(n, missing, dtype=known.dtype)
    result[at] = known
    return result


def _row_before(before: Integers, after: Integers) -> Integers:
    if len(before) == len(after):
        return np.arange(len(after))
    result = np.full(len(after), -1, dtype=np.int64)
    result[np.searchsorted(after, before)] = np.arange(len(before))
    return result


def _last_of_each(key: Integers, votes: NDArray[np.int8]) -> tuple[Integers, NDArray[np.int8]]:
    order = np.argsort(key, kind="stable")
    key, votes = key[order], votes[order]
    last = np.ones(len(key), dtype=bool)
    last[:-1] = key[1:] != key[:-1]
    return key[last], votes[last]


def _rebuilt(u: Upserts, cell: Integers, where: Integers) -> VoteMatrix:
    """The matrix with the new votes. cell : position before of each cell that was there. where :
    positions before at which new cells come in, rising."""
    wide, fresh = u.matrix, u.now & ~u.was
    values = wide.values.copy()
    changed = (u.new != u.old)[u.was]
    values[cell[changed]] = u.new[u.was][changed]
    indices, gone = wide.indices, cell[~u.now[u.was]]
    length = wide.votes_by_participant
    length += np.bincount(u.row[fresh], minlength=len(length))
    into = where + np.arange(len(where))
    if len(gone):
        indices, values = np.delete(indices, gone), np.delete(values, gone)
        length -= np.bincount(u.row[u.was & ~u.now], minlength=len(length))
        into -= np.searchsorted(gone, where)
    return replace(
        wide,
        indptr=offsets(length),
        indices=_woven(indices, u.column[fresh], into),
        values=_woven(values, u.new[fresh], into),
    )


def _woven(before: NDArray[Any], added: NDArray[Any] | int, into: Integers) -> NDArray[Any]:
    """The array with entries added, so that they end up at ``into``."""
    result = np.empty(len(before) + len(into), dtype=before.dtype)
    there = np.ones(len(result), dtype=bool)
    there[into] = False
    result[there] = before
    result[into] = added
    return result


def _counted(column: Integers, vote: NDArray[np.int8], seen: NDArray[np.bool_], m: int) -> Integers:
    key = column[seen] * 3 + _COLUMN_OF_VOTE[vote[seen]]
    return np.bincount(key, minlength=3 * m).reshape(m, 3)


def _add_products(
    parts: list[Integers | None],
    u: Upserts,
    changed: Integers,
    change: tuple[NDArray[np.int8], NDArray[np.int8]],
    sums: tuple[NDArray[np.int8], NDArray[np.int8]],
) -> None:
    """Add to [seen·seen, vote·seen, vote·vote] what changed.

    change : of seen and vote, of the changed cells. sums : before plus after, of all cells.
    """
    seen_seen, vote_seen, vote_vote = parts
    if seen_seen is None or vote_seen is None or vote_vote is None or not len(changed):
        return
    begins = np.flatnonzero(np.append(True, u.row[1:] != u.row[:-1]))
    edges = np.append(begins, len(u.row))
    # Two sums in a number, see gram.py: each below 2^31, as no cell of the tables gets more than
    # four half weights of so many changes.
    beside = (sums[1].astype(np.int64) << 32) + sums[0]
    for part in blocks(len(changed)):
        some = changed[part]
        halves = [one[part] * np.int64(WEIGHT_ONE // 2) for one in change]
        segment = np.searchsorted(begins, some, side="right") - 1
        tables = _tables(u, some, halves, edges, segment, beside)
        seen_vote, more_seen_seen = two_digits(tables[0], 32)
        more_vote_vote, more_vote_seen = two_digits(tables[1], 32)
        for total, more, turned in (
            (seen_seen, more_seen_seen, more_seen_seen),
            (vote_seen, more_vote_seen, seen_vote),
            (vote_vote, more_vote_vote, more_vote_vote),
        ):
            total += more
            total += turned.T


def _tables(
    u: Upserts,
    some: Integers,
    changes: list[Integers],
    edges: Integers,
    segment: Integers,
    beside: Integers,
) -> Integers:
    """int64[2, m, m]: change of seen and change of vote on one statement, times ``beside`` on the
    other, over the rows of the changed cells. edges, segment : where each row is, and whose."""
    m = u.matrix.n_statements
    tables = np.zeros((2, m * m), dtype=np.int64)
    length = edges[segment + 1] - edges[segment]
    pairs = offsets(length)
    low = 0
    while low < len(some):
        high = max(low + 1, int(np.searchsorted(pairs, pairs[low] + _PAIRS, side="right")) - 1)
        cell, _ = cells_of(edges, segment[low:high])
        key = np.repeat(u.column[some[low:high]] * m, length[low:high])
        key += u.column[cell]
        factor = beside[cell]
        for table, change in zip(tables, changes, strict=True):
            np.add.at(table, key, np.repeat(change[low:high], length[low:high]) * factor)
        low = high
    return tables.reshape(2, m, m)

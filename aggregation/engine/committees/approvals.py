"""Who approves what: the ballots that committee rules count, by participant and by statement.

An agree vote is an approval. Disagree and pass are none. What a statement counts with a person who
was never shown it is decided by a declared policy; see ``approvals``. All weights are whole numbers
of a small unit, so that sums over people are exact in whatever order they are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import WEIGHT_ONE, VoteMatrix
from aggregation.engine.ties import TieBreaker

NOT_APPROVED = "not_approved"
SHARE_AMONG_VIEWERS = "share_among_viewers"
INVERSE_PROPENSITY = "inverse_propensity"
UNSEEN_POLICIES = (NOT_APPROVED, SHARE_AMONG_VIEWERS, INVERSE_PROPENSITY)

CELL_UNIT = 2**20
"""Weights of single approvals are rounded to this part of one: sums of them are exact."""
DENSE_CELLS = 2**27
"""``dense`` is refused above this many cells (128 MiB)."""


@dataclass(frozen=True, eq=False, repr=False)
class Approvals:
    """Approvals of n participants for m statements, compressed by row.

    indptr       : int64[n + 1]; row i approves columns indices[indptr[i]:indptr[i + 1]].
    indices      : int32[nnz], ascending within a row.
    n_statements : m.
    weights      : int64[n] in thousandths, or None if everyone counts once.
    cells        : float64[nnz], multiples of 1 / CELL_UNIT: what each approval weighs under the
                   policy for unseen statements; None if each weighs one.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    n_statements: int
    weights: NDArray[np.int64] | None = None
    cells: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return f"Approvals({self.n_participants} x {self.n_statements}, {self.n_approvals})"

    @classmethod
    def from_ballots(
        cls,
        ballots: Sequence[Iterable[int]],
        n_statements: int,
        *,
        weights: ArrayLike | None = None,
    ) -> Approvals:
        """One ballot per participant: the columns approved. weights : thousandths."""
        rows = [sorted(set(ballot)) for ballot in ballots]
        flat = [column for row in rows for column in row]
        return cls(
            indptr=offsets(np.array([len(row) for row in rows], dtype=np.int64)),
            indices=np.array(flat, dtype=np.int32),
            n_statements=n_statements,
            weights=None if weights is None else np.asarray(weights, dtype=np.int64),
        )

    @property
    def n_participants(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_approvals(self) -> int:
        return len(self.indices)

    @property
    def unit(self) -> int:
        """What one person counts in ``totals``: 1, or 1000 where people carry weights."""
        return 1 if self.weights is None else WEIGHT_ONE

    @cached_property
    def ballot_sizes(self) -> NDArray[np.int64]:
        """int64[n]: how many statements each participant approves."""
        return np.diff(self.indptr)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """int32[nnz]: participant of each approval."""
        return np.repeat(np.arange(self.n_participants, dtype=np.int32), self.ballot_sizes)

    @cached_property
    def by_statement(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """(indptr int64[m + 1], rows int32[nnz]): the same approvals by column, rows ascending."""
        return offsets(self.people), self.rows[self.column_order]

    @cached_property
    def column_order(self) -> NDArray[np.int64]:
        """int64[nnz]: the place of each approval of ``by_statement`` in ``indices``."""
        # numpy sorts 16-bit keys by radix, in one pass over them.
        narrow = self.indices.astype(np.uint16) if self.n_statements <= 2**16 else self.indices
        return np.argsort(narrow, kind="stable")

    @cached_property
    def people(self) -> NDArray[np.int64]:
        """int64[m]: supporters of each statement, each counted once."""
        return np.bincount(self.indices, minlength=self.n_statements)

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """int64[m]: supporters of each statement, in thousandths where people carry weights."""
        if self.weights is None:
            return self.people
        return _sums(self.indices, self.weights[self.rows], self.n_statements)

    @property
    def scale(self) -> int:
        """What one approval of one person counts in ``masses`` and ``column_sums``."""
        return self.unit if self.cells is None else self.unit * CELL_UNIT

    @cached_property
    def amounts(self) -> NDArray[np.float64] | None:
        """float64[nnz], whole numbers: what each approval counts; None if each counts one."""
        if self.cells is None:
            return None if self.weights is None else self.weights[self.rows].astype(np.float64)
        parts = np.rint(self.cells * CELL_UNIT)
        return parts if self.weights is None else parts * self.weights[self.rows]

    @cached_property
    def masses(self) -> NDArray[np.int64]:
        """int64[m]: what the approvals of each statement count together, in parts of ``scale``."""
        if self.cells is None or self.amounts is None:
            return self.totals
        return _sums(self.indices, self.amounts, self.n_statements)

    def supporting(self, column: int) -> NDArray[np.float64] | None:
        """float64[s]: what each approval of ``supporters`` counts; None if each counts one."""
        if self.amounts is None:
            return None
        starts, _ = self.by_statement
        return self.amounts[self.column_order[starts[column] : starts[column + 1]]]

    def counted(self, column: int, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64: what the supporters of a statement count together, by a label of each.

        labels : int64[s], from 0 up, one per row of ``supporters``.
        """
        counts = np.bincount(labels, weights=self.supporting(column))
        return counts.astype(np.int64, copy=False)

    def column_sums(
        self, people: NDArray[np.int32], values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """float64[m]: sum of ``values`` over the approvals of some people, by statement.

        people : rows, each at most once. values : float64, one per person.
        Touches only their ballots, or all of them at once where that is less work.
        """
        sizes = self.ballot_sizes.take(people)
        ends = sizes.cumsum()
        touched = int(ends[-1]) if len(ends) else 0
        if 3 * touched > self.n_approvals:
            everyone = np.zeros(self.n_participants)
            everyone[people] = values
            spread, columns, amounts = (
                everyone.repeat(self.ballot_sizes),
                self.indices,
                self.amounts,
            )
        else:
            at = (self.indptr.take(people) - ends + sizes).repeat(sizes)
            at += np.arange(touched)
            spread, columns = values.repeat(sizes), self.indices.take(at)
            amounts = None if self.amounts is None else self.amounts.take(at)
        if amounts is not None:
            spread *= amounts
        sums = np.bincount(columns, spread, self.n_statements)
        return np.asarray(sums, dtype=np.float64)

    def supporters(self, column: int) -> NDArray[np.int32]:
        """int32[s]: rows of those who approve of a statement, ascending."""
        starts, rows = self.by_statement
        return rows[starts[column] : starts[column + 1]]

    @cached_property
    def _dense(self) -> NDArray[np.bool_]:
        result = np.zeros((self.n_participants, self.n_statements), dtype=np.bool_)
        result[self.rows, self.indices] = True
        return result

    def dense(self) -> NDArray[np.bool_]:
        """bool[n, m], kept. Raises EngineError("too_large") above DENSE_CELLS cells."""
        if self.n_participants * self.n_statements > DENSE_CELLS:
            raise EngineError(
                "too_large", participants=self.n_participants, statements=self.n_statements
            )
        return self._dense


def approvals(matrix: VoteMatrix, unseen: str = NOT_APPROVED) -> Approvals:
    """The agree votes as approvals, with the weights of the people.

    unseen : what a statement counts with people who were not shown it.
        "not_approved": nothing, as if they had seen it and not agreed.
        "share_among_viewers": as much as with those who voted on it; every approval of a statement
        weighs n / voters on it.
        "inverse_propensity": every approval weighs n / p over the sum of 1 / p of all voters on
        the statement, p being the logged probability of being shown it; a card that was not drawn
        by lot counts as certain (p = 1). Self-normalised (Hájek 1971).
    People count by their weights in n, voters and sums.
    Raises EngineError("probabilities_missing") for the last if no probability is known.
    O(nnz).
    """
    agreed = np.flatnonzero(matrix.values == 1)
    return Approvals(
        indptr=np.searchsorted(agreed, matrix.indptr).astype(np.int64, copy=False),
        indices=matrix.indices[agreed],
        n_statements=matrix.n_statements,
        weights=matrix.weights,
        cells=_cells(matrix, unseen, agreed),
    )


def approval_ties(approved: Approvals, statement_ids: NDArray[np.int64]) -> TieBreaker:
    """The declared rule for ties, agree votes counted by the weights of people."""
    return TieBreaker(approved.totals, statement_ids)


def offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n + 1]: where each of n runs of these lengths starts, and where the last ends."""
    result = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=result[1:])
    return result


def _cells(
    matrix: VoteMatrix, unseen: str, agreed: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    if unseen == NOT_APPROVED:
        return None
    columns = matrix.indices[agreed]
    weights = matrix.weights
    everyone = WEIGHT_ONE * matrix.n_participants if weights is None else int(weights.sum())
    # Exact whole numbers are divided once, so a weight of two and two people round alike. Where
    # all who saw a statement weigh nothing, so does their approval.
    if unseen == SHARE_AMONG_VIEWERS:
        viewers = np.maximum(_weighted_viewers(matrix, None), 1)
        return _rounded(float(everyone) / viewers)[columns]
    inverse = _inverse_probabilities(matrix, everyone)
    viewers = np.maximum(_weighted_viewers(matrix, inverse), 1)
    return _rounded(float(everyone) * inverse[agreed] / viewers[columns])


def _rounded(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.rint(shares * CELL_UNIT) / CELL_UNIT, dtype=np.float64)


def _weighted_viewers(
    matrix: VoteMatrix, inverse: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """float64[m], whole: voters on each statement by weight, and by ``inverse`` if given."""
    amounts = inverse
    if matrix.weights is not None:
        heavy = matrix.weights.astype(np.float64).repeat(matrix.votes_by_participant)
        amounts = heavy if inverse is None else heavy * inverse
    sums = np.bincount(matrix.indices, weights=amounts, minlength=matrix.n_statements)
    unit = WEIGHT_ONE if matrix.weights is None else 1
    return np.asarray(sums * unit, dtype=np.float64)


def _inverse_probabilities(matrix: VoteMatrix, everyone: int) -> NDArray[np.float64]:
    """float64[nnz], 1 / p in whole parts of the largest, few enough for exact sums over people."""
    known = matrix.probabilities
    if known is None or np.isnan(known).all():
        raise EngineError("probabilities_missing")
    inverse = 1.0 / np.where(np.isnan(known), 1.0, known)
    bits = 52 - everyone.bit_length()
    parts = np.rint(inverse * (2.0**bits / inverse.max()))
    return np.asarray(np.maximum(parts, 1.0), dtype=np.float64)


def _sums(
    columns: NDArray[np.int32], amounts: NDArray[np.int64] | NDArray[np.float64], n_columns: int
) -> NDArray[np.int64]:
    """Sum of whole amounts by column. Floats below 2^53 hold whole numbers exactly."""
    sums = np.bincount(columns, weights=amounts, minlength=n_columns)
    return np.asarray(sums, dtype=np.int64)

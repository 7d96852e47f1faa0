"""The run repeated on resampled people: what would be selected had other people like them come?

One resample draws, inside every opinion group (and among the people in none), as many people as
there are, with replacement. A person drawn twice stands in the votes twice, so all that follows is
the ordinary run on an ordinary matrix: axes, groups and rules are computed anew.

What this measures: how far the result hangs on which people of the same kind happened to come.
What it does not: people who never came, statements nobody wrote, a change of mind, people who vote
alike because they know each other, the way cards were drawn, or a rule that was a bad choice. The
groups keep their sizes in the drawing, so a panel with the wrong mix stays one. Weights go with
their people and are not fitted again. People drawn twice stand at one place, so a crowd looks a
little more clustered than it is, and somewhat more groups are found than among the people who came.

Resample r depends on the seed and on r alone: ranges computed apart add up to the same bytes.
Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 6 and 13.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.cells import offsets
from aggregation.engine.errors import EngineError
from aggregation.engine.groups import Grouping
from aggregation.engine.matching import matched
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan, RuleSpec
from aggregation.engine.plan_sections import StabilityPlan
from aggregation.engine.randomness import generator
from aggregation.engine.registry import RULES
from aggregation.engine.selection import Selection
from aggregation.engine.steps import evidence_of, group, place, taking_part, tally

_FORM = "folkmoot resamples, form 1"


@dataclass(frozen=True, eq=False)
class Resamples:
    """What R resamples selected, in order of their numbers.

    statement_ids : int64[m]. numbers : int64[R], ascending.
    places        : one int32[R, m] per rule of ``resampled_rules``: place of each statement in
                    that rule's order, from 1, or 0 where it was not selected.
    k             : int64[R], number of opinion groups.
    stayed, people: int64[R]. Of ``people`` drawn who have a group in the run, how many stand in
                    the group that matches it.
    """

    statement_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    places: tuple[NDArray[np.int32], ...]
    k: NDArray[np.int64]
    stayed: NDArray[np.int64]
    people: NDArray[np.int64]
    refit_groups: bool = True

    def __len__(self) -> int:
        return len(self.numbers)

    def __add__(self, other: Resamples) -> Resamples:
        """Both together. Raises EngineError("resamples_do_not_fit") if they overlap or differ."""
        same = np.array_equal(self.statement_ids, other.statement_ids)
        if not same or self._kind() != other._kind():
            raise EngineError("resamples_do_not_fit", reason="they come from different runs")
        numbers = np.concatenate([self.numbers, other.numbers])
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        if np.any(numbers[1:] == numbers[:-1]):
            raise EngineError("resamples_do_not_fit", reason="some were computed twice")
        mine, others = self._arrays(), other._arrays()
        joined = [np.concatenate(pair)[order] for pair in zip(mine, others, strict=True)]
        return self._from(self.statement_ids, numbers, joined, self.refit_groups)

    def to_bytes(self) -> bytes:
        """Compact, and the same bytes for the same resamples; ``from_bytes`` reads them."""
        head = {
            "form": _FORM,
            "refit_groups": self.refit_groups,
            "resamples": len(self),
            "rules": len(self.places),
            "statements": len(self.statement_ids),
        }
        parts = [json.dumps(head, sort_keys=True).encode(), b"\n"]
        whole = [self.statement_ids, self.numbers, *self._arrays()]
        parts += [array.astype(array.dtype.newbyteorder("<")).tobytes() for array in whole]
        return zlib.compress(b"".join(parts), 6)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Resamples:
        """Read what ``to_bytes`` wrote. Raises EngineError("resamples_do_not_fit")."""
        head, _, body = zlib.decompress(packed).partition(b"\n")
        found = json.loads(head)
        if found["form"] != _FORM:
            raise EngineError("resamples_do_not_fit", reason="they were written by another version")
        count, m, at = found["resamples"], found["statements"], 0
        shapes = [(m,), (count,), (count,), (count,), (count,)] + [(count, m)] * found["rules"]
        arrays = []
        for shape in shapes:
            kind = np.dtype("<i4" if len(shape) == 2 else "<i8")
            size = int(np.prod(shape))
            array = np.frombuffer(body, kind, size, at).reshape(shape)
            arrays.append(array.astype(kind.newbyteorder("=")))
            at += size * kind.itemsize
        return cls._from(arrays[0], arrays[1], arrays[2:], found["refit_groups"])

    def _kind(self) -> tuple[int, bool]:
        return len(self.places), self.refit_groups

    def _arrays(self) -> list[NDArray[np.integer]]:
        return [self.k, self.stayed, self.people, *self.places]

    @classmethod
    def _from(
        cls,
        statement_ids: NDArray[np.int64],
        numbers: NDArray[np.int64],
        arrays: Sequence[NDArray[np.integer]],
        refit_groups: bool,
    ) -> Resamples:
        k, stayed, people = (array.astype(np.int64) for array in arrays[:3])
        places = tuple(array.astype(np.int32) for array in arrays[3:])
        return cls(statement_ids, numbers, places, k, stayed, people, refit_groups)


def together(parts: Sequence[Resamples]) -> Resamples:
    """Resamples of several ranges, in any order, as one. Raises as ``Resamples.__add__``."""
    return reduce(add, parts)


def resampled_rules(plan: Plan) -> tuple[int, ...]:
    """Places in the plan of the rules that are quick enough to be run on every resample."""
    return tuple(at for at, rule in enumerate(plan.rules) if RULES[rule.id].resampled)


def resample_range(
    matrix: VoteMatrix,
    plan: Plan,
    seed: int,
    low: int,
    high: int,
    *,
    base: Outcome,
) -> Resamples:
    """Resamples number ``low`` up to, not including, ``high``.

    matrix, plan, seed : as they went into the run, whose outcome is ``base``.
    Axes, groups and the number of groups are found anew unless ``plan.stability.refit_groups``
    says no; then, and if the groups came with the votes, everyone drawn keeps their group. So they
    do where the people drawn cannot be cut into the number of groups that the plan fixes.
    Raises what a run raises. O(high - low) runs.
    """
    panel = _panel(matrix, plan, seed, base)
    drawn = [_resample(panel, number) for number in range(low, high)]
    shape = (len(drawn), len(base.statement_ids))
    places = [np.zeros(shape, dtype=np.int32) for _ in panel.rules]
    for at, one in enumerate(drawn):
        for table, row in zip(places, one.places, strict=True):
            table[at] = row
    return Resamples(
        statement_ids=base.statement_ids,
        numbers=np.arange(low, high, dtype=np.int64),
        places=tuple(places),
        k=np.array([one.k for one in drawn], dtype=np.int64),
        stayed=np.array([one.stayed for one in drawn], dtype=np.int64),
        people=np.array([one.people for one in drawn], dtype=np.int64),
        refit_groups=panel.refit,
    )


@dataclass(frozen=True, eq=False)
class _Panel:
    """What all resamples of a run share. strata : rows of each opinion group, and of the rest."""

    people: VoteMatrix
    plan: Plan
    rules: tuple[RuleSpec, ...]
    seed: int
    base: Outcome
    strata: tuple[NDArray[np.int64], ...]
    refit: bool


@dataclass(frozen=True, eq=False)
class _Resample:
    """One row of each array of Resamples."""

    places: list[NDArray[np.int32]]
    k: int
    stayed: int
    people: int


def _panel(matrix: VoteMatrix, plan: Plan, seed: int, base: Outcome) -> _Panel:
    people = taking_part(matrix, plan).matrix
    labels = base.grouping.labels
    strata = tuple(np.flatnonzero(labels == group) for group in np.unique(labels))
    asked = (plan.stability or StabilityPlan()).refit_groups
    refit = asked and plan.grouping.method == "kmeans"
    rules = tuple(plan.rules[at] for at in resampled_rules(plan))
    return _Panel(people, plan, rules, seed, base, strata, refit)


def _resample(panel: _Panel, number: int) -> _Resample:
    rows = drawn_rows(panel.strata, panel.seed, number)
    drawn = _with_rows(panel.people, rows)
    before = panel.base.grouping.labels[rows]
    plan, seed, ids = panel.plan, panel.seed, panel.base.statement_ids
    grouping = replace(panel.base.grouping, labels=before)
    if panel.refit:
        grouping = _refitted(drawn, plan, seed) or grouping
    evidence = evidence_of(drawn, plan, grouping, tally(drawn, grouping), seed)
    places = [_places(RULES[rule.id].select(evidence, rule.settings), ids) for rule in panel.rules]
    had = before >= 0
    stayed = had & (matched(grouping.labels, before) == before)
    return _Resample(places, grouping.n_groups, int(stayed.sum()), int(had.sum()))


def _refitted(drawn: VoteMatrix, plan: Plan, seed: int) -> Grouping | None:
    """Groups found anew, by the same procedure and random starts as in the run; None if the people
    drawn stand at fewer places than the plan wants groups."""
    try:
        return group(drawn, plan, place(drawn, plan, seed).positions, seed)
    except EngineError as error:
        if error.code != "too_few_points":
            raise
        return None


def drawn_rows(strata: Sequence[NDArray[np.int64]], seed: int, number: int) -> NDArray[np.int64]:
    """int64[n], ascending: rows drawn with replacement, from each stratum as many as it has."""
    rng = generator(seed, "bootstrap", number)
    drawn = [rows[rng.integers(0, len(rows), len(rows))] for rows in strata]
    return np.sort(np.concatenate(drawn))


def _with_rows(matrix: VoteMatrix, rows: NDArray[np.int64]) -> VoteMatrix:
    """The matrix of these rows, repeats included. Everyone drawn is a person 0, 1, ... anew."""
    length = matrix.votes_by_participant[rows]
    indptr = offsets(length)
    cells = np.repeat(matrix.indptr[rows] - indptr[:-1], length) + np.arange(indptr[-1])
    groups, weights, chances = matrix.declared_groups, matrix.weights, matrix.probabilities
    return VoteMatrix(
        participant_ids=np.arange(len(rows)),
        statement_ids=matrix.statement_ids,
        indptr=indptr,
        indices=matrix.indices[cells],
        values=matrix.values[cells],
        declared_groups=None if groups is None else groups[rows],
        weights=None if weights is None else weights[rows],
        probabilities=None if chances is None else chances[cells],
    )


def _places(selection: Selection, statement_ids: NDArray[np.int64]) -> NDArray[np.int32]:
    result = np.zeros(len(statement_ids), dtype=np.int32)
    columns = np.searchsorted(statement_ids, np.array(selection.statements, dtype=np.int64))
    result[columns] = np.arange(1, len(columns) + 1)
    return result

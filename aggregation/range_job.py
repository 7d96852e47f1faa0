"""A run in parts as those who work on it see it: its ranges, what was kept, and its votes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Max, QuerySet
from numpy.typing import ArrayLike, NDArray

from aggregation.engine import Grouping, Plan, VoteMatrix
from aggregation.engine.cells import offsets
from aggregation.engine.digests import DIGEST_BLOCK, combined_digest
from aggregation.engine.matrix import Characteristic
from aggregation.engine.steps import takes_part
from aggregation.loading import load_matrix, n_people
from aggregation.models import PartStatus, Run, RunPart
from aggregation.packing import unpack, unpack_grouping

Ranges = list[tuple[int, int]]
# Resamples are shared out among so many parts: each of them loads all votes.
RESAMPLE_PARTS = 16


@dataclass(frozen=True, eq=False)
class RowsOnly(VoteMatrix):
    """People without their votes; ``cast`` says how many each of them cast."""

    cast: NDArray[np.int64] | None = None

    @property
    def votes_by_participant(self) -> NDArray[np.int64]:
        return np.diff(self.indptr) if self.cast is None else self.cast

    def restrict(
        self, participants: ArrayLike | None = None, statements: ArrayLike | None = None
    ) -> RowsOnly:
        """Some of the people, by a mask."""
        mask = np.asarray(participants, dtype=bool)
        fewer = self._with(
            mask,
            slice(0),
            statement_ids=self.statement_ids,
            indptr=np.zeros(int(mask.sum()) + 1, dtype=np.int64),
            indices=self.indices,
        )
        return rows_only(fewer, self.votes_by_participant[mask])


def rows_only(matrix: VoteMatrix, cast: NDArray[np.int64]) -> RowsOnly:
    """The rows of a matrix that has no votes, with the number of votes each person cast."""
    arrays = {name: getattr(matrix, name) for name in VoteMatrix.__dataclass_fields__}
    return RowsOnly(**arrays, cast=cast)


class _People(NamedTuple):
    """bare : a matrix without votes. cast : int64[n], how many votes each person cast."""

    bare: VoteMatrix
    cast: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Job:
    """A run that is cut into ranges. n_people : rows of the matrix, also of those left out."""

    run: Run
    plan: Plan
    n_people: int
    range_size: int

    @classmethod
    def of(cls, run: Run) -> Job | None:
        """The work on a run, if its plan has it cut."""
        plan = Plan.from_dict(run.plan)
        if plan.ranges is None:
            return None
        laid_out = run.parts.filter(place=0).aggregate(Max("high"))["high__max"]
        people = laid_out or n_people(run.round)
        size = max(plan.ranges.participants // DIGEST_BLOCK, 1) * DIGEST_BLOCK
        return cls(run, plan, people, size) if people > plan.ranges.participants else None

    @property
    def ranges(self) -> Ranges:
        """Rows of the matrix, cut at multiples of 256, so that digests are the same."""
        size, n = self.range_size, self.n_people
        return [(low, min(low + size, n)) for low in range(0, n, size)]

    @property
    def whole(self) -> Ranges:
        return [(0, self.n_people)]

    @property
    def resamples(self) -> Ranges:
        wanted = self.plan.stability.resamples if self.plan.stability else 0
        size = max(-(-wanted // RESAMPLE_PARTS), 1)
        return [(low, min(low + size, wanted)) for low in range(0, wanted, size)]

    @property
    def counting(self) -> str:
        """The step whose results are Statistics."""
        return "read" if self.plan.weights is None else "count"

    def results(self, step: str) -> Iterator[bytes]:
        """Results of a step that is done, in order of its parts, one at a time in memory."""
        found = self._done(step).values_list("result", flat=True)
        yield from (bytes(one or b"") for one in found.iterator(chunk_size=1))

    def kept(self, step: str, low: int, high: int) -> list[dict[str, NDArray[Any]]]:
        """What the parts of a step kept of the people in rows ``low`` to ``high``."""
        parts = self._done(step).filter(low__gte=low, high__lte=high)
        return [unpack(rows or b"") for rows in parts.values_list("rows", flat=True)]

    def kept_of_all(self, step: str, name: str) -> NDArray[Any]:
        """What one worker kept of all people, one entry a row of the matrix."""
        return self.kept(step, 0, self.n_people)[0][name]

    def _done(self, step: str) -> QuerySet[RunPart]:
        parts = RunPart.objects.filter(run=self.run, step=step, status=PartStatus.DONE)
        return parts.order_by("number")

    def load(self, low: int, high: int) -> VoteMatrix:
        """The votes of rows ``low`` to ``high``, as they were first read. A range, or all."""
        parts = self._done("read").filter(low__gte=low, high__lte=high)
        found = [unpack(cells or b"") for cells in parts.values_list("cells", flat=True)]
        cells = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
        people = self._people(low, high)
        return replace(
            people.bare,
            indptr=offsets(people.cast),
            indices=cells["indices"],
            values=cells["values"],
            probabilities=cells.get("probabilities"),
        )

    def people(self, low: int, high: int) -> tuple[VoteMatrix, NDArray[np.bool_]]:
        """The votes of those who take part, with their weights; and who of the rows that is."""
        matrix = self.load(low, high)
        mask = takes_part(matrix, self.plan)
        people = matrix.restrict(participants=mask)
        if self.plan.weights is not None:
            people = people.weighted(self.kept_of_all("weigh", "weights")[low:high][mask])
        return people, mask

    def everyone(self) -> RowsOnly:
        """All people, also those left out, without votes."""
        people = self._people(0, self.n_people)
        return rows_only(people.bare, people.cast)

    def _people(self, low: int, high: int) -> _People:
        """Rows ``low`` to ``high``, without votes."""
        parts = self.kept("read", low, high)
        of = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        head = load_matrix(self.run.round, self.plan, between=(0, 0))
        bare = replace(
            head,
            participant_ids=of["ids"],
            indptr=np.zeros(len(of["ids"]) + 1, dtype=np.int64),
            declared_groups=of.get("declared"),
            excluded=of.get("excluded"),
            probabilities=None,
            characteristics=tuple(
                Characteristic(one.name, one.values, of[f"known_{at}"])
                for at, one in enumerate(head.characteristics)
            ),
        )
        return _People(bare, of["cast"])

    def input_digest(self, everyone: RowsOnly) -> str:
        """The digest of the whole matrix, from those of its blocks."""
        blocks = [kept["blocks"].tobytes() for kept in self.kept("read", 0, self.n_people)]
        known = [(one.name, one.values) for one in everyone.characteristics]
        votes = int(everyone.votes_by_participant.sum())
        return combined_digest(
            everyone.statement_ids, self.n_people, votes, known, b"".join(blocks)
        )

    @property
    def positions(self) -> NDArray[np.float64]:
        """float64[n, d]: where those who take part stand."""
        return np.concatenate([unpack(found)["positions"] for found in self.results("place")])

    def grouping(self, low: int, high: int, mask: NDArray[np.bool_]) -> Grouping:
        """The opinion groups, for those who take part of rows ``low`` to ``high``."""
        kept = self.kept("group", 0, self.n_people)[0]
        people = {name: of[low:high][mask] for name, of in kept.items()}
        return unpack_grouping(next(self.results("group")), people)


def cells_of(matrix: VoteMatrix) -> dict[str, NDArray[Any] | None]:
    """The votes; with ``about`` all of the matrix. See ``Job.load``."""
    narrow = np.uint16 if matrix.n_statements <= 2**16 else np.int32
    return {
        "indices": matrix.indices.astype(narrow),
        "values": matrix.values,
        "probabilities": matrix.probabilities,
    }


def about(matrix: VoteMatrix) -> dict[str, NDArray[Any] | None]:
    """What later steps need to know of these people beside their votes; see ``Job.everyone``."""
    known = {f"known_{at}": one.labels for at, one in enumerate(matrix.characteristics)}
    return known | {
        "ids": matrix.participant_ids,
        "cast": matrix.votes_by_participant,
        "excluded": matrix.excluded,
        "declared": matrix.declared_groups,
        "blocks": np.frombuffer(matrix.block_digests(), dtype=np.uint8),
    }

"""What a run found, as arrays for code and as plain JSON for everyone else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import MEASURES, Consensus, all_groups_above, summary
from aggregation.engine.groups import Grouping
from aggregation.engine.matrix import AGREE, DISAGREE, PASS, VoteMatrix
from aggregation.engine.representativeness import Representative
from aggregation.engine.selection import Evidence, Selection, tie_dict


@dataclass(frozen=True, eq=False)
class Outcome:
    """Result of one run. n people and m statements took part, in G groups.

    plan_hash, seed, input_digest, engine_version : what the result follows from. ``input_digest``
                     is of the votes as given, before anyone was left out.
    left_out       : int64, ids of people with too few votes for the plan. excluded : int64, ids
                     of people whom a rule fixed before the vote leaves out.
    participant_ids: int64[n]. positions : float64[n, d]. grouping.labels : int32[n], -1 no group.
    statement_ids  : int64[m]. counts : int64[m, 3], agree, disagree, pass.
    group_counts   : int64[G, m, 3], people in a group only.
    consensus      : shares, intervals and measures, see Consensus; NaN where not defined.
    explained_variance : float64[d]. statement_positions : float64[m, d].
    extremity, priority : float64[m], as in Polis.
    representative : for each group, what it stands for.
    selections     : one per rule of the plan; the first one drafts.
    weighting      : how weights were found, and every measure without them; None without weights.
    stability, variants, properties : what the plan asks for beyond the run itself: how the
                     selections fare under resampling; what would be selected under other choices;
                     what can be proven of each selection. Plain data.
    """

    plan_hash: str
    seed: int
    input_digest: str
    engine_version: str
    confidence: float
    thresholds: tuple[float, ...]
    left_out: NDArray[np.int64]
    excluded: NDArray[np.int64]
    participant_ids: NDArray[np.int64]
    positions: NDArray[np.float64]
    explained_variance: NDArray[np.float64]
    grouping: Grouping
    statement_ids: NDArray[np.int64]
    counts: NDArray[np.int64]
    group_counts: NDArray[np.int64]
    consensus: Consensus
    statement_positions: NDArray[np.float64]
    extremity: NDArray[np.float64]
    priority: NDArray[np.float64]
    representative: tuple[tuple[Representative, ...], ...]
    selections: tuple[Selection, ...]
    weighting: Mapping[str, Any] | None = None
    stability: Mapping[str, Any] | None = None
    variants: tuple[Mapping[str, Any], ...] = ()
    properties: tuple[Mapping[str, Any], ...] = ()

    @property
    def participants(self) -> int:
        return len(self.participant_ids)

    @property
    def statements(self) -> int:
        return len(self.statement_ids)

    @property
    def votes(self) -> dict[str, int]:
        """Votes of all participants in the run: agree, disagree and pass."""
        agree, disagree, passed = (int(total) for total in self.counts.sum(axis=0))
        return {"agree": agree, "disagree": disagree, "pass": passed}

    @property
    def groups(self) -> NDArray[np.int32]:
        """int32[n]: group of each participant, -1 for none."""
        return self.grouping.labels

    @property
    def gac_polis(self) -> NDArray[np.float64]:
        """float64[m]."""
        return self.consensus.gac_polis

    @property
    def gac_raw(self) -> NDArray[np.float64]:
        """float64[m], NaN where some group cast no vote."""
        return self.consensus.gac_raw

    @property
    def min_group(self) -> NDArray[np.float64]:
        """float64[m], NaN where some group cast no vote."""
        return self.consensus.min_group

    @property
    def share(self) -> NDArray[np.float64]:
        """float64[G, m]: share of agree votes, NaN where a group cast no vote."""
        return self.consensus.share

    @property
    def interval(self) -> NDArray[np.float64]:
        """float64[G, m, 2]: Wilson interval of ``share``."""
        return self.consensus.interval

    @property
    def group_sizes(self) -> tuple[int, ...]:
        return self.grouping.sizes

    @property
    def all_groups_above(self) -> dict[str, int]:
        """Threshold (as text, "0.60") → statements with a greater share of agreement in every
        group."""
        found = all_groups_above(self.consensus.share, self.thresholds)
        return {threshold_label(t): count for t, count in zip(self.thresholds, found, strict=True)}

    def evidence(self, people: VoteMatrix) -> Evidence:
        """What the rules looked at. people : the votes of those who took part."""
        support = people.counts()[:, AGREE]
        if people.weights is not None:
            everyone = np.zeros(people.n_participants, dtype=np.int32)
            support = people.group_counts(everyone, 1, people.weights)[0, :, AGREE]
        return Evidence(people, self.counts, self.consensus, self.grouping.ids, self.seed, support)

    @property
    def selected(self) -> tuple[int, ...]:
        """Statement ids that the first rule picked, best first."""
        return self.selections[0].statements

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the whole result, people's places and groups included."""
        return hashlib.sha256(self.canonical_json.encode()).hexdigest()

    @cached_property
    def canonical_json(self) -> str:
        """The same bytes for the same result."""
        return json.dumps(
            self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False,
            allow_nan=False,
        )  # fmt: skip

    def to_dict(self, *, people: bool = False) -> dict[str, Any]:
        """Plain Python without NaN. ``people`` adds every participant's place and group.

        Without them, ``participants_digest`` stands for these arrays.
        """
        result = {
            "plan_hash": self.plan_hash,
            "seed": self.seed,
            "input_digest": self.input_digest,
            "engine_version": self.engine_version,
            "participants": self.participants,
            "participants_left_out": [int(i) for i in self.left_out],
            "participants_excluded": [int(i) for i in self.excluded],
            "participants_digest": self._participants_digest,
            "statements": self.statements,
            "votes": self.votes,
            "explained_variance": self.explained_variance.tolist(),
            "grouping": self._grouping_dict(),
            "groups": self._group_dicts(),
            "consensus": {name: summary(self.consensus.measure(name)) for name in MEASURES},
            "all_groups_above": self.all_groups_above,
            "confidence": self.confidence,
            "statement_table": self._statement_dicts(),
            "selected": list(self.selected),
            "selections": [selection.to_dict() for selection in self.selections],
            "weighting": self.weighting,
            "stability": self.stability,
            "variants": list(self.variants),
            "properties": list(self.properties),
        }
        return result | {"people": self._people_dicts()} if people else result

    @cached_property
    def _participants_digest(self) -> str:
        state = hashlib.sha256(b"folkmoot places, form 1\n")
        state.update(self.participant_ids.astype("<i8").tobytes())
        state.update(self.positions.astype("<f8").tobytes())
        state.update(self.grouping.labels.astype("<i4").tobytes())
        return state.hexdigest()

    def _grouping_dict(self) -> dict[str, Any]:
        grouping = self.grouping
        return {
            "method": grouping.method,
            "k": grouping.n_groups,
            "silhouettes": {str(k): score for k, score in grouping.silhouettes},
            "base_clusters": grouping.n_base_clusters,
            "ungrouped": int(np.count_nonzero(grouping.labels < 0)),
            "ties": [tie_dict(tie) for tie in grouping.ties],
        }

    def _group_dicts(self) -> list[dict[str, Any]]:
        return [
            {
                "id": self.grouping.ids[at],
                "label": self.grouping.label(at),
                "size": size,
                "center": self._center(at),
                "stands_for": [asdict(one) for one in self.representative[at]],
            }
            for at, size in enumerate(self.group_sizes)
        ]

    def _center(self, at: int) -> list[float]:
        middle = self.positions[self.grouping.labels == at].mean(axis=0)
        return [float(x) + 0.0 for x in middle]  # never -0.0, which a database may write as 0.0

    def _statement_dicts(self) -> list[dict[str, Any]]:
        """One per statement, in order of id; ``groups`` in the order of the top-level groups."""
        measures = {name: _plain(self.consensus.measure(name)) for name in MEASURES}
        share, interval = _plain(self.consensus.share), _plain(self.consensus.interval)
        rows = zip(
            self.statement_ids.tolist(), self.counts.tolist(), self.extremity.tolist(),
            self.priority.tolist(), strict=True,
        )  # fmt: skip
        by_group = self.group_counts.tolist()
        return [
            {"id": statement, **_named(counts), "extremity": extremity, "priority": priority}
            | {name: values[at] for name, values in measures.items()}
            | {
                "groups": [
                    {**_named(group[at]), "share": share[g][at], "interval": interval[g][at]}
                    for g, group in enumerate(by_group)
                ]
            }
            for at, (statement, counts, extremity, priority) in enumerate(rows)
        ]

    def _people_dicts(self) -> list[dict[str, Any]]:
        rows = zip(
            self.participant_ids.tolist(),
            self.positions.tolist(),
            self.grouping.labels.tolist(),
            strict=True,
        )
        return [
            {"id": who, "position": place, "group": self.grouping.ids[at] if at >= 0 else None}
            for who, place, at in rows
        ]


def threshold_label(threshold: float) -> str:
    """A share as a key: two digits, or all of them if there are more."""
    short = f"{threshold:.2f}"
    return short if float(short) == threshold else repr(threshold)


def _named(counts: list[int]) -> dict[str, int]:
    return {"agree": counts[AGREE], "disagree": counts[DISAGREE], "pass": counts[PASS]}


def _plain(values: NDArray[np.float64]) -> Any:
    """Nested lists with None for NaN; an interval with NaN ends becomes two None."""
    plain = values.astype(object)
    plain[np.isnan(values)] = None
    return plain.tolist()

"""Two conversations recomputed from their votes, against what Polis's own engine found.

In its stored results agree is -1, so centres have the opposite sign of ours. From each result we
take who is in which base cluster and group; everything else is recomputed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aggregation.engine import (
    OpinionSpace,
    VoteMatrix,
    consensus,
    opinion_space,
    priority,
    representativeness,
)
from aggregation.engine.polis import PolisView, in_conversation, polis_view

pytestmark = pytest.mark.reference_data
CLOSE = 1e-8


@dataclass(frozen=True)
class Conversation:
    matrix: VoteMatrix
    muted: NDArray[np.bool_]
    space: OpinionSpace
    groups: NDArray[np.int32]
    blob: dict[str, Any]

    @property
    def group_counts(self) -> NDArray[np.int64]:
        return self.matrix.group_counts(self.groups, len(self.blob["group-clusters"]))

    def by_statement(self, key: str) -> NDArray[np.float64]:
        return np.array([self.blob[key][str(i)] for i in self.matrix.statement_ids])


@pytest.fixture(scope="module", params=["above-100-ptpts", "below-100-ptpts"])
def conversation(request: pytest.FixtureRequest, reference_data: Path) -> Conversation:
    folder = reference_data / "polis-math" / request.param
    blob = json.loads((folder / "math-pca2.json").read_text(encoding="utf-8"))
    matrix = last_votes(json.loads((folder / "votes.json").read_text(encoding="utf-8")))
    assert matrix.statement_ids.tolist() == blob["tids"]
    muted = np.isin(matrix.statement_ids, blob["mod-out"])
    space = opinion_space(matrix, muted=muted)
    return Conversation(matrix, muted, space, groups_of(matrix, blob), blob)


def last_votes(rows: list[dict[str, Any]]) -> VoteMatrix:
    votes = {}
    for row in sorted(rows, key=lambda row: float(row["modified"])):
        who = row.get("pid", row.get("participant_id"))
        votes[who, row.get("tid", row.get("statement_id"))] = row["vote"]
    people, statements = zip(*votes, strict=True)
    return VoteMatrix.from_triplets(people, statements, list(votes.values()))


def groups_of(matrix: VoteMatrix, blob: dict[str, Any]) -> NDArray[np.int32]:
    members = dict(zip(blob["base-clusters"]["id"], blob["base-clusters"]["members"], strict=True))
    labels = np.full(matrix.n_participants, -1, dtype=np.int32)
    for group in blob["group-clusters"]:
        people = [who for base in group["members"] for who in members[base]]
        labels[np.searchsorted(matrix.participant_ids, people)] = group["id"]
    return labels


def signs(conversation: Conversation) -> NDArray[np.float64]:
    theirs = np.array(conversation.blob["pca"]["comps"])
    return np.sign(np.sum(conversation.space.components * theirs, axis=1))


def test_the_centre(conversation: Conversation) -> None:
    theirs = np.array(conversation.blob["pca"]["center"])
    assert np.allclose(conversation.space.center, -theirs, atol=CLOSE)
    assert np.count_nonzero(conversation.space.center[conversation.muted]) == 0


def test_the_axes(conversation: Conversation) -> None:
    theirs = np.array(conversation.blob["pca"]["comps"])
    cosine = np.abs(np.sum(conversation.space.components * theirs, axis=1))
    assert np.allclose(cosine, 1, atol=CLOSE)


def test_where_base_clusters_stand(conversation: Conversation) -> None:
    base = conversation.blob["base-clusters"]
    # Their votes and ours have opposite signs, so places are mirrored along each axis.
    places = -conversation.space.positions * signs(conversation)
    rows = [np.searchsorted(conversation.matrix.participant_ids, who) for who in base["members"]]
    found = np.array([places[at].mean(axis=0) for at in rows])
    assert np.allclose(found, np.column_stack([base["x"], base["y"]]), atol=CLOSE)


def test_where_statements_stand_and_how_far_out(conversation: Conversation) -> None:
    pca = conversation.blob["pca"]
    found = -conversation.space.statement_positions * signs(conversation)
    seen = ~conversation.muted
    theirs = np.array(pca["comment-projection"]).T
    assert np.allclose(found[seen], theirs[seen], atol=CLOSE)
    assert np.allclose(conversation.space.extremity, pca["comment-extremity"], atol=CLOSE)


def test_votes_by_group(conversation: Conversation) -> None:
    counts = conversation.group_counts
    for group, found in conversation.blob["group-votes"].items():
        for at, statement in enumerate(conversation.matrix.statement_ids):
            theirs = found["votes"][str(statement)]
            agree, disagree, _ = counts[int(group), at].tolist()
            seen = int(counts[int(group), at].sum())
            assert (agree, disagree, seen) == (theirs["A"], theirs["D"], theirs["S"])


def test_group_aware_consensus(conversation: Conversation) -> None:
    found = consensus(conversation.group_counts).gac_polis
    theirs = conversation.by_statement("group-aware-consensus")
    assert np.allclose(found, theirs, atol=CLOSE)


def test_priorities(conversation: Conversation) -> None:
    meta = np.isin(conversation.matrix.statement_ids, conversation.blob["meta-tids"])
    counts = conversation.group_counts.sum(axis=0)
    found = priority(counts, conversation.space.extremity, meta=meta)
    assert np.allclose(found, conversation.by_statement("comment-priorities"), atol=CLOSE)


def test_what_each_group_stands_for(conversation: Conversation) -> None:
    ids = conversation.matrix.statement_ids
    found = representativeness(conversation.group_counts, ids, muted=conversation.muted)
    assert len(found) == len(conversation.blob["repness"])
    for group, ours in enumerate(found):
        theirs = conversation.blob["repness"][str(group)]
        assert [one.statement_id for one in ours] == [one["tid"] for one in theirs]
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.direction == other["repful-for"]
            assert (mine.successes, mine.trials) == (other["n-success"], other["n-trials"])
            assert mine.share == pytest.approx(other["p-success"], abs=CLOSE)
            assert mine.share_test == pytest.approx(other["p-test"], abs=CLOSE)
            assert mine.ratio == pytest.approx(other["repness"], abs=CLOSE)
            # This one number is stored in single precision.
            assert mine.ratio_test == pytest.approx(other["repness-test"], rel=1e-6)
            assert mine.best_agree == other.get("best-agree", False)


# The profile as a whole


@pytest.fixture
def view(conversation: Conversation) -> PolisView:
    meta = np.isin(conversation.matrix.statement_ids, conversation.blob["meta-tids"])
    return polis_view(
        conversation.matrix, muted=conversation.muted, meta=meta, groups=conversation.groups
    )


@pytest.mark.parametrize("side", ["agree", "disagree"])
def test_what_everyone_agrees_on(view: PolisView, conversation: Conversation, side: str) -> None:
    found, theirs = view.to_dict()["consensus"][side], conversation.blob["consensus"][side]
    assert [one["tid"] for one in found] == [one["tid"] for one in theirs]
    for mine, other in zip(found, theirs, strict=True):
        assert mine == pytest.approx(other, abs=CLOSE)


def test_the_whole_profile_has_what_polis_stores(
    view: PolisView, conversation: Conversation
) -> None:
    found, theirs = view.to_dict(), conversation.blob
    for key in ("tids", "n", "n-cmts", "user-vote-counts", "group-votes", "meta-tids"):
        if key == "group-votes":
            votes = {group: one["votes"] for group, one in found[key].items()}
            assert votes == {group: one["votes"] for group, one in theirs[key].items()}
        else:
            assert found[key] == theirs[key], key
    assert found["mod-out"] == sorted(set(theirs["mod-out"]) & set(theirs["tids"]))
    for key in ("group-aware-consensus", "comment-priorities"):
        assert found[key] == pytest.approx(theirs[key], abs=CLOSE)
    assert found["pca"]["center"] == pytest.approx(theirs["pca"]["center"], abs=CLOSE)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_groups_of_our_own_do_not_depend_on_the_order_of_people(
    conversation: Conversation,
) -> None:
    matrix = conversation.matrix
    other = VoteMatrix.from_triplets(
        matrix.participant_ids[matrix.rows][::-1],
        matrix.statement_ids[matrix.indices][::-1],
        matrix.values[::-1],
    )
    assert polis_view(other).to_dict() == polis_view(matrix).to_dict()


def test_the_fifteen_with_most_votes_take_part_if_few_have_seven() -> None:
    votes = np.array([1, 0, *[3] * 13, 2, 2, 9])
    assert np.flatnonzero(in_conversation(votes, 40)).tolist() == [*range(2, 16), 17]
    assert in_conversation(votes, 2).tolist() == (votes >= 2).tolist()

"""A whole run: the same inputs give the same bytes, and odd inputs give an answer or a reason."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import (
    ENGINE_VERSION,
    EngineError,
    Outcome,
    Plan,
    VoteMatrix,
    aggregate,
    shipped,
)

DEFAULT = shipped("default")
VOTES = st.dictionaries(
    st.tuples(st.integers(0, 15), st.integers(0, 12)),
    st.sampled_from([-1, 0, 1]),
    min_size=1,
    max_size=120,
)


def build(votes: list[tuple[tuple[int, int], int]]) -> VoteMatrix:
    return VoteMatrix.from_triplets(
        [pair[0] for pair, _ in votes], [pair[1] for pair, _ in votes], [vote for _, vote in votes]
    )


def one_group(*values: int) -> VoteMatrix:
    """One participant who votes on as many statements as there are values."""
    return VoteMatrix.from_triplets([1] * len(values), range(len(values)), values)


@settings(max_examples=60, deadline=None)
@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_of_votes_changes_no_byte_of_the_outcome(
    votes: dict[tuple[int, int], int], random: Any
) -> None:
    shuffled = list(votes.items())
    random.shuffle(shuffled)
    one, other = aggregate(build(list(votes.items())), DEFAULT), aggregate(build(shuffled), DEFAULT)
    assert one.canonical_json == other.canonical_json
    assert one.positions.tobytes() == other.positions.tobytes()


@settings(max_examples=100, deadline=None)
@given(VOTES)
def test_any_votes_give_an_outcome_without_nan_that_adds_up(
    votes: dict[tuple[int, int], int],
) -> None:
    outcome = aggregate(build(list(votes.items())), DEFAULT)
    result = json.loads(outcome.canonical_json)
    assert sum(result["votes"].values()) == len(votes)
    assert result["participants"] == len({who for who, _ in votes})
    assert result["statements"] == len({what for _, what in votes})
    grouped = sum(group["size"] for group in result["groups"])
    assert grouped + result["grouping"]["ungrouped"] == result["participants"]
    for selection in result["selections"]:
        inside = {d["statement"] for d in selection["decisions"] if d["status"] == "selected"}
        assert inside == set(selection["statements"])
        assert len(selection["decisions"]) == result["statements"]
    assert result["selected"] == result["selections"][0]["statements"]
    assert np.isfinite(outcome.positions).all()


def test_the_json_has_what_the_command_line_promises(camps: Any) -> None:
    matrix, _ = camps()
    result = aggregate(matrix, DEFAULT).to_dict()
    assert result["plan_hash"] == DEFAULT.hash
    assert result["input_digest"] == matrix.digest
    assert result["engine_version"] == ENGINE_VERSION
    assert set(result["votes"]) == {"agree", "disagree", "pass"}
    assert [(g["id"], g["label"], g["size"]) for g in result["groups"]] == [
        (0, "A", 40),
        (1, "B", 40),
        (2, "C", 40),
    ]
    for measure in ("gac_raw", "gac_polis", "min_group"):
        assert set(result["consensus"][measure]) == {"mean", "median", "min", "max"}
    assert list(result["all_groups_above"]) == [
        "0.60", "0.65", "0.70", "0.75", "0.80", "0.85", "0.90", "0.95",
    ]  # fmt: skip
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_people_are_listed_on_request_with_place_and_group(camps: Any) -> None:
    matrix, _ = camps(people=30)
    outcome = aggregate(matrix, DEFAULT)
    people = outcome.to_dict(people=True)["people"]
    assert [person["id"] for person in people] == matrix.participant_ids.tolist()
    assert [person["position"] for person in people] == outcome.positions.tolist()
    assert [person["group"] for person in people] == outcome.groups.tolist()


def test_the_digest_covers_where_people_stand(camps: Any) -> None:
    outcome = aggregate(camps(people=30)[0], DEFAULT)
    moved = dataclasses.replace(outcome, positions=outcome.positions + 1e-9)
    assert moved.digest != outcome.digest
    assert dataclasses.replace(outcome).digest == outcome.digest


def test_a_threshold_with_three_digits_keeps_them_in_its_key(camps: Any) -> None:
    plan = dataclasses.replace(DEFAULT, thresholds=(0.5, 0.723))
    assert list(aggregate(camps()[0], plan).all_groups_above) == ["0.50", "0.723"]


def test_the_seed_is_the_plans_unless_another_is_given(camps: Any) -> None:
    matrix, _ = camps()
    assert aggregate(matrix, DEFAULT).seed == DEFAULT.seed
    given = aggregate(matrix, DEFAULT, 99)
    assert given.seed == 99
    assert given.digest == aggregate(matrix, dataclasses.replace(DEFAULT), seed=99).digest


def test_global_random_state_is_neither_read_nor_moved(camps: Any) -> None:
    matrix, _ = camps()
    np.random.seed(1)
    first = aggregate(matrix, DEFAULT).digest
    state = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    np.random.seed(2)
    assert aggregate(matrix, DEFAULT).digest == first
    np.random.seed(1)
    assert np.random.get_state()[1].tolist() == state  # type: ignore[index, union-attr]


def test_progress_rises_to_one_and_names_each_step(camps: Any) -> None:
    calls: list[tuple[float, str]] = []
    aggregate(camps()[0], DEFAULT, progress=lambda share, step: calls.append((share, step)))
    assert [step for _, step in calls] == [
        "participants", "space", "groups", "consensus", "rules", "looking_back", "done",
    ]  # fmt: skip
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_people_with_too_few_votes_are_left_out_and_listed() -> None:
    matrix = VoteMatrix.from_triplets(
        [1, 1, 2, 3, 3], [1, 2, 1, 1, 2], [1, 1, -1, 1, -1], participant_ids=[1, 2, 3, 4]
    )
    plan = dataclasses.replace(
        DEFAULT, participants=dataclasses.replace(DEFAULT.participants, min_votes=2)
    )
    outcome = aggregate(matrix, plan)
    assert outcome.participant_ids.tolist() == [1, 3]
    assert outcome.left_out.tolist() == [2, 4]
    assert outcome.votes == {"agree": 3, "disagree": 1, "pass": 0}
    assert outcome.input_digest == matrix.digest


def test_totals_count_people_without_a_group_and_group_counts_do_not() -> None:
    matrix = VoteMatrix.from_triplets(
        [1, 2, 3], [1, 1, 1], [1, 1, -1], declared_groups={1: 0, 3: 1}
    )
    outcome = aggregate(matrix, shipped("ccai-2023"))
    assert outcome.counts.tolist() == [[2, 1, 0]]
    assert outcome.group_counts.tolist() == [[[1, 0, 0]], [[0, 1, 0]]]
    assert outcome.to_dict()["grouping"]["ungrouped"] == 1


@pytest.mark.parametrize(
    ("matrix", "plan", "code"),
    [
        (VoteMatrix.from_triplets([], [], []), DEFAULT, "no_votes"),
        (
            VoteMatrix.from_triplets([], [], [], participant_ids=[1], statement_ids=[1]),
            DEFAULT,
            "no_votes",
        ),
        (one_group(1, 1), shipped("ccai-2023"), "declared_groups_missing"),
        (
            one_group(1, 1),
            dataclasses.replace(
                DEFAULT, participants=dataclasses.replace(DEFAULT.participants, min_votes=3)
            ),
            "nobody_left",
        ),
        (
            one_group(1, 1),
            dataclasses.replace(DEFAULT, grouping=dataclasses.replace(DEFAULT.grouping, k=2)),
            "too_few_points",
        ),
    ],
)
def test_what_cannot_be_run_is_named(matrix: VoteMatrix, plan: Plan, code: str) -> None:
    with pytest.raises(EngineError) as caught:
        aggregate(matrix, plan)
    assert caught.value.code == code
    assert str(caught.value)


def test_a_seed_below_zero_is_refused() -> None:
    with pytest.raises(EngineError, match="seed"):
        aggregate(one_group(1), DEFAULT, -1)


def sizes(outcome: Outcome) -> tuple[int, ...]:
    json.loads(outcome.canonical_json)
    return outcome.group_sizes


def test_one_voter_is_one_group() -> None:
    outcome = aggregate(one_group(1, -1, 0), DEFAULT)
    assert sizes(outcome) == (1,)
    assert outcome.share.tolist() == [[1.0, 0.0, 0.0]]
    assert outcome.selections[1].statements == (0,)


@pytest.mark.parametrize("value", [1, 0, -1])
def test_where_everyone_votes_alike_there_is_one_group(value: int) -> None:
    who, what = np.divmod(np.arange(60), 6)
    outcome = aggregate(VoteMatrix.from_triplets(who, what, [value] * 60), DEFAULT)
    assert sizes(outcome) == (10,)
    assert np.count_nonzero(outcome.positions) == 0
    assert outcome.representative == ((),)
    everything = tuple(range(6))
    assert outcome.selected == (everything if value == 1 else ())
    assert outcome.selections[1].statements == (everything if value == 1 else ())


def test_a_single_statement_splits_people_by_their_vote() -> None:
    votes = [1] * 6 + [-1] * 4
    outcome = aggregate(VoteMatrix.from_triplets(range(10), [7] * 10, votes), DEFAULT)
    assert sizes(outcome) == (6, 4)
    assert outcome.gac_raw.tolist() == [0.0]
    assert outcome.explained_variance.tolist() == pytest.approx([1.0, 0.0])


def test_a_statement_that_nobody_saw_is_in_the_outcome_without_evidence() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [1, 1], [1, -1], statement_ids=[1, 2])
    one_vote = dataclasses.replace(DEFAULT.grouping, min_votes=1)
    outcome = aggregate(matrix, dataclasses.replace(DEFAULT, grouping=one_vote))
    row = outcome.to_dict()["statement_table"][1]
    assert (row["gac_raw"], row["min_group"]) == (None, None)
    assert row["groups"][0] == {
        "agree": 0, "disagree": 0, "pass": 0, "share": None, "interval": [None, None],
    }  # fmt: skip
    assert {s.decisions[1].status for s in outcome.selections} == {"not_enough_evidence"}


def test_the_number_of_processor_cores_and_their_kind_change_no_byte() -> None:
    script = """
import numpy as np
from aggregation.engine import VoteMatrix, aggregate, shipped
rng = np.random.default_rng(1)
lean = rng.normal(size=(3000, 2)) @ rng.normal(size=(2, 400)) + rng.normal(size=(3000, 400))
who, what = np.nonzero(rng.random((3000, 400)) < 0.2)
votes = np.sign(np.round(np.round(lean[who, what], 6)))
print(aggregate(VoteMatrix.from_triplets(who, what, votes), shipped("default")).digest)
"""
    machines: list[dict[str, str]] = [
        {"OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_NUM_THREADS": "4"},
        {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "2"},
    ]
    root = Path(__file__).resolve().parents[3]
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env=os.environ | machine,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for machine in machines
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64

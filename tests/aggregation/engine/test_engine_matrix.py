"""The vote matrix: order-free, strict about what it takes, and exact in its counts."""

from __future__ import annotations

import hashlib
import itertools
import pickle
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.engine import AGREE, DISAGREE, PASS, EngineError, VoteMatrix
from aggregation.engine import cells as cells_module
from aggregation.engine import ids as ids_module
from aggregation.engine import matrix as matrix_module
from aggregation.engine.digests import combined_digest
from aggregation.engine.matrix import Characteristic

ids_module_blocks = ids_module.blocks

VOTES = st.dictionaries(
    st.tuples(st.integers(-5, 40), st.integers(-5, 40)), st.sampled_from([-1, 0, 1]), max_size=60
)


def build(votes: dict[tuple[int, int], int], **more: Any) -> VoteMatrix:
    who = [pair[0] for pair in votes]
    what = [pair[1] for pair in votes]
    return VoteMatrix.from_triplets(who, what, list(votes.values()), **more)


def cells(matrix: VoteMatrix) -> dict[tuple[int, int], int]:
    who = matrix.participant_ids[matrix.rows].tolist()
    what = matrix.statement_ids[matrix.indices].tolist()
    return dict(zip(zip(who, what, strict=True), matrix.values.tolist(), strict=True))


@given(VOTES)
def test_every_vote_is_found_again_under_its_ids(votes: dict[tuple[int, int], int]) -> None:
    assert cells(build(votes)) == votes


@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_of_votes_changes_no_byte(votes: dict[tuple[int, int], int], random: Any) -> None:
    shuffled = list(votes.items())
    random.shuffle(shuffled)
    one, other = build(votes), build(dict(shuffled))
    assert one.digest == other.digest
    assert one.indices.tobytes() == other.indices.tobytes()
    assert one.values.tobytes() == other.values.tobytes()


def test_rows_and_columns_are_in_order_of_id() -> None:
    matrix = VoteMatrix.from_triplets([9, 2, 2], [7, 7, 1], [1, 0, -1])
    assert matrix.participant_ids.tolist() == [2, 9]
    assert matrix.statement_ids.tolist() == [1, 7]
    assert matrix.indptr.tolist() == [0, 2, 3]
    assert matrix.indices.tolist() == [0, 1, 1]
    assert matrix.values.tolist() == [-1, 0, 1]


def test_ids_far_apart_take_no_more_memory_and_work_alike() -> None:
    far = 2**60
    matrix = VoteMatrix.from_triplets([far, -far], [-far, far], [1, -1])
    assert cells(matrix) == {(far, -far): 1, (-far, far): -1}


def test_people_and_statements_without_votes_can_be_listed() -> None:
    matrix = VoteMatrix.from_triplets(
        [3], [5], [1], participant_ids=[4, 3, 1], statement_ids=[5, 6]
    )
    assert matrix.participant_ids.tolist() == [1, 3, 4]
    assert matrix.votes_by_participant.tolist() == [0, 1, 0]
    assert matrix.counts().tolist() == [[1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("arguments", "code", "params"),
    [
        (([1, 1], [2, 2], [1, 1]), "duplicate_vote", {"participant": 1, "statement": 2}),
        (([1, 1], [2, 2], [1, -1]), "contradictory_votes", {"participant": 1, "statement": 2}),
        (([1, 1], [2, 3], [1, 2]), "value_out_of_range", {"position": 1, "value": "2"}),
        (([1], [2], [float("nan")]), "value_out_of_range", {"position": 0, "value": "nan"}),
        (([1], [2], [0.5]), "value_out_of_range", {"position": 0, "value": "0.5"}),
        (([1], [2], ["agree"]), "value_out_of_range", {"position": 0, "value": "agree"}),
        (([1], [2], [255]), "value_out_of_range", {"position": 0, "value": "255"}),
        (([1, 2], [2], [1]), "lengths_differ", {"participants": 2, "statements": 1, "values": 1}),
        (([1.5], [2], [1]), "id_not_whole", {"kind": "participant"}),
        (([1], ["a"], [1]), "id_not_whole", {"kind": "statement"}),
    ],
)
def test_votes_that_make_no_sense_are_named(
    arguments: tuple[Any, Any, Any], code: str, params: dict[str, Any]
) -> None:
    with pytest.raises(EngineError) as caught:
        VoteMatrix.from_triplets(*arguments)
    assert (caught.value.code, caught.value.params) == (code, params)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"participant_ids": [2]}, "id_unknown"),
        ({"participant_ids": []}, "id_unknown"),
        ({"statement_ids": [2, 2]}, "id_repeated"),
        ({"declared_groups": {7: 0}}, "group_unknown_participant"),
        ({"declared_groups": {1: -2}}, "group_out_of_range"),
        ({"declared_groups": {1: 2**40}}, "group_out_of_range"),
    ],
)
def test_lists_that_do_not_fit_the_votes_are_named(more: dict[str, Any], code: str) -> None:
    with pytest.raises(EngineError) as caught:
        VoteMatrix.from_triplets([1], [2], [1], **more)
    assert caught.value.code == code
    assert str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        {"participant_ids": [2, 1]},
        {"participant_ids": [1, 1]},
        {"statement_ids": [5, 5]},
        {"indptr": [0, 2]},
        {"indptr": [0, 2, 1]},
        {"indices": [0, 2]},
        {"indptr": [0, 2, 2], "indices": [1, 0]},
        {"indptr": [0, 2, 2], "indices": [0, 0]},
        {"values": [1, 2]},
        {"values": [1]},
        {"declared_groups": [0]},
    ],
)
def test_a_malformed_matrix_is_refused(parts: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        "participant_ids": [1, 2],
        "statement_ids": [5, 6],
        "indptr": [0, 1, 2],
        "indices": [0, 1],
        "values": [1, -1],
    }
    assert VoteMatrix(**sound).n_votes == 2
    with pytest.raises(EngineError, match="malformed"):
        VoteMatrix(**(sound | parts))


def test_the_arrays_cannot_be_changed() -> None:
    matrix = VoteMatrix.from_triplets([1], [2], [1])
    with pytest.raises(ValueError, match="read-only"):
        matrix.values[0] = -1


@pytest.mark.parametrize(
    "other",
    [
        VoteMatrix.from_triplets([1, 2], [5, 5], [1, 1]),
        VoteMatrix.from_triplets([1, 2], [5, 5], [1, 0], declared_groups={1: 0}),
        VoteMatrix.from_triplets([1, 3], [5, 5], [1, 0]),
        VoteMatrix.from_triplets([1, 2], [5, 6], [1, 0]),
        VoteMatrix.from_triplets([1, 2], [5, 5], [1, 0], participant_ids=[1, 2, 3]),
        VoteMatrix.from_triplets([1, 2], [5, 5], [1, 0], statement_ids=[5, 6]),
        VoteMatrix.from_triplets([1], [5], [1]),
    ],
)
def test_the_digest_tells_different_votes_apart(other: VoteMatrix) -> None:
    assert VoteMatrix.from_triplets([1, 2], [5, 5], [1, 0]).digest != other.digest


def test_the_digest_can_be_recomputed_from_its_byte_form() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [5, 6], [1, 0], declared_groups={2: 1})
    block = hashlib.sha256(
        struct.pack("<2q", 1, 1)  # votes of each row
        + b"+" + struct.pack("<2q", 1, 2)
        + b"+" + struct.pack("<2i", -1, 1)
        + b"-"  # no weights
        + b"-"  # nobody excluded
        + b"+" + struct.pack("<2i", 0, 1)
        + b"+" + struct.pack("<2b", 1, 0)
        + b"-"  # no probabilities
    )  # fmt: skip
    form = b"folkmoot votes, form 2\n" + struct.pack("<3q", 2, 2, 2) + struct.pack("<2q", 5, 6)
    assert matrix.digest == hashlib.sha256(form + block.digest()).hexdigest()


def everything(n: int = 600) -> VoteMatrix:
    rng = np.random.default_rng(7)
    who, what = np.nonzero(rng.random((n, 5)) < 0.6)
    votes = rng.integers(-1, 2, len(who))
    plain = VoteMatrix.from_triplets(
        who, what, votes, participant_ids=np.arange(n), probabilities=rng.random(len(who)) + 1e-9,
        declared_groups={0: 1},
    )  # fmt: skip
    age = Characteristic("age", ("young", "old"), rng.integers(-1, 2, n).astype(np.int32))
    return replace(
        plain,
        weights=rng.integers(200, 5000, n),
        excluded=rng.random(n) < 0.1,
        characteristics=(age,),
    )


@pytest.mark.parametrize("cuts", [[256], [256, 512], [512]])
def test_ranges_of_rows_are_digested_apart_and_together_alike(cuts: list[int]) -> None:
    whole = everything()
    edges = [0, *cuts, whole.n_participants]
    parts = [whole.rows_between(a, b) for a, b in itertools.pairwise(edges)]
    joined = b"".join(part.block_digests() for part in parts)
    known = [(one.name, one.values) for one in whole.characteristics]
    sizes = sum(part.n_participants for part in parts), sum(part.n_votes for part in parts)
    assert combined_digest(whole.statement_ids, *sizes, known, joined) == whole.digest


def test_a_range_of_rows_is_those_people_and_all_that_is_known_of_them() -> None:
    whole = everything()
    wanted = np.zeros(whole.n_participants, dtype=bool)
    wanted[100:300] = True
    assert whole.rows_between(100, 300).digest == whole.restrict(participants=wanted).digest


@pytest.mark.parametrize("field", ["weights", "excluded", "probabilities", "characteristics"])
def test_all_that_is_known_of_people_is_in_the_digest(field: str) -> None:
    whole = everything()
    without = replace(whole, **{field: () if field == "characteristics" else None})
    assert without.digest != whole.digest


def test_probabilities_stay_with_their_votes() -> None:
    matrix = VoteMatrix.from_triplets(
        [2, 1, 1], [5, 6, 5], [1, 0, -1], probabilities=[0.2, 0.3, 0.4]
    )
    assert matrix.probabilities is not None
    assert matrix.probabilities.tolist() == [0.4, 0.3, 0.2]
    kept = matrix.restrict(statements=[6])
    assert kept.probabilities is not None
    assert kept.probabilities.tolist() == [0.3]


@pytest.mark.parametrize(
    "parts",
    [
        {"weights": np.array([1000])},
        {"weights": np.array([1000, -1])},
        {"excluded": np.array([True])},
        {"probabilities": np.array([0.5])},
        {"probabilities": np.array([0.5, 0.0])},
        {"probabilities": np.array([0.5, 1.5])},
        {"characteristics": (Characteristic("age", ("a",), np.array([0], dtype=np.int32)),)},
        {"characteristics": (Characteristic("age", ("a",), np.array([0, 1], dtype=np.int32)),)},
    ],
)
def test_what_is_known_of_people_must_fit(parts: dict[str, Any]) -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [5, 6], [1, 0])
    with pytest.raises(EngineError, match="malformed"):
        replace(matrix, **parts)


def test_weighted_counts_are_sums_of_weights() -> None:
    whole = everything()
    groups = np.arange(whole.n_participants, dtype=np.int32) % 3 - 1
    assert whole.weights is not None
    expected = np.zeros((2, whole.n_statements, 3), dtype=np.int64)
    for row in range(whole.n_participants):
        for at in range(int(whole.indptr[row]), int(whole.indptr[row + 1])):
            if groups[row] >= 0:
                kind = {1: AGREE, -1: DISAGREE, 0: PASS}[int(whole.values[at])]
                expected[groups[row], whole.indices[at], kind] += whole.weights[row]
    assert whole.group_counts(groups, 2, whole.weights).tolist() == expected.tolist()


@pytest.mark.parametrize("size", [1, 7, 64])
def test_votes_are_worked_on_in_blocks_of_any_size(monkeypatch: Any, size: int) -> None:
    whole = everything(60)
    groups = np.arange(60, dtype=np.int32) % 2
    counted = whole.group_counts(groups, 2).tolist()
    for module in (cells_module, ids_module, matrix_module):
        monkeypatch.setattr(module, "blocks", lambda n, _=0: ids_module_blocks(n, size))
    again = everything(60)
    assert again.digest == whole.digest
    assert again.group_counts(groups, 2).tolist() == counted


@given(VOTES, st.dictionaries(st.integers(-5, 40), st.integers(0, 2)))
def test_counts_by_group_equal_a_count_one_by_one(
    votes: dict[tuple[int, int], int], group_of: dict[int, int]
) -> None:
    matrix = build(votes)
    groups = np.array([group_of.get(int(i), -1) for i in matrix.participant_ids], dtype=np.int32)
    expected = np.zeros((3, matrix.n_statements, 3), dtype=np.int64)
    for (who, what), vote in votes.items():
        if who in group_of:
            at = int(np.searchsorted(matrix.statement_ids, what))
            expected[group_of[who], at, {1: AGREE, -1: DISAGREE, 0: PASS}[vote]] += 1
    assert matrix.group_counts(groups, 3).tolist() == expected.tolist()


@given(VOTES)
def test_counts_keep_pass_apart_from_unseen(votes: dict[tuple[int, int], int]) -> None:
    matrix = build(votes)
    for statement, (agree, disagree, passed) in zip(
        matrix.statement_ids.tolist(), matrix.counts().tolist(), strict=True
    ):
        found = [vote for (_, what), vote in votes.items() if what == statement]
        assert (agree, disagree, passed) == (found.count(1), found.count(-1), found.count(0))


@given(VOTES, st.sets(st.integers(-5, 40)), st.sets(st.integers(-5, 40)))
def test_restricting_equals_building_from_the_votes_that_remain(
    votes: dict[tuple[int, int], int], people: set[int], statements: set[int]
) -> None:
    groups = {who: abs(who) % 3 for who, _ in votes}
    whole = build(votes, declared_groups=groups)
    who = sorted(people & set(whole.participant_ids.tolist()))
    what = sorted(statements & set(whole.statement_ids.tolist()))
    kept = {pair: vote for pair, vote in votes.items() if pair[0] in who and pair[1] in what}
    expected = build(
        kept,
        participant_ids=who,
        statement_ids=what,
        declared_groups={i: groups[i] for i in who},
    )
    by_id = whole.restrict(participants=who, statements=what)
    by_mask = whole.restrict(
        participants=np.isin(whole.participant_ids, who),
        statements=np.isin(whole.statement_ids, what),
    )
    assert by_id.digest == expected.digest
    assert by_mask.digest == expected.digest


def test_restricting_to_what_is_not_there_is_named() -> None:
    matrix = VoteMatrix.from_triplets([1], [2], [1])
    with pytest.raises(EngineError, match="no participant with id 9"):
        matrix.restrict(participants=[1, 9])
    with pytest.raises(EngineError, match="must have 1 entries, not 2"):
        matrix.restrict(statements=np.array([True, False]))


def test_an_empty_matrix_is_a_matrix() -> None:
    matrix = VoteMatrix.from_triplets([], [], [])
    assert (matrix.n_participants, matrix.n_statements, matrix.n_votes) == (0, 0, 0)
    assert matrix.counts().shape == (0, 3)
    assert matrix.restrict().digest == matrix.digest


def test_errors_keep_code_and_words_through_pickling() -> None:
    error = EngineError("duplicate_vote", participant=1, statement=2)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is EngineError
    assert (again.code, again.params, str(again)) == (error.code, error.params, str(error))


def test_a_matrix_survives_pickling() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [5, 6], [1, 0], declared_groups={2: 1})
    assert pickle.loads(pickle.dumps(matrix)).digest == matrix.digest

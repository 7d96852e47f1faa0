"""What would be selected under other choices: one thing changed at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aggregation.engine import Plan, VoteMatrix, aggregate, shipped
from aggregation.engine.matrix import Characteristic

PLAN = Plan.from_dict(shipped("default").to_dict() | {"sensitivity": {}})


@pytest.fixture
def matrix(camps: Any) -> VoteMatrix:
    found: VoteMatrix = camps()[0]
    return found


def by_kind(plan: Plan, votes: VoteMatrix) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in aggregate(votes, plan).to_dict()["variants"]:
        found.setdefault(one["kind"], []).append(one)
    return found


def test_a_plan_without_the_section_has_no_variants(matrix: VoteMatrix) -> None:
    assert aggregate(matrix, shipped("default")).variants == ()


def test_every_other_number_of_groups_is_a_run_with_that_number(matrix: VoteMatrix) -> None:
    outcome = aggregate(matrix, PLAN)
    other = {one["label"]["params"]["k"]: one for one in by_kind(PLAN, matrix)["k"]}
    assert sorted(other) == [k for k in range(2, 6) if k != outcome.grouping.n_groups]
    for k, variant in other.items():
        fixed = replace(PLAN, grouping=replace(PLAN.grouping, k=k), sensitivity=None)
        selected = set(aggregate(matrix, fixed).selected)
        assert set(variant["added"]) == selected - set(outcome.selected)
        assert set(variant["dropped"]) == set(outcome.selected) - selected
        assert variant["selected"] == len(selected)


def test_the_threshold_is_moved_a_step_down_and_up(matrix: VoteMatrix) -> None:
    outcome = aggregate(matrix, PLAN)
    lower, higher = by_kind(PLAN, matrix)["threshold"]
    assert (lower["label"]["params"], higher["label"]["params"]) == (
        {"above": 0.45},
        {"above": 0.55},
    )
    assert not lower["dropped"]
    assert not higher["added"]
    gac = dict(zip(outcome.statement_ids.tolist(), outcome.gac_polis.tolist(), strict=True))
    assert lower["added"] == [one for one, value in gac.items() if 0.45 < value <= 0.5]
    assert higher["dropped"] == [one for one, value in gac.items() if 0.5 < value <= 0.55]


def test_the_other_rules_of_the_plan_are_held_against_the_drafting_one(matrix: VoteMatrix) -> None:
    outcome = aggregate(matrix, PLAN)
    (variant,) = by_kind(PLAN, matrix)["rule"]
    other = outcome.selections[1]
    assert variant["label"]["params"] == {"index": 1, "rule": other.rule}
    assert set(variant["added"]) == set(other.statements) - set(outcome.selected)


def test_the_people_left_out_come_back_in_one_variant(matrix: VoteMatrix) -> None:
    out = np.zeros(matrix.n_participants, dtype=bool)
    out[:9] = True
    marked = replace(matrix, excluded=out)
    outcome = aggregate(marked, PLAN)
    assert outcome.excluded.tolist() == matrix.participant_ids[:9].tolist()
    assert outcome.participants == matrix.n_participants - 9
    (variant,) = by_kind(PLAN, marked)["exclusions"]
    assert variant["label"]["params"] == {"people": 9}
    everyone = set(aggregate(matrix, replace(PLAN, sensitivity=None)).selected)
    assert set(variant["added"]) == everyone - set(outcome.selected)
    assert set(variant["dropped"]) == set(outcome.selected) - everyone
    assert "exclusions" not in by_kind(PLAN, matrix)


def test_weighted_results_stand_beside_the_unweighted_ones(matrix: VoteMatrix) -> None:
    rng = np.random.default_rng(3)
    labels = (rng.random(matrix.n_participants) < 0.3).astype(np.int32)
    known = replace(matrix, characteristics=(Characteristic("age", ("old", "young"), labels),))
    margins = {"weights": {"margins": {"age": {"old": 0.5, "young": 0.5}}}}
    plan = Plan.from_dict(PLAN.to_dict() | margins)
    outcome = aggregate(known, plan)
    plain = aggregate(known, replace(plan, weights=None))
    assert outcome.weighting is not None
    (variant,) = by_kind(plan, known)["weights"]
    assert set(variant["added"]) == set(plain.selected) - set(outcome.selected)
    assert outcome.consensus.unit == 1000
    assert outcome.counts.tolist() == plain.counts.tolist()
    assert not np.allclose(outcome.gac_polis, plain.gac_polis)
    assert len(outcome.weighting["unweighted"]["gac_polis"]) == matrix.n_statements
    assert 0 < outcome.weighting["effective_n"] < matrix.n_participants


def test_voters_cloned_against_a_weight_of_two_change_nothing_but_counts_of_people(
    matrix: VoteMatrix,
) -> None:
    n = matrix.n_participants
    twice = np.arange(n) % 3 == 0
    weights = np.where(twice, 2000, 1000)
    length = matrix.votes_by_participant
    rows = np.concatenate([np.arange(n), np.flatnonzero(twice)])
    indices = [matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]] for i in rows]
    values = [matrix.values[matrix.indptr[i] : matrix.indptr[i + 1]] for i in rows]
    clones = VoteMatrix(
        participant_ids=np.arange(len(rows)) + int(matrix.participant_ids[-1]) * 0,
        statement_ids=matrix.statement_ids,
        indptr=np.concatenate([[0], np.cumsum(length[rows])]),
        indices=np.concatenate(indices),
        values=np.concatenate(values),
    )
    heavy = replace(matrix, weights=weights)
    plan = replace(PLAN, sensitivity=None)
    one, other = aggregate(heavy, plan), aggregate(clones, plan)
    assert one.groups.tolist() == other.groups[:n].tolist()
    assert one.positions.tobytes() == other.positions[:n].tobytes()
    for name in ("gac_polis", "gac_raw", "min_group", "share"):
        assert getattr(one.consensus, name).tobytes() == getattr(other.consensus, name).tobytes()
    for mine, theirs in zip(one.selections, other.selections, strict=True):
        assert (mine.statements, mine.scores) == (theirs.statements, theirs.scores)

"""The Collective Constitutional AI panel of 2023: published and corrected numbers.

Source of all figures: arXiv:2406.07814, its notebook, and the README of the reference data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aggregation.engine import Outcome, aggregate, shipped

pytestmark = pytest.mark.reference_data
THRESHOLDS = ("0.60", "0.65", "0.70", "0.75", "0.80", "0.85", "0.90", "0.95")


@pytest.fixture(scope="module")
def published(ccai: Any) -> Outcome:
    groups = dict(zip(ccai.file_order, ccai.published, strict=True))
    return aggregate(ccai.matrix(groups), shipped("ccai-2023"))


@pytest.fixture(scope="module")
def corrected(ccai: Any) -> Outcome:
    """Groups as computed, on people in order of their number, and not as written to the file."""
    groups = dict(zip(sorted(ccai.file_order), ccai.published, strict=True))
    return aggregate(ccai.matrix(groups), shipped("ccai-2023"))


def test_people_statements_and_votes(published: Outcome) -> None:
    assert (published.participants, published.statements) == (1002, 275)
    assert published.votes == {"agree": 27271, "disagree": 4550, "pass": 2742}
    assert sum(published.votes.values()) == 34563


def test_plain_group_aware_consensus(published: Outcome) -> None:
    found = published.to_dict()["consensus"]["gac_raw"]
    assert {name: round(value, 4) for name, value in found.items()} == {
        "mean": 0.6430,
        "median": 0.7039,
        "min": 0.0417,
        "max": 0.9630,
    }


def test_the_threshold_of_2023_selects_116_statements(published: Outcome) -> None:
    assert len(published.selected) == 116
    scores = published.selections[0].scores
    assert list(scores) == sorted(scores, reverse=True)
    assert min(scores) > 0.723
    rest = np.setdiff1d(published.statement_ids, published.selected)
    at = np.searchsorted(published.statement_ids, rest)
    assert published.gac_raw[at].max() <= 0.723


def test_statements_that_both_groups_agree_on_as_published(published: Outcome) -> None:
    assert published.all_groups_above == dict(
        zip(THRESHOLDS, (233, 213, 196, 180, 135, 82, 33, 2), strict=True)
    )


def test_statements_that_both_groups_agree_on_as_corrected(corrected: Outcome) -> None:
    assert corrected.all_groups_above == dict(
        zip(THRESHOLDS, (219, 205, 185, 157, 126, 81, 31, 3), strict=True)
    )


def test_the_correction_moves_492_people(published: Outcome, corrected: Outcome) -> None:
    assert np.array_equal(published.participant_ids, corrected.participant_ids)
    assert int(np.sum(published.groups != corrected.groups)) == 492

"""Random approval profiles and slow twins' helpers, shared by the tests of committee rules."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from aggregation.engine import TieBreaker, VoteMatrix
from aggregation.engine.committees.approvals import Approvals, approval_ties

STATEMENTS = 7
BALLOTS = st.lists(st.frozensets(st.integers(0, STATEMENTS - 1)), min_size=1, max_size=12)
SEATS = st.integers(1, STATEMENTS + 1)

Ballots = Sequence[frozenset[int]]


def approved(
    ballots: Ballots, weights: Sequence[int] | None = None, statements: int = STATEMENTS
) -> Approvals:
    """weights : thousandths, one per ballot."""
    return Approvals.from_ballots(ballots, statements, weights=weights)


def ties(profile: Approvals) -> TieBreaker:
    return approval_ties(profile, np.arange(profile.n_statements))


def matrix(ballots: Ballots, statements: int = STATEMENTS) -> VoteMatrix:
    """Agree votes on what is in the ballots, disagree votes on the rest."""
    cells = [(who, what) for who in range(len(ballots)) for what in range(statements)]
    return VoteMatrix.from_triplets(
        [who for who, _ in cells],
        [what for _, what in cells],
        [1 if what in ballots[who] else -1 for who, what in cells],
    )


def support(ballots: Ballots, weights: Sequence[int] | None, statement: int) -> Fraction:
    """Supporters of a statement by weight, one per person of weight one."""
    shares = [1000] * len(ballots) if weights is None else weights
    return Fraction(
        sum(w for w, ballot in zip(shares, ballots, strict=True) if statement in ballot), 1000
    )


def first(level: Sequence[int], ballots: Ballots, weights: Sequence[int] | None = None) -> int:
    """The declared rule for ties: most support, then the lowest id."""
    return min(level, key=lambda at: (-support(ballots, weights, at), at))

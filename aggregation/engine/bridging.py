"""Bridging: what people agree with beyond what their side explains (the Community Notes model).

A vote is worth 1 (agree), 1/2 (pass) or 0 (disagree). It is explained by a general level, how
much a person and a statement are agreed with anyway, and the product of two positions on one axis:

    rating(u, n) = level + i_u + i_n + f_u · f_n

What both sides agree with cannot be explained by the axis, so it must go into i_n, which is pulled
towards 0 harder than the positions. A high i_n is agreement that bridges. It counts from the
general level: where nearly everything is agreed with, little stands out.

Wojcik et al. 2022, Birdwatch, arXiv:2210.15723, ch. 3; the loss as in its published code: the mean
squared error plus penalties on the mean square of each kind of parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aggregation.engine.errors import EngineError
from aggregation.engine.lanczos import inner
from aggregation.engine.matrix import WEIGHT_ONE, VoteMatrix
from aggregation.engine.params import ParamValue
from aggregation.engine.randomness import generator
from aggregation.engine.selection import (
    NOT_ENOUGH_EVIDENCE,
    NOT_SELECTED,
    SELECTED,
    Decision,
    Evidence,
    Selection,
    Step,
    frozen_params,
    tie_breaker,
)
from aggregation.engine.ties import exceeds

Floats = NDArray[np.float64]

INTERCEPT_PENALTY = 0.15
FACTOR_PENALTY = 0.03
_STARTS = 3
_MOST_STEPS = 1000
# Largest change of a statement's numbers in one step at which a start is done.
_TOLERANCE = 1e-9
# How far every start is taken before the lowest of them is taken to the end.
_ROUGH = 1e-3
# Statements are compared by their intercepts in millionths; the steps settle far below that.
_GRAIN = 1_000_000
# Plain steps before past ones are combined, and how many of these are kept.
_PLAIN_STEPS, _KEPT_STEPS = 8, 8
# A combined step that raises the loss by more than rounding is taken back.
_LOSS_NOISE = 1e-9


@dataclass(frozen=True, eq=False)
class Bridging:
    """The best of several starts.

    level                : agreement in general.
    intercepts, factors  : float64[m], i_n and f_n; NaN for statements without votes. The axis has
                           no direction of its own: the largest factor is positive.
    participant_intercepts, participant_factors : float64[n]; 0 for people without votes.
    loss                 : mean squared error and penalties. losses : of each start, before the
                           best was taken to the end.
    steps                : of the best start.
    """

    level: float
    intercepts: Floats
    factors: Floats
    participant_intercepts: Floats
    participant_factors: Floats
    loss: float
    losses: tuple[float, ...]
    steps: int


def bridging(
    matrix: VoteMatrix,
    *,
    intercept_penalty: float = INTERCEPT_PENALTY,
    factor_penalty: float = FACTOR_PENALTY,
    starts: int = _STARTS,
    seed: int = 0,
    tolerance: float = _TOLERANCE,
    max_steps: int = _MOST_STEPS,
) -> Bridging:
    """Fit the model by alternating least squares, each step in closed form.

    With all statements fixed, every person is a problem of two unknowns, and the other way round.
    Past steps are combined to get ahead (Anderson 1965), never to a higher loss. The loss has
    several valleys: ``starts`` seeded starts are taken far enough to tell them apart, and the one
    that is lowest (the first of level ones) to the end.
    Rows add up as whole numbers, so the order of people, and a person twice instead of with weight
    2, change no bit. O(starts · steps · nnz).
    Raises EngineError("bridging_not_converged").
    """
    votes = _ballots(matrix, intercept_penalty, factor_penalty)
    roughly = max(tolerance, _ROUGH)
    tried = [
        _descend(votes, _start(votes, seed, number), roughly, max_steps) for number in range(starts)
    ]
    first = min(tried, key=lambda one: one.loss)
    best = _descend(votes, first.state, tolerance, max_steps)
    mean, intercepts, factors = _parts(best.state)
    sign = _direction(factors)
    unseen = votes.statement_weight == 0
    return Bridging(
        level=mean,
        intercepts=np.where(unseen, np.nan, intercepts),
        factors=np.where(unseen, np.nan, sign * factors),
        participant_intercepts=best.people[0],
        participant_factors=sign * best.people[1],
        loss=best.loss,
        losses=tuple(one.loss for one in tried),
        steps=first.steps + best.steps,
    )


@dataclass(frozen=True, eq=False)
class _Ballots:
    """The votes, by person (float) and by statement (whole numbers), and what never changes.

    weights          : int64[n], thousandths. total : weight of all votes, in people.
    seen_count, rated: float64[n], votes of each person, and the sum of their worth.
    statement_weight, statement_rated : float64[m], the same by statement, by weight.
    squares          : sum of squared ratings. *_penalty : for one person or statement.
    """

    seen: Any
    signed: Any
    seen_across: Any
    signed_across: Any
    weights: NDArray[np.int64]
    total: float
    seen_count: Floats
    rated: Floats
    statement_weight: Floats
    statement_rated: Floats
    squares: float
    level_penalty: float
    person_penalty: tuple[float, float]
    statement_penalty: tuple[float, float]


def _ballots(matrix: VoteMatrix, intercept_penalty: float, factor_penalty: float) -> _Ballots:
    shape = (matrix.n_participants, matrix.n_statements)
    weights = matrix.weights
    if weights is None:
        weights = np.full(shape[0], WEIGHT_ONE, dtype=np.int64)
    narrow = np.int32 if matrix.n_votes < 2**31 else np.int64
    columns, ends = matrix.indices, matrix.indptr.astype(narrow)
    seen = csr_array((np.ones(matrix.n_votes), columns, ends), shape=shape)
    signed = csr_array((matrix.values.astype(np.float64), columns, ends), shape=shape)
    seen_across, signed_across = (one.T.tocsr().astype(np.int64) for one in (seen, signed))
    of_statement, signs = seen_across @ weights, signed_across @ weights
    count = matrix.votes_by_participant.astype(np.float64)
    agreed = matrix.group_counts(np.zeros(shape[0], dtype=np.int32), 1, weights)[0].sum(axis=0)
    total = int(of_statement.sum()) / WEIGHT_ONE
    voters = int(weights[count > 0].sum()) / WEIGHT_ONE
    voted_on = int(np.count_nonzero(of_statement))
    each = total / max(voters, 1e-300), total / max(voted_on, 1)
    return _Ballots(
        seen=seen,
        signed=signed,
        seen_across=seen_across,
        signed_across=signed_across,
        weights=weights,
        total=total,
        seen_count=count,
        rated=(signed @ np.ones(shape[1]) + count) / 2,
        statement_weight=of_statement / WEIGHT_ONE,
        statement_rated=(signs + of_statement) / (2 * WEIGHT_ONE),
        squares=(4 * int(agreed[0]) + int(agreed[2])) / (4 * WEIGHT_ONE),
        level_penalty=intercept_penalty * total,
        person_penalty=(intercept_penalty * each[0], factor_penalty * each[0]),
        statement_penalty=(intercept_penalty * each[1], factor_penalty * each[1]),
    )


@dataclass(frozen=True, eq=False)
class _Descent:
    """Where one start ended: statements' numbers, those of people, loss and steps."""

    state: Floats
    people: tuple[Floats, Floats]
    loss: float
    steps: int


def _start(votes: _Ballots, seed: int, number: int) -> Floats:
    m = len(votes.statement_weight)
    draws = generator(seed, "bridging", number).standard_normal(m) / 2
    mean = votes.statement_rated.sum() / max(votes.total + votes.level_penalty, 1e-300)
    factors = np.where(votes.statement_weight > 0, draws, 0.0)
    return np.concatenate([[mean], np.zeros(m), factors])


def _parts(state: Floats) -> tuple[float, Floats, Floats]:
    """Level, intercepts and factors of statements, kept as one vector."""
    m = len(state) // 2
    return float(state[0]), state[1 : m + 1], state[m + 1 :]


def _descend(votes: _Ballots, state: Floats, tolerance: float, max_steps: int) -> _Descent:
    images: list[Floats] = []
    moves: list[Floats] = []
    lowest = np.inf
    for step in range(1, max_steps + 1):
        image, people, loss = _sweep(votes, state)
        if images and loss > lowest * (1 + _LOSS_NOISE):
            state, images, moves = images[-1], [], []
            continue
        lowest, move = min(lowest, loss), image - state
        if not np.abs(move).max() > tolerance:
            return _Descent(state, people, loss, step)
        if step > _PLAIN_STEPS:
            images, moves = [*images, image][-_KEPT_STEPS:], [*moves, move][-_KEPT_STEPS:]
        state = _combined(images, moves) if len(moves) > 1 else image
    raise EngineError("bridging_not_converged", steps=max_steps)


def _combined(images: list[Floats], moves: list[Floats]) -> Floats:
    """The mix of past steps whose moves cancel best."""
    change = [one - moves[-1] for one in moves[:-1]]
    products = np.array([[inner(a, b) for b in change] for a in change])
    products += np.eye(len(change)) * (1e-12 * np.trace(products) + 1e-300)
    share = np.linalg.solve(products, np.array([-inner(one, moves[-1]) for one in change]))
    state = images[-1].copy()
    for part, one in zip(share.tolist(), images[:-1], strict=True):
        state += part * (one - images[-1])
    return state


def _sweep(votes: _Ballots, state: Floats) -> tuple[Floats, tuple[Floats, Floats], float]:
    """The best people for these statements, then the best statements for these people, then the
    best level; also the people, and the loss of statements and people before the change."""
    mean, intercepts, factors = _parts(state)
    beside = np.stack([factors, factors**2, intercepts, intercepts * factors], axis=1)
    sums = votes.seen @ beside
    rated = (votes.signed @ factors + sums[:, 0]) / 2
    first = votes.rated - mean * votes.seen_count - sums[:, 2]
    second = rated - mean * sums[:, 0] - sums[:, 3]
    penalty = votes.person_penalty
    person, place = _two_by_two(
        votes.seen_count + penalty[0], sums[:, 0], sums[:, 1] + penalty[1], first, second
    )
    gain = person * first + place * second
    loss = _loss(votes, state, gain)
    # From here on sums over people, as whole numbers.
    across = np.stack([place, place**2, person, person * place], axis=1)
    sums, signed = _exact_sums(votes, across)
    weight, penalty = votes.statement_weight, votes.statement_penalty
    first = votes.statement_rated - mean * weight - sums[:, 2]
    second = (signed + sums[:, 0]) / 2 - mean * sums[:, 0] - sums[:, 3]
    intercepts, factors = _two_by_two(
        weight + penalty[0], sums[:, 0], sums[:, 1] + penalty[1], first, second
    )
    explained = inner(weight, intercepts) + float(np.sum(sums[:, 2] + factors * sums[:, 0]))
    whole = votes.total + votes.level_penalty
    mean = (float(votes.statement_rated.sum()) - explained) / whole if whole else 0.0
    return np.concatenate([[mean], intercepts, factors]), (person, place), loss


def _loss(votes: _Ballots, state: Floats, gain: Floats) -> float:
    """Loss of these statements with the people that are best for them. gain : float64[n], what
    each person's two numbers take from the squared error, their penalty already paid."""
    mean, intercepts, factors = _parts(state)
    plain = mean + intercepts
    error = (
        votes.squares
        - 2 * inner(plain, votes.statement_rated)
        + inner(plain**2, votes.statement_weight)
    )
    grain = _grain(votes, gain)
    error -= float(np.ldexp(np.sum(_whole(gain, grain) * votes.weights), -grain)) / WEIGHT_ONE
    by_intercept, by_factor = votes.statement_penalty
    paid = by_intercept * inner(intercepts, intercepts) + by_factor * inner(factors, factors)
    return (error + paid + votes.level_penalty * mean**2) / max(votes.total, 1e-300)


def _two_by_two(
    a: Floats, b: Floats, c: Floats, first: Floats, second: Floats
) -> tuple[Floats, Floats]:
    """x and y of a x + b y = first, b x + c y = second; the penalties keep the determinant up."""
    determinant = a * c - b * b
    return (first * c - second * b) / determinant, (a * second - b * first) / determinant


def _exact_sums(votes: _Ballots, across: Floats) -> tuple[Floats, Floats]:
    """float64[m, c] sums over the voters of each statement, and float64[m], the first column
    summed by the sign of the vote; by weight, and the same in every order."""
    grain = _grain(votes, across)
    whole = _whole(across, grain) * votes.weights[:, None]
    sums = votes.seen_across @ whole
    signed = votes.signed_across @ np.ascontiguousarray(whole[:, 0])
    return np.ldexp(sums, -grain) / WEIGHT_ONE, np.ldexp(signed, -grain) / WEIGHT_ONE


def _grain(votes: _Ballots, values: Floats) -> int:
    """Bits after the point with which a sum over everyone still fits into 62."""
    most = float(np.abs(values).max(initial=0.0))
    bits = 62 - int(votes.weights.sum()).bit_length() - int(np.frexp(most)[1])
    return min(bits, 52)


def _whole(values: Floats, grain: int) -> NDArray[np.int64]:
    return np.rint(np.ldexp(values, grain)).astype(np.int64)


def _direction(factors: Floats) -> float:
    """1 or -1, so that the largest factor (of level ones the first) becomes positive."""
    size = np.abs(factors)
    leading = int(np.argmax(size >= size.max() * (1 - 1e-6)))
    return -1.0 if factors[leading] < 0 else 1.0


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """Select the statements whose intercept is above a bound, highest first.

    params : above (strictly; Community Notes uses 0.40), min_votes. A statement with fewer votes
    is neither in nor out: there is not enough evidence. Intercepts count in millionths.
    """
    above, needed = float(params["above"] or 0.0), int(params["min_votes"] or 0)
    found = bridging(evidence.matrix, seed=evidence.seed)
    votes = evidence.counts.sum(axis=1)
    enough = votes >= max(needed, 1)
    millionths = np.rint(np.where(enough, found.intercepts, 0.0) * _GRAIN).astype(np.int64)
    scores = np.where(enough, millionths / _GRAIN, np.nan)

    def exact(at: int) -> Fraction:
        return Fraction(int(millionths[at]), _GRAIN)

    passed = exceeds(scores, above, exact)
    ties = tie_breaker(evidence)
    order = ties.ranking(np.flatnonzero(passed), scores, exact, "order of the selection")
    ids = evidence.matrix.statement_ids.tolist()
    decisions = [
        _decide(ids[at], float(scores[at]), bool(passed[at]), above)
        if enough[at]
        else _too_few(ids[at], int(votes[at]), max(needed, 1))
        for at in range(len(ids))
    ]
    return Selection(
        rule="bridging",
        params=frozen_params(params),
        statements=tuple(ids[at] for at in order),
        scores=tuple(float(scores[at]) for at in order),
        decisions=tuple(decisions),
        trace=tuple(_step(ids[at], float(scores[at]), float(found.factors[at])) for at in order),
        ties=tuple(ties.found),
    )


def _decide(statement: int, score: float, passed: bool, above: float) -> Decision:
    status, reason = (
        (SELECTED, "above_threshold") if passed else (NOT_SELECTED, "not_above_threshold")
    )
    return Decision(statement, status, score, reason, (("measure", "bridging"), ("above", above)))


def _too_few(statement: int, votes: int, needed: int) -> Decision:
    if not votes:
        return Decision(statement, NOT_ENOUGH_EVIDENCE, None, "nobody_voted")
    found = (("votes", votes), ("needed", needed))
    return Decision(statement, NOT_ENOUGH_EVIDENCE, None, "too_few_votes_in_all", found)


def _step(statement: int, score: float, factor: float) -> Step:
    return Step(statement, score, (("factor", round(factor, 6)),))

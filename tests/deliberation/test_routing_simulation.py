"""2,000 people served by the real router: what it promises, and that the checks can tell.

Three camps of opinion, 120 statements of which a third is proposed on the way and two very late.
People come in batches and vote in turns, as in a round that is open for a while; weights are
refreshed after every batch and opinion groups after every tenth, by the functions that the worker
calls. ``violations`` lists what a router breaks; it must be empty for the balanced one and must not
be for a uniform one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from aggregation.engine import VoteMatrix, kmeans_grouping, opinion_space
from deliberation import routing
from deliberation.routing import Draw, draw_at
from deliberation.services.weights import match_groups, polis_priority

PEOPLE, BATCH, STATEMENTS, CAMPS = 2000, 20, 120, 3
MIN_EXPOSURES = 30
LATE = (0.95, 0.97)  # when the last two statements come, as a share of the people who have come
UNSEEN = 9

Drawer = Callable[[Sequence[float], float], Draw | None]


def draws_uniformly(weights: Sequence[float], u: float) -> Draw | None:
    """A sabotaged draw: it says the right probability and takes anyone."""
    drawn = draw_at([1.0] * len(weights), u)
    return drawn and Draw(drawn.index, weights[drawn.index] / sum(weights))


@dataclass
class Served:
    """What one simulated round left behind.

    votes         : int8[n, m], UNSEEN where there is none; everyone votes on what they are shown.
    groups, camps : int[n], the opinion group as the router knew it last, and the true one.
    probabilities : float64[T, m] of every draw, 0 for what could not be drawn.
    drawn, said   : int64[T], what was drawn, and float64[T], the probability that was recorded.
    """

    votes: NDArray[np.int8]
    groups: NDArray[np.int32]
    camps: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    drawn: NDArray[np.int64]
    said: NDArray[np.float64]

    @property
    def shown(self) -> NDArray[np.bool_]:
        return self.votes != UNSEEN


@dataclass
class World:
    """One round in memory. The lot and the opinions have generators of their own."""

    kind: str
    drawer: Drawer = draw_at
    worker_stops: float = 1.0  # after this share of the people nothing is refreshed any more
    seed: int = 1
    votes: NDArray[np.int8] = field(init=False)
    groups: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.votes = np.full((PEOPLE, STATEMENTS), UNSEEN, dtype=np.int8)
        self.groups = np.full(PEOPLE, -1, dtype=np.int32)
        self.lot = random.Random(self.seed)
        opinions = np.random.default_rng(self.seed)
        self.camps = opinions.choice(CAMPS, PEOPLE, p=[0.5, 0.3, 0.2])
        # Some statements unite (alike in all camps), most divide.
        unites = opinions.random(STATEMENTS) < 0.3
        agrees = opinions.beta(0.6, 0.6, (CAMPS, STATEMENTS))
        agrees[:, unites] = opinions.beta(5, 2, unites.sum())
        likes = opinions.random((PEOPLE, STATEMENTS)) < agrees[self.camps]
        passes = opinions.random((PEOPLE, STATEMENTS)) < 0.1
        self.opinion = np.where(passes, 0, np.where(likes, 1, -1)).astype(np.int8)
        self.patience = np.maximum(3, opinions.poisson(30, PEOPLE))
        early, late = STATEMENTS * 2 // 3, [int(share * PEOPLE) for share in LATE]
        on_the_way = np.sort(opinions.integers(BATCH, int(0.9 * PEOPLE), STATEMENTS - early - 2))
        self.appears = np.concatenate([np.zeros(early, dtype=np.int64), on_the_way, late])
        self.overall = np.full(STATEMENTS, routing.initial_weight(self.kind))
        self.by_group = np.empty((0, STATEMENTS))
        self.record: list[tuple[NDArray[np.float64], int, float]] = []

    def play(self) -> Served:
        for number, start in enumerate(range(0, PEOPLE, BATCH)):
            for person in self._turns(start):
                self._show(person, start)
            if start >= self.worker_stops * PEOPLE:
                continue
            if number % 10 == 9:
                self._assign_groups()
            self._refresh(start)
        probabilities, drawn, said = zip(*self.record, strict=True)
        return Served(
            self.votes,
            self.groups,
            self.camps,
            np.array(probabilities),
            np.array(drawn),
            np.array(said),
        )

    def _turns(self, start: int) -> list[int]:
        """The people of a batch vote side by side."""
        people = range(start, start + BATCH)
        turns = [person for person in people for _ in range(self.patience[person])]
        self.lot.shuffle(turns)
        return turns

    def _show(self, person: int, come: int) -> None:
        candidates = np.flatnonzero((self.votes[person] == UNSEEN) & (self.appears <= come))
        group = self.groups[person]
        # As in the database: a statement without a weight of the group's has the overall one.
        known = 0 <= group < len(self.by_group)
        weights = (self.by_group[group] if known else self.overall)[candidates]
        drawn = self.drawer(weights.tolist(), self.lot.random())
        if drawn is None:
            return
        statement = candidates[drawn.index]
        row = np.zeros(STATEMENTS)
        row[candidates] = weights / weights.sum()
        self.record.append((row, int(statement), drawn.probability))
        self.votes[person, statement] = self.opinion[person, statement]

    def _refresh(self, come: int) -> None:
        there = np.flatnonzero(self.appears <= come)
        sizes = np.bincount(self.groups[self.groups >= 0])
        label = np.where(self.groups < 0, len(sizes), self.groups)
        votes = np.zeros((len(sizes) + 1, len(there), 3), dtype=np.int64)
        for group in range(len(sizes) + 1):
            cast = self.votes[label == group][:, there]
            votes[group] = np.stack([(cast == value).sum(axis=0) for value in (1, -1, 0)], axis=1)
        found = routing.weights(
            self.kind,
            routing.Evidence(
                exposures=votes.sum(axis=2),
                votes=votes,
                group_sizes=sizes,
                priority=polis_priority(votes, sizes),
                min_exposures=MIN_EXPOSURES,
                threshold=0.5 ** (1 / max(len(sizes), 1)),
            ),
        )
        self.overall[there] = found.overall
        # What comes before the next refresh weighs the same for everyone.
        self.by_group = np.tile(self.overall, (len(sizes), 1))
        self.by_group[:, there] = found.groups

    def _assign_groups(self) -> None:
        who, what = np.nonzero(self.votes != UNSEEN)
        matrix = VoteMatrix.from_triplets(
            who, what, self.votes[who, what], participant_ids=np.arange(PEOPLE)
        )
        positions = opinion_space(matrix).positions
        self.groups = match_groups(self.groups, kmeans_grouping(matrix, positions).labels)


@cache
def served(kind: str, drawer: Drawer = draw_at, worker_stops: float = 1.0) -> Served:
    return World(kind, drawer, worker_stops).play()


def p_of_frequencies(round: Served) -> float:
    """How likely such frequencies are if every draw had the probabilities it was meant to have.

    Probabilities change with every draw and depend on the draws before, so Pearson's sum would
    have the wrong spread. Served minus expected is a martingale with the covariance V = Σ (diag(p)
    - p pᵀ), and (O - E)ᵀ V⁻¹ (O - E) is chi-square. The frequencies sum to the number of draws, so
    the last statement is left out, and there is one degree of freedom less than statements.
    """
    p = round.probabilities
    off = (np.bincount(round.drawn, minlength=STATEMENTS) - p.sum(axis=0))[:-1]
    spread = (np.diag(p.sum(axis=0)) - p.T @ p)[:-1, :-1]
    return float(stats.chi2.sf(off @ np.linalg.solve(spread, off), STATEMENTS - 1))


def p_of_the_log(round: Served) -> float:
    """The same from what the log holds: 1/p of what was drawn is on average the number of
    candidates, whatever the probabilities are. Two-sided normal test of the mean. It says nothing
    where all probabilities are alike: there 1/p is that number every time."""
    off = 1 / round.said - (round.probabilities > 0).sum(axis=1)
    z = off.sum() / np.sqrt((off**2).sum())
    return float(2 * stats.norm.sf(abs(z)))


def violations(round: Served) -> dict[str, list[int]]:
    """Statements that were shown less often than promised: to all, to an opinion group as the
    router knew it, and to a camp as it truly is."""
    found = {"minimum": np.flatnonzero(round.shown.sum(axis=0) < MIN_EXPOSURES).tolist()}
    for name, labels in {"group": round.groups, "camp": round.camps}.items():
        minimum = routing.group_minimum(MIN_EXPOSURES, np.bincount(labels[labels >= 0]))
        short = [round.shown[labels == g].sum(axis=0) < least for g, least in enumerate(minimum)]
        found[name] = np.flatnonzero(np.any(short, axis=0)).tolist()
    late = round.shown[:, -len(LATE) :]
    came_after = [late[int(share * PEOPLE) :, at] for at, share in enumerate(LATE)]
    found["starved"] = [
        STATEMENTS - len(LATE) + at for at, seen in enumerate(came_after) if seen.mean() < 0.4
    ]
    return {name: statements for name, statements in found.items() if statements}


def test_the_balanced_router_keeps_every_promise():
    assert violations(served(routing.BALANCED)) == {}


def test_a_uniform_router_breaks_every_one_of_them():
    broken = violations(served(routing.UNIFORM))
    assert set(broken) == {"minimum", "group", "camp", "starved"}
    assert {STATEMENTS - 2, STATEMENTS - 1} & set(broken["minimum"])


def test_the_promises_hold_when_the_worker_stops_halfway():
    """Late statements then keep the weight they were made with. The groups that the router knew
    last are of people who have long gone; the camps are those of everyone."""
    broken = violations(served(routing.BALANCED, worker_stops=0.5))
    assert set(broken) <= {"group"}


@pytest.mark.parametrize("kind", [routing.BALANCED, routing.POLIS, routing.UNIFORM])
def test_what_was_served_matches_what_was_recorded(kind: str):
    round = served(kind)
    assert p_of_frequencies(round) > 0.001
    assert kind == routing.UNIFORM or p_of_the_log(round) > 0.001
    meant = round.probabilities[np.arange(len(round.drawn)), round.drawn]
    assert np.allclose(round.said, meant, rtol=1e-12)


def test_a_draw_that_only_says_the_right_probability_is_caught():
    round = served(routing.BALANCED, draws_uniformly)
    assert p_of_frequencies(round) < 1e-9
    assert p_of_the_log(round) < 1e-9

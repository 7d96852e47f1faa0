"""Simulated people for the demo: what each would answer, propose and reconsider.

Pure: the same spec, size and seed give the same people, whatever is asked first. Which statement
a person is shown is not decided here; the real router draws it. How an answer comes about:

1. Every person belongs to a camp, and leans a little towards the other camps as well.
2. For every statement the person draws a standard normal number. Low means agree, the middle
   pass, high disagree; the cut points are the person's own chances.
3. A duplicate reuses most of the number drawn for the statement it repeats, an opposite most of
   its negative. So the same person answers alike or the other way round, with some slips.
4. A few people answer at random, and a few agree with everything.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.demo.spec import CLOSED, OPEN, DemoSpec, DemoStatement, SpecError, load

__all__ = ["CLOSED", "OPEN", "DemoSpec", "Simulation", "SpecError", "load", "simulate"]

AGREE, PASS, DISAGREE = 1, 0, -1
ORDINARY, RANDOM, ALL_AGREE = "ordinary", "random", "all_agree"

FEWEST_PARTICIPANTS = 10
RANDOM_SHARE = 0.03
ALL_AGREE_SHARE = 0.02
RECONSIDER_SHARE = 0.05  # of the people
RECONSIDER_RATE = 0.12  # of the statements, for each of them
LINK_STRENGTH = 0.95  # correlation between the draws for a statement and for its twin
LEAST_CONVICTION = 0.85  # weight of the own camp; the rest is the panel's average
MEDIAN_VOTES, VOTES_SPREAD, FEWEST_VOTES = 30, 0.7, 3
QUITTERS, FINISHERS = 0.05, 0.06  # stop after FEWEST_VOTES; vote on everything


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """What every simulated person would do. People are numbered 0 … n-1.

    camps, kinds : per person, the camp's key and ordinary / random / all_agree.
    arrival      : person numbers in order of arrival, int64[n].
    waves        : per person, the wave during which the person arrives, int64[n].
    opinions     : int8[n, accepted statements], rows people, columns ``columns``.
    """

    spec: DemoSpec
    seed: int
    camps: tuple[str, ...]
    kinds: tuple[str, ...]
    arrival: NDArray[np.int64]
    waves: NDArray[np.int64]
    opinions: NDArray[np.int8]
    columns: Mapping[str, int]
    wanted: NDArray[np.int64]
    proposals: Mapping[int, tuple[str, ...]]
    reconsidered: Mapping[int, Mapping[str, int]]

    def __len__(self) -> int:
        return len(self.camps)

    def opinion(self, participant: int, statement_key: str) -> int:
        """The person's first answer: 1 agree, 0 pass, -1 disagree.

        Raises KeyError for a statement that is not in the spec or that the moderator rejects.
        """
        return int(self.opinions[participant, self.columns[statement_key]])

    def votes_wanted(self, participant: int) -> int:
        """After how many votes the person leaves; at most the number of accepted statements."""
        return int(self.wanted[participant])

    def proposes(self, participant: int) -> list[str]:
        """Keys of the panel's statements that this person writes, before voting."""
        return list(self.proposals.get(participant, ()))

    def changes_mind(self, participant: int) -> dict[str, int]:
        """New answers by statement key, given after the first; only for what the person saw."""
        return dict(self.reconsidered.get(participant, {}))

    def arriving(self, wave: int) -> list[int]:
        """The people who come during a wave, in order of arrival."""
        return [int(p) for p in self.arrival if self.waves[p] == wave]


def simulate(spec: DemoSpec, *, participants: int = 400, seed: int) -> Simulation:
    """Draw a panel for a demo deliberation.

    Meant to be played wave by wave: the people of ``arriving(wave)`` propose, the moderator
    decides, they vote. Raises ValueError for fewer than ``FEWEST_PARTICIPANTS`` participants.
    """
    if participants < FEWEST_PARTICIPANTS:
        raise ValueError(f"a demo panel needs at least {FEWEST_PARTICIPANTS} participants")
    camps = _camps(spec, participants, seed)
    kinds = _kinds(participants, seed)
    arrival = _stream(seed, "arrival").permutation(participants)
    waves = np.empty(participants, dtype=np.int64)
    waves[arrival] = np.arange(participants) * spec.waves // participants
    opinions = _opinions(spec, camps, kinds, seed)
    columns = {s.key: column for column, s in enumerate(spec.accepted)}
    return Simulation(
        spec=spec,
        seed=seed,
        camps=tuple(spec.camps[camp].key for camp in camps),
        kinds=kinds,
        arrival=arrival,
        waves=waves,
        opinions=opinions,
        columns=columns,
        wanted=_votes_wanted(participants, len(columns), seed),
        proposals=_proposals(spec, kinds, waves, opinions, seed),
        reconsidered=_reconsidered(spec, kinds, opinions, seed),
    )


def _stream(seed: int, *names: str) -> np.random.Generator:
    """A random stream of its own for each purpose, so that none depends on another."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:8])]))


def _camps(spec: DemoSpec, participants: int, seed: int) -> NDArray[np.int64]:
    """Camp index per person, int64[n]. Sizes follow the shares to within one person."""
    cuts = np.rint(np.cumsum([camp.share for camp in spec.camps]) * participants)
    camps = np.searchsorted(cuts, np.arange(participants), side="right")
    return _stream(seed, "camps").permutation(camps)


def _kinds(participants: int, seed: int) -> tuple[str, ...]:
    order = _stream(seed, "kinds").permutation(participants)
    random, all_agree = round(RANDOM_SHARE * participants), round(ALL_AGREE_SHARE * participants)
    kinds = [ORDINARY] * participants
    for person in order[:random]:
        kinds[person] = RANDOM
    for person in order[random : random + all_agree]:
        kinds[person] = ALL_AGREE
    return tuple(kinds)


def _opinions(
    spec: DemoSpec, camps: NDArray[np.int64], kinds: Sequence[str], seed: int
) -> NDArray[np.int8]:
    """First answers, int8[n, accepted statements]. Each statement has its own stream."""
    conviction = _stream(seed, "conviction").uniform(LEAST_CONVICTION, 1, len(camps))
    draws: dict[str, NDArray[np.float64]] = {}
    answers = np.empty((len(camps), len(spec.accepted)), dtype=np.int8)
    for column, statement in enumerate(spec.accepted):
        draws[statement.key] = _draw(statement, draws, len(camps), seed)
        answers[:, column] = _answers(spec, statement, draws[statement.key], camps, conviction)
    noisy = np.array([kind == RANDOM for kind in kinds])
    noise = _stream(seed, "noise").integers(DISAGREE, AGREE + 1, size=answers.shape)
    answers[noisy] = noise[noisy]
    answers[np.array([kind == ALL_AGREE for kind in kinds])] = AGREE
    return answers


def _draw(
    statement: DemoStatement,
    earlier: Mapping[str, NDArray[np.float64]],
    participants: int,
    seed: int,
) -> NDArray[np.float64]:
    """One standard normal number per person, tied to the statement's twin if it has one."""
    fresh = _stream(seed, "opinion", statement.key).standard_normal(participants)
    twin = statement.duplicate_of or statement.opposite_of
    if twin is None:
        return fresh
    sign = 1 if statement.duplicate_of else -1
    return sign * LINK_STRENGTH * earlier[twin] + math.sqrt(1 - LINK_STRENGTH**2) * fresh


def _answers(
    spec: DemoSpec,
    statement: DemoStatement,
    draw: NDArray[np.float64],
    camps: NDArray[np.int64],
    conviction: NDArray[np.float64],
) -> NDArray[np.int8]:
    shares = np.array([camp.share for camp in spec.camps])
    agree = np.array([statement.agree[camp.key] for camp in spec.camps])
    either = agree + np.array([statement.passing[camp.key] for camp in spec.camps])
    agree_at = conviction * agree[camps] + (1 - conviction) * (shares @ agree)
    pass_at = conviction * either[camps] + (1 - conviction) * (shares @ either)
    level = np.array([0.5 * (1 + math.erf(z / math.sqrt(2))) for z in draw])
    return np.where(level < agree_at, AGREE, np.where(level < pass_at, PASS, DISAGREE)).astype(
        np.int8
    )


def _votes_wanted(participants: int, statements: int, seed: int) -> NDArray[np.int64]:
    """Skewed like real panels: most stop near the median, some at once, some at the end."""
    stream = _stream(seed, "votes wanted")
    wanted = stream.lognormal(math.log(MEDIAN_VOTES), VOTES_SPREAD, participants)
    habit = stream.random(participants)
    wanted[habit < QUITTERS] = FEWEST_VOTES
    wanted[habit >= 1 - FINISHERS] = statements
    lowest = min(FEWEST_VOTES, statements)
    return np.clip(np.rint(wanted), lowest, statements).astype(np.int64)


def _proposals(
    spec: DemoSpec,
    kinds: Sequence[str],
    waves: NDArray[np.int64],
    opinions: NDArray[np.int8],
    seed: int,
) -> dict[int, tuple[str, ...]]:
    """An author for each panel statement: of its wave, in favour, and not yet an author.

    A wish is dropped only when nobody is left who fulfils it.
    """
    columns = {s.key: column for column, s in enumerate(spec.accepted)}
    ordinary = np.array([kind == ORDINARY for kind in kinds])
    authored: dict[int, tuple[str, ...]] = {}
    for statement in (s for s in spec.statements if s.origin == "panel"):
        free = ordinary & (waves == statement.wave)
        wishes = [np.array([person not in authored for person in range(len(kinds))])]
        if statement.key in columns:
            wishes.insert(0, opinions[:, columns[statement.key]] == AGREE)
        for wish in wishes:
            free = free & wish if (free & wish).any() else free
        people = np.flatnonzero(free if free.any() else waves == statement.wave)
        author = int(_stream(seed, "author", statement.key).choice(people))
        authored[author] = (*authored.get(author, ()), statement.key)
    return authored


def _reconsidered(
    spec: DemoSpec, kinds: Sequence[str], opinions: NDArray[np.int8], seed: int
) -> dict[int, dict[str, int]]:
    """For a few people, a second answer to some statements, always another than the first."""
    stream = _stream(seed, "reconsider")
    order = stream.permutation(len(kinds))[: round(RECONSIDER_SHARE * len(kinds))]
    picked = stream.random(opinions.shape) < RECONSIDER_RATE
    # Two steps round the circle of three answers, or one: never back to the same.
    step = stream.integers(1, 3, size=opinions.shape)
    second = (opinions + 1 + step) % 3 - 1
    return {
        int(person): {
            s.key: int(second[person, column])
            for column, s in enumerate(spec.accepted)
            if picked[person, column]
        }
        for person in order
        if kinds[person] == ORDINARY
    }

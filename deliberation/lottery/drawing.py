"""One draw, from the pool to the people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .checking import check
from .errors import LotteryError
from .kinds import Floats, Ints, Kinds
from .lot import TICKETS, cast_lot, people_of, pool_digest, tickets_for
from .mixing import mix
from .panels import Panels
from .proving import proven
from .quotas import Quotas
from .relaxed import Chances, Relaxed
from .results import ALGORITHMS, Algorithm, Count, Drawn
from .rounding import round_apart

Progress = Callable[[int, str], None]


class Mixed(NamedTuple):
    """Panels and their weights; the chances they were to give, and a bound on the smallest."""

    panels: list[Ints]
    weights: Floats
    wanted: Floats
    bound: float


def draw(
    features: Sequence[Mapping[str, str]],
    quotas: Quotas,
    seats: int,
    *,
    seed: str,
    algorithm: Algorithm = "leximin",
    ids: Sequence[str] | None = None,
    digest: str | None = None,
    progress: Progress | None = None,
) -> Drawn:
    """Draw ``seats`` people so that all quotas are met and chances are as equal as can be.

    features  : one mapping per person, name of stratum → value; other keys are ignored
    seed      : public, not empty, chosen after the digest of the pool was published
    algorithm : "leximin": the smallest chance is as large as can be, then the next smallest, and
                so on. "maximin": the smallest is; of those ways, one whose largest is small.
    ids       : public numbers of the people; row numbers unless given. They decide, with the
                seed, who of several people with equal values it is.
    digest    : the one that was published; ``pool_digest`` of what is given unless given
    progress  : told percent (0 to 100) and a code of ``STEPS``; may raise to stop the draw

    People with equal values have equal chances exactly. The last step, from chances to people, is
    the same on every machine. The chances are unique for leximin; which mixture of panels gives
    them is the solver's choice: the same for the same versions of scipy and its solver on one kind
    of processor. The lot says which mixture it was (``Lot.portfolio_digest``).

    Raises LotteryError: "infeasible", "empty_seed", "ids_repeated", "algorithm_unknown",
    "unsolved". Flanigan, Gölz, Gupta, Hennig, Procaccia 2021, Nature 596, 548–552.
    """
    tell = progress or _silent
    if algorithm not in ALGORITHMS:
        raise LotteryError("algorithm_unknown", algorithm=algorithm)
    if not seed.strip():
        raise LotteryError("empty_seed")
    names = [str(row) for row in range(len(features))] if ids is None else list(ids)
    own_digest = pool_digest(features, names)
    tell(0, "checking")
    if seats < 1 or check(features, quotas, seats):
        raise LotteryError("infeasible")
    kinds = Kinds.of(features, quotas)
    mixed = _mixture(Panels(kinds, seats), algorithm, tell)
    tell(98, "lot")
    panels, tickets = _portfolio(mixed)
    published = digest or own_digest
    lot = cast_lot(kinds, panels, tickets, seed=seed, digest=published, pool=own_digest)
    chosen = panels[lot.panel]
    chances = _chances(kinds, panels, tickets)
    return Drawn(
        chosen=people_of(kinds, chosen, names, seed=seed, digest=lot.pool_digest),
        probabilities=tuple(float(one) for one in chances[kinds.of_row]),
        counts=_counts(kinds, quotas, chosen),
        lot=lot,
        bound=mixed.bound,
        exact=bool((mixed.wanted - chances).max() < 1e-6),
        kinds=len(kinds),
        algorithm=algorithm,
    )


def _silent(_percent: int, _step: str) -> None:
    """Nobody wants to know."""


def _mixture(panels: Panels, algorithm: Algorithm, tell: Progress) -> Mixed:
    """The fractional panel as a mixture of panels if it is one; the long way otherwise."""
    tell(1, "chances")
    chances = _relaxed(Relaxed(panels), algorithm)
    found, weights, left = round_apart(
        panels, chances.target, progress=lambda share: tell(3 + int(57 * share), "panels")
    )
    if not left:
        return Mixed(found, weights, chances.of_kind, _smallest(chances.of_kind))
    known = [*panels.covering(), *found]
    reachable = np.max(known, axis=0) > 0
    chances = _relaxed(Relaxed(panels, reachable), algorithm)
    mixture = mix(
        panels, chances.target, known, progress=lambda share: tell(60 + int(15 * share), "panels")
    )
    if mixture is not None:
        return Mixed(mixture.panels, mixture.weights, chances.of_kind, _smallest(chances.of_kind))
    whole = proven(
        panels,
        known,
        reachable,
        stages=1 if algorithm == "maximin" else None,
        progress=lambda share: tell(75 + int(22 * share), "proving"),
    )
    return Mixed(whole.panels, whole.weights, whole.of_kind, whole.bound)


def _relaxed(relaxed: Relaxed, algorithm: Algorithm) -> Chances:
    return relaxed.leximin() if algorithm == "leximin" else relaxed.maximin()


def _smallest(chances: Floats) -> float:
    """Of those who can be drawn at all."""
    return float(chances[chances > 0].min())


def _portfolio(mixed: Mixed) -> tuple[list[Ints], Ints]:
    """Each panel once, in the order of its counts, with its tickets; those without any go."""
    weight: dict[tuple[int, ...], float] = {}
    for panel, share in zip(mixed.panels, mixed.weights, strict=True):
        key = tuple(int(one) for one in panel)
        weight[key] = weight.get(key, 0.0) + float(share)
    keys = sorted(weight)
    tickets = tickets_for(np.array([weight[key] for key in keys]))
    held = [at for at in range(len(keys)) if tickets[at]]
    return [np.array(keys[at], dtype=np.int64) for at in held], tickets[held]


def _chances(kinds: Kinds, panels: Sequence[Ints], tickets: Ints) -> Floats:
    """Of one person of each kind, by the tickets."""
    chances: Floats = tickets @ np.array(panels) / (TICKETS * kinds.people)
    return chances


def _counts(kinds: Kinds, quotas: Quotas, panel: Ints) -> tuple[Count, ...]:
    drawn = dict(zip(kinds.cells, kinds.member.astype(np.int64) @ panel, strict=True))
    there = dict(zip(kinds.cells, kinds.in_pool, strict=True))
    return tuple(
        Count(
            stratum=name,
            value=value,
            minimum=quota.minimum,
            maximum=quota.maximum,
            pool=int(there[name, value]),
            drawn=int(drawn[name, value]),
        )
        for name, value, quota in quotas.bounds()
    )

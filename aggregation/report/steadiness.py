"""How steady a run's result is: what resampling its people found, read from the run's summary.

Runs without resampling have nothing here, and pages then show nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregation.models import Run

# Selected in at least this share of the resamples: steady. In less than the rest: as good as never.
SURE = 0.95
RARE = 1 - SURE


@dataclass(frozen=True, slots=True)
class Steady:
    """One statement under one rule when people are drawn anew.

    frequency : share of resamples that select it.
    low, high : between these places it lies in 95 % of those that select it; None if none does.
    flip      : so few people, voting otherwise on it, would move it in or out; None if unknown.
    exact     : whether ``flip`` is the smallest number, and not only one that suffices.
    """

    frequency: float
    low: int | None
    high: int | None
    flip: int | None
    exact: bool

    @property
    def sure(self) -> bool:
        return self.frequency >= SURE

    @property
    def rare(self) -> bool:
        return self.frequency < RARE


@dataclass(frozen=True, slots=True)
class RuleSteadiness:
    """One rule in all resamples. ``typical_change`` statements differ from the result as a rule."""

    index: int
    steady: int
    typical_change: float
    flip_exact: bool


@dataclass(frozen=True)
class Resampling:
    """All resamples of a run.

    groups     : number of groups → share of resamples that found so many, most frequent first.
    membership : share of people who stay in their group; None if it was not looked at.
    """

    resamples: int
    refitted: bool
    groups: tuple[tuple[int, float], ...]
    membership: float | None
    rules: tuple[RuleSteadiness, ...]

    @property
    def drafting(self) -> RuleSteadiness | None:
        """The first rule of the plan, None if it was too slow to be resampled."""
        return next((rule for rule in self.rules if rule.index == 0), None)


def resampling(run: Run) -> Resampling | None:
    """What resampling found, or None for a run without it."""
    found = _found(run)
    if not found or not found.get("resamples"):
        return None
    return Resampling(
        resamples=found["resamples"],
        refitted=bool(found.get("refit_groups")),
        groups=_group_numbers(found.get("k") or {}),
        membership=found.get("membership"),
        rules=tuple(
            RuleSteadiness(at, rule["steady"], rule["typical_change"], bool(rule.get("flip_exact")))
            for at, rule in enumerate(found["rules"])
            if rule is not None  # too slow to be resampled
        ),
    )


def steadiness(run: Run, statements: int) -> Sequence[Mapping[int, Steady]]:
    """For each statement of the run, in order of number: place of the rule → how steady it is."""
    found = _found(run)
    table: list[dict[int, Steady]] = [{} for _ in range(statements)]
    for index, rule in enumerate(found["rules"] if found else ()):
        if rule is None:
            continue
        if len(rule["frequency"]) != statements:
            raise ValueError("stability of another number of statements")
        places = rule.get("rank") or [None] * statements
        flips = rule.get("flip") or [None] * statements
        exact = bool(rule.get("flip_exact"))
        for at, frequency in enumerate(rule["frequency"]):
            low, high = places[at] or (None, None)
            table[at][index] = Steady(frequency, low, high, flips[at], exact)
    return table


def _found(run: Run) -> Mapping[str, Any] | None:
    return (run.summary or {}).get("stability")


def _group_numbers(counts: Mapping[str, int]) -> tuple[tuple[int, float], ...]:
    total = sum(counts.values())
    shares = ((int(k), n / total) for k, n in counts.items() if total)
    return tuple(sorted(shares, key=lambda one: (-one[1], one[0])))

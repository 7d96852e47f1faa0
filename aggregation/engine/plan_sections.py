"""Parts that a plan may have or not: what is absent is not done, and leaves no trace in the hash.

A section is a dataclass, a table of its settings beside it, and an entry in ``OPTIONAL``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aggregation.engine.errors import PlanError
from aggregation.engine.params import Param, as_table, read, refuse_unknown, value

WEIGHTS: tuple[Param, ...] = (
    Param("method", "choice", "How people are weighted.", default="raking", choices=("raking",)),
    Param("low", "float", "Nobody counts less than this.", default=0.2, minimum=0, maximum=1),
    Param("high", "float", "Nobody counts more than this.", default=5.0, minimum=1, maximum=100),
)
_SHARE = Param("share", "float", "Share of the population.", required=True, minimum=0, maximum=1)
STABILITY: tuple[Param, ...] = (
    Param("resamples", "int", "How often the panel is drawn again from itself.", default=200,
          minimum=1, maximum=100_000),
    Param("refit_groups", "flag", "Whether opinion groups are found anew each time.",
          default=True),
    Param("flips", "flag", "Whether to count how few ballots would flip each statement.",
          default=True),
)  # fmt: skip
SENSITIVITY: tuple[Param, ...] = (
    Param("threshold_step", "float", "How far thresholds are moved up and down.", default=0.05,
          minimum=0, maximum=0.5),
    Param("groups", "flag", "Whether every number of groups that the plan allows is tried.",
          default=True),
)  # fmt: skip
PROPERTIES: tuple[Param, ...] = (
    Param("jr", "flag", "Whether justified representation is checked.", default=True),
    Param("ejr_plus", "flag", "Whether its strongest form, EJR+, is checked.", default=True),
)
RANGES: tuple[Param, ...] = (
    Param("participants", "int", "With more people, the run is cut into ranges of so many.",
          default=262_144, minimum=256, maximum=2**31 - 1),
)  # fmt: skip


@dataclass(frozen=True)
class WeightsPlan:
    """Weights to known margins: characteristic → answer → share of the population, adding to 1.

    low, high : bounds of a weight; 1 is one person.
    """

    method: str = "raking"
    low: float = 0.2
    high: float = 5.0
    margins: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        margins = {name: dict(shares) for name, shares in self.margins}
        return {"method": self.method, "low": self.low, "high": self.high, "margins": margins}


@dataclass(frozen=True)
class StabilityPlan:
    """Bootstrap over participants: number of resamples; groups found anew; ballots to flip."""

    resamples: int = 200
    refit_groups: bool = True
    flips: bool = True

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SensitivityPlan:
    """What the selection would be under other choices: thresholds a step up and down, numbers
    of groups, and, where the plan has them, without weights and with the people excluded."""

    threshold_step: float = 0.05
    groups: bool = True

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class PropertiesPlan:
    """Which properties of fair representation are checked of what each rule selects."""

    jr: bool = True
    ejr_plus: bool = True

    def names(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(name for name, asked in self.to_dict().items() if asked)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class RangesPlan:
    """How a large run is cut up. participants : people in one range; multiples of 256 are used."""

    participants: int = 262_144

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_optional(table: Mapping[str, Any]) -> dict[str, Any]:
    """The optional sections that are there, checked. Raises PlanError."""
    found: dict[str, Any] = {}
    for name, (kind, params) in OPTIONAL.items():
        if table.get(name) is None:
            continue
        if name == "weights":
            found[name] = _weights(table[name])
        else:
            found[name] = kind(**read(params, table[name], name))
    return found


def _weights(given: Any) -> WeightsPlan:
    table = as_table(given, "weights")
    refuse_unknown(table, [*(param.name for param in WEIGHTS), "margins"], "weights")
    if "margins" not in table:
        raise PlanError("missing_key", field="weights.margins")
    settings = read(WEIGHTS, {n: v for n, v in table.items() if n != "margins"}, "weights")
    margins = as_table(table["margins"], "weights.margins")
    if not margins:
        raise PlanError("margins_empty", field="weights.margins")
    known = tuple(sorted((name, _shares(name, margins[name])) for name in margins))
    return WeightsPlan(margins=known, **settings)  # type: ignore[arg-type]


def _shares(name: str, given: Any) -> tuple[tuple[str, float], ...]:
    field = f"weights.margins.{name}"
    table = as_table(given, field)
    shares = tuple(
        (answer, float(value(_SHARE, found, f"{field}.{answer}") or 0.0))
        for answer, found in sorted(table.items())
    )
    total = sum(share for _, share in shares)
    if abs(total - 1.0) > 1e-6:
        raise PlanError("margins_do_not_add_up", field=field, name=name, total=f"{total:g}")
    return shares


OPTIONAL: dict[str, tuple[type[Any], tuple[Param, ...]]] = {
    "weights": (WeightsPlan, WEIGHTS),
    "stability": (StabilityPlan, STABILITY),
    "sensitivity": (SensitivityPlan, SENSITIVITY),
    "properties": (PropertiesPlan, PROPERTIES),
    "ranges": (RangesPlan, RANGES),
}

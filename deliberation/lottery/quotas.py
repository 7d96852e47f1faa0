"""Quotas: how many of each value the panel has, at least and at most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Quota:
    """The number of people with one value on the panel: from minimum to maximum."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """Name of stratum → value → quota. No strata at all is a plain lot among everyone.

    Everyone in the pool has exactly one value in each stratum. The order of strata and values
    changes nothing in a draw; it is kept for tables.
    """

    strata: Mapping[str, Mapping[str, Quota]]

    @classmethod
    def of(cls, strata: Mapping[str, Mapping[str, tuple[int, int]]]) -> Quotas:
        """From plain pairs: ``Quotas.of({"Age": {"under 40": (8, 12), "40 up": (8, 12)}})``."""
        return cls(
            {
                name: {value: Quota(*pair) for value, pair in values.items()}
                for name, values in strata.items()
            }
        )

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Quotas:
        """The twin of ``to_json``."""
        return cls(
            {
                row["stratum"]: {
                    one["value"]: Quota(int(one["minimum"]), int(one["maximum"]))
                    for one in row["values"]
                }
                for row in rows
            }
        )

    def to_json(self) -> list[dict[str, Any]]:
        """For ``Draw.quotas``: lists, since the order of the keys of an object is not kept."""
        return [
            {
                "stratum": name,
                "values": [
                    {"value": value, "minimum": quota.minimum, "maximum": quota.maximum}
                    for value, quota in values.items()
                ],
            }
            for name, values in self.strata.items()
        ]

    def bounds(self) -> Iterable[tuple[str, str, Quota]]:
        """(stratum, value, quota), one after the other."""
        for name, values in self.strata.items():
            for value, quota in values.items():
                yield name, value, quota


def remaining_quotas(quotas: Quotas, staying: Sequence[Mapping[str, str]]) -> Quotas:
    """The quotas of a replacement draw: what is left when these people stay on the panel.

    staying : the values of everyone who keeps the place (accepted, or has not answered yet).
    Where too many of a value stay already, nobody else of that value is wanted: (0, 0).
    The seats of that draw are the seats of the panel less ``len(staying)``.
    """
    held = {
        (name, value): sum(person.get(name) == value for person in staying)
        for name, value, _quota in quotas.bounds()
    }
    return Quotas(
        {
            name: {
                value: Quota(
                    max(0, quota.minimum - held[name, value]),
                    max(0, quota.maximum - held[name, value]),
                )
                for value, quota in values.items()
            }
            for name, values in quotas.strata.items()
        }
    )

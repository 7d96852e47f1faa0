"""What the panel has and the baseline lacks, and the reverse. Read by the comparison pages.

A principle stands where a person decided, else where the machine suggests; each says which.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from . import baselines
from .models import Baseline, BaselineItem, Comparison, ComparisonMatch
from .models.comparisons import ItemKind


@dataclass(frozen=True)
class Placed:
    """A principle and where it stands. ``confirmed``: a person decided it."""

    match: ComparisonMatch
    key: str
    number: int
    text: str
    item: BaselineItem | None
    confirmed: bool

    @property
    def changed(self) -> bool:
        """A person decided otherwise than suggested."""
        return self.confirmed and self.match.decided_item_id != self.match.suggested_item_id


@dataclass(frozen=True)
class Place:
    """An aspect or an area, with the principles that stand there."""

    item: BaselineItem
    principles: tuple[Placed, ...]


@dataclass(frozen=True)
class Pillar:
    """A pillar of the baseline: what it promotes and what it prevents."""

    key: str
    label: str
    description: str
    promote: tuple[Place, ...]
    prevent: tuple[Place, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return self.promote + self.prevent

    @property
    def promoted(self) -> int:
        """Aspects to promote that the panel names."""
        return sum(bool(place.principles) for place in self.promote)

    @property
    def prevented(self) -> int:
        """Aspects to prevent that the panel names."""
        return sum(bool(place.principles) for place in self.prevent)

    @property
    def covered(self) -> int:
        return self.promoted + self.prevented

    @property
    def principles(self) -> int:
        return sum(len(place.principles) for place in self.places)


@dataclass(frozen=True)
class Coverage:
    """A comparison both ways.

    beyond   : areas that the baseline does not name and the panel does.
    nowhere  : principles that stand nowhere, decided or not.
    """

    comparison: Comparison
    baseline: Baseline
    placed: tuple[Placed, ...]
    pillars: tuple[Pillar, ...]
    beyond: tuple[Place, ...]
    nowhere: tuple[Placed, ...]

    @property
    def confirmed(self) -> int:
        return sum(placed.confirmed for placed in self.placed)

    @property
    def open_suggestions(self) -> int:
        return sum(not p.confirmed and p.item is not None for p in self.placed)

    @property
    def in_pillars(self) -> int:
        return sum(pillar.principles for pillar in self.pillars)

    @property
    def beyond_count(self) -> int:
        return sum(len(place.principles) for place in self.beyond)

    @property
    def aspects(self) -> int:
        return sum(len(pillar.places) for pillar in self.pillars)

    @property
    def aspects_covered(self) -> int:
        return sum(pillar.covered for pillar in self.pillars)


def coverage(comparison: Comparison) -> Coverage:
    """Read a comparison both ways. Four queries, whatever its size."""
    baseline = comparison.baseline
    placed = _placed(comparison)
    at: dict[int | None, list[Placed]] = defaultdict(list)
    for one in placed:
        at[one.item.pk if one.item else None].append(one)
    items = list(baseline.items.order_by("position"))
    places = [Place(item, tuple(at[item.pk])) for item in items]
    return Coverage(
        comparison=comparison,
        baseline=baseline,
        placed=tuple(placed),
        pillars=tuple(_pillars(baseline, places)),
        beyond=tuple(p for p in places if p.item.kind == ItemKind.BEYOND and p.principles),
        nowhere=tuple(at[None]),
    )


def _placed(comparison: Comparison) -> list[Placed]:
    matches = comparison.matches.select_related("principle", "suggested_item", "decided_item")
    return [
        Placed(
            match=match,
            key=match.principle.key,
            number=number,
            text=match.principle.text,
            item=match.decided_item if match.decided_at else match.suggested_item,
            confirmed=match.decided_at is not None,
        )
        for number, match in enumerate(matches.order_by("principle__position"), start=1)
    ]


def _pillars(baseline: Baseline, places: list[Place]) -> list[Pillar]:
    """In the order in which the baseline lists them, with the words of the shipped file."""
    shipped = {pillar.id: pillar for pillar in baselines.load(baseline.slug).pillars}
    keys = dict.fromkeys(place.item.pillar for place in places if place.item.pillar)
    return [
        Pillar(
            key=key,
            label=shipped[key].label if key in shipped else key.capitalize(),
            description=shipped[key].description if key in shipped else "",
            promote=_of(places, key, ItemKind.PROMOTE),
            prevent=_of(places, key, ItemKind.PREVENT),
        )
        for key in keys
    ]


def _of(places: list[Place], pillar: str, kind: str) -> tuple[Place, ...]:
    return tuple(p for p in places if p.item.pillar == pillar and p.item.kind == kind)

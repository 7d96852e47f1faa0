"""What the public report of a draw shows. Everything comes from the draw's own row.

No names, no numbers of people, and no count below ten about people with one value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from deliberation.chance_picture import Part, Picture, middle, parts, picture
from deliberation.models import AuditEntry, Draw, Pool
from deliberation.models.recruiting import DrawState
from deliberation.selectors.draws import Answers, answers
from deliberation.selectors.pools import SMALLEST_SHOWN, shielded


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """One value. ``pool`` and ``drawn`` are None where they are below ten.

    Places in the picture are percentages of ``scale``: the quota from ``start`` over ``width``,
    the drawn number at ``dot``, and ``expected`` where the panel would mirror the population.
    """

    value: str
    minimum: int
    maximum: int
    share: float | None
    pool: int | None
    drawn: int | None
    met: bool
    start: float
    width: float
    dot: float | None
    expected: float | None


@dataclass(frozen=True, slots=True)
class StratumReport:
    """One stratum. ``scale`` is the number at the end of its pictures."""

    name: str
    rows: list[QuotaRow]
    scale: int
    # Values whose numbers in the pool are kept back, and what they add up to.
    kept_back: list[str]
    together: int


@dataclass(frozen=True)
class Chances:
    """How likely people were to be drawn, 0 to 1, before the lot fell.

    bound : nobody could have made the smallest chance larger than this. same : all had one chance.
    certain : some could not be left out. left_out : some could not be drawn, as no panel within
    the quotas has room for them; ``smallest`` is that of the others. Their number from ten on.
    """

    smallest: float
    median: float
    largest: float
    bound: float
    equal: float
    exact: bool
    same: bool
    certain: bool
    left_out: bool
    left_out_number: int | None
    parts: list[Part]
    picture: Picture | None


@dataclass(frozen=True)
class DrawReport:
    """One draw that was made."""

    draw: Draw
    fixed_at: datetime | None
    people: int
    kinds: int
    panels: int
    ticket: int
    tickets: int
    panel: int
    portfolio: str
    strata: list[StratumReport]
    chances: Chances
    all_met: bool
    hides: bool
    answers: Answers
    later: list[Draw]


def draws_made(pool: Pool) -> QuerySet[Draw]:
    """Draws that anyone may read about, in their order."""
    return Draw.objects.filter(pool=pool, state=DrawState.DONE).order_by("number")


def draw_report(draw: Draw) -> DrawReport:
    """draw : one that is done."""
    found: dict[str, Any] = draw.report
    lot = found["lot"]
    strata = _strata(draw)
    rows = [row for stratum in strata for row in stratum.rows]
    return DrawReport(
        draw=draw,
        fixed_at=_fixed_at(draw),
        people=found["people"],
        kinds=found["kinds"],
        panels=len(lot["tickets"]),
        ticket=lot["number"] + 1,
        tickets=sum(lot["tickets"]),
        panel=lot["panel"] + 1,
        portfolio=lot["portfolio_digest"],
        strata=strata,
        chances=_chances(draw),
        all_met=all(row.met for row in rows),
        hides=any(row.pool is None or row.drawn is None for row in rows),
        answers=answers(draw.pool, draw),
        later=list(draws_made(draw.pool).filter(number__gt=draw.number)),
    )


def _fixed_at(draw: Draw) -> datetime | None:
    """When this fingerprint became public."""
    fixed = AuditEntry.objects.filter(
        deliberation=draw.pool.panel.deliberation_id,
        action="pool.fixed",
        detail__digest=draw.pool_digest,
    )
    return fixed.order_by("-id").values_list("created_at", flat=True).first()


def _strata(draw: Draw) -> list[StratumReport]:
    """The quotas in the order in which they were written, with what came out."""
    counted = {(one["stratum"], one["value"]): one for one in draw.report["counts"]}
    return [_stratum(one, counted, draw.seats) for one in draw.quotas]


def _stratum(
    quotas: Mapping[str, Any], counted: Mapping[tuple[str, str], Mapping[str, Any]], seats: int
) -> StratumReport:
    name, values = quotas["stratum"], quotas["values"]
    found = {one["value"]: counted[name, one["value"]] for one in values}
    pool = shielded({value: count["pool"] for value, count in found.items()})
    drawn = shielded({value: count["drawn"] for value, count in found.items()})
    scale = _scale([*(one["maximum"] for one in values), *(c["drawn"] for c in found.values())])
    scale = max(min(scale, seats), 1)
    rows = [
        _row(one, found[one["value"]], pool[one["value"]], drawn[one["value"]], scale, seats)
        for one in values
    ]
    hidden = [value for value, count in pool.items() if count is None]
    together = sum(int(found[value]["pool"]) for value in hidden)
    return StratumReport(name, rows, scale, hidden, together)


def _row(
    quota: Mapping[str, Any],
    count: Mapping[str, Any],
    pool: int | None,
    drawn: int | None,
    scale: int,
    seats: int,
) -> QuotaRow:
    low, high = quota["minimum"], min(quota["maximum"], scale)
    share = quota.get("share")
    return QuotaRow(
        value=quota["value"],
        minimum=low,
        maximum=quota["maximum"],
        share=share,
        pool=pool,
        drawn=drawn,
        met=low <= count["drawn"] <= quota["maximum"],
        start=round(100 * low / scale, 2),
        width=round(100 * (high - low) / scale, 2),
        dot=round(100 * drawn / scale, 2) if drawn is not None else None,
        expected=round(min(100 * share * seats / scale, 100), 2) if share is not None else None,
    )


def _scale(numbers: Sequence[int]) -> int:
    """A round end of the scale: the next ten, or the next two where all is small."""
    largest = max([1, *numbers])
    step = 10 if largest > 20 else 2
    return -(-largest // step) * step


def _chances(draw: Draw) -> Chances:
    found = draw.report
    kept = [(float(chance), int(people)) for chance, people in found["chances"]]
    smallest = min((chance for chance, _people in kept if chance > 0), default=0.0)
    largest = max(kept)[0]
    unreachable = int(found["unreachable"])
    equal = draw.seats / found["people"]
    cut = parts(kept)
    return Chances(
        smallest=smallest,
        median=middle(kept),
        largest=largest,
        bound=float(found["bound"]),
        equal=equal,
        exact=bool(found["exact"]),
        same=largest - smallest < 1e-9,
        certain=largest > 0.9995,
        left_out=unreachable > 0,
        left_out_number=unreachable if unreachable >= SMALLEST_SHOWN else None,
        parts=cut,
        picture=picture(cut, equal) if cut else None,
    )


def public_document(draw: Draw) -> dict[str, Any]:
    """The report for programs: enough to redo the lot. Counts that are kept back are null."""
    found, chances = draw.report, _chances(draw)
    return {
        "format": "folkmoot.draw/1",
        "draw": draw.number,
        "replacement": draw.replacement,
        "seats": draw.seats,
        "people_in_the_pool": found["people"],
        "algorithm": draw.algorithm,
        "finished_at": draw.finished_at.isoformat() if draw.finished_at else None,
        "quotas": [
            {
                "stratum": stratum.name,
                "values": [
                    {
                        "value": row.value,
                        "minimum": row.minimum,
                        "maximum": row.maximum,
                        "share": row.share,
                        "pool": row.pool,
                        "drawn": row.drawn,
                    }
                    for row in stratum.rows
                ],
            }
            for stratum in _strata(draw)
        ],
        "chances": {
            "smallest": chances.smallest,
            "median": chances.median,
            "largest": chances.largest,
            "bound": chances.bound,
            "exact": chances.exact,
            "parts": [asdict(part) for part in chances.parts],
        },
        "lot": found["lot"],
        "smallest_count_published": SMALLEST_SHOWN,
    }

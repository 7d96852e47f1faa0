"""What tests of the lottery share: a pool with quotas, and a draw that is made at once."""

from __future__ import annotations

from collections.abc import Sequence

from deliberation.models import Deliberation, Draw, Pool
from deliberation.services.draw_job import execute_draw
from deliberation.services.draws import start_draw
from deliberation.services.pools import Person, add_people, fix_pool
from deliberation.services.quotas import Balance, Quota, save_quotas, the_pool

AGE = Balance("Age group", [Quota("16–39", 3, 5, 0.4), Quota("40 and older", 5, 7, 0.6)])
PLACE = Balance("Place", [Quota("town", 6, 8, 0.7), Quota("village", 2, 4, 0.3)])
SEED = "National lottery, 14 March 2027: 7 11 23 32 38 41"


def people(count: int, *, email: str = "person{n}@example.org") -> list[Person]:
    """Half of them young, every third in a village; the first has an address, and so on."""
    return [
        Person(
            email=email.format(n=n),
            name=f"Person {n}",
            reference=f"R{n}",
            language="en",
            values={
                "Age group": "16–39" if n % 2 else "40 and older",
                "Place": "town" if n % 3 else "village",
            },
        )
        for n in range(count)
    ]


def make_pool(
    deliberation: Deliberation,
    count: int = 60,
    *,
    seats: int = 10,
    strata: Sequence[Balance] = (AGE, PLACE),
) -> Pool:
    """A pool that is open still."""
    panel = deliberation.panel
    save_quotas(panel=panel, seats=seats, strata=strata, actor=None)
    pool = the_pool(panel)
    add_people(pool=pool, people=people(count), actor=None)
    return Pool.objects.select_related("panel__deliberation").get(pk=pool.pk)


def make_draw(pool: Pool, seed: str = SEED) -> Draw:
    """Fix the pool and draw."""
    fix_pool(pool=pool, actor=None)
    return execute(start_draw(pool=pool, seed=seed, actor=None))


def execute(draw: Draw) -> Draw:
    """What a worker does."""
    execute_draw(draw.pk)
    draw.refresh_from_db()
    return draw

"""Drawing a panel by lot so that it meets quotas and nobody's chance is smaller than it must be.

``check(features, quotas, seats)`` says why no panel meets the quotas; empty if one does.

``draw(features, quotas, seats, *, seed, algorithm="leximin", ids=None, digest=None, progress)``
draws one: ``Drawn``. ``ids`` are the public numbers of the people (row numbers unless given);
``digest`` the pool digest that was published before the seed (``pool_digest(features, ids)``
unless given). The order of the rows changes nothing when ``ids`` are given.

``remaining_quotas(quotas, staying)`` are the quotas of a replacement draw.
``replay(seed, pool_digest, tickets)`` redoes the last step from what the draw report shows.

The algorithm is the one of Flanigan, Gölz, Gupta, Hennig, Procaccia: Fair algorithms for selecting
citizens' assemblies, Nature 596 (2021), on kinds of people instead of people. numpy and scipy only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import LotteryError
from .lot import pool_digest, replay
from .quotas import Quota, Quotas, remaining_quotas
from .results import (
    ALGORITHMS,
    STEPS,
    Algorithm,
    Change,
    Contradiction,
    Count,
    Drawn,
    Lot,
    Recruits,
    Side,
)

__all__ = [
    "ALGORITHMS",
    "STEPS",
    "Algorithm",
    "Change",
    "Contradiction",
    "Count",
    "Drawn",
    "Lot",
    "LotteryError",
    "Quota",
    "Quotas",
    "Recruits",
    "Side",
    "check",
    "draw",
    "pool_digest",
    "remaining_quotas",
    "replay",
]


# Wrapped, since the solver takes longer to load than most pages take: it is loaded when used.
def check(features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int) -> list[Contradiction]:
    """Why no panel of ``seats`` people meets the quotas; see checking.check."""
    from .checking import check as found

    return found(features, quotas, seats)


def draw(
    features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int, **options: Any
) -> Drawn:
    """``seats`` people, so that all quotas are met; options and errors in drawing.draw."""
    from .drawing import draw as drawn

    return drawn(features, quotas, seats, **options)

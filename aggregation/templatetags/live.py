"""How far an open round has come, for its organisers."""

from __future__ import annotations

from django import template

from aggregation.coverage import coverage
from deliberation.models import Round

register = template.Library()


@register.inclusion_tag("aggregation/tags/live_state.html")
def live_state(round: Round) -> dict[str, object]:
    """What a worker last saw of an open round, and how old that is. Empty when it is closed."""
    return {"live": coverage(round) if round.is_open else None}

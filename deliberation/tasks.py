"""Background work of deliberations. A lost message costs freshness, never votes."""

from celery import shared_task

from deliberation.models import Round
from deliberation.models.rounds import OPEN_PHASES
from deliberation.services.cards import refresh_weights


@shared_task(name="deliberation.refresh_routing_weights")
def refresh_routing_weights() -> int:
    """Refresh the routing weights of every open round."""
    return sum(
        refresh_weights(round=round) for round in Round.objects.filter(phase__in=OPEN_PHASES)
    )

"""Background work of deliberations. A lost message costs freshness, never votes."""

from celery import shared_task

from deliberation.models import Round
from deliberation.models.rounds import OPEN_PHASES
from deliberation.services import (
    contacts,
    draw_job,
    join_tally,
    letter_texts,
    limits,
    list_uploads,
    notices,
    outbox,
    queue_reminders,
    schedule,
    sign_in,
    subscriptions,
    watching,
)
from deliberation.services.weights import assign_groups, refresh_weights


@shared_task(name="deliberation.refresh_routing_weights")
def refresh_routing_weights() -> int:
    """Refresh the routing weights of every open round; returns how many statements there are."""
    return sum(refresh_weights(round=round) for round in _open())


@shared_task(name="deliberation.assign_routing_groups")
def assign_routing_groups() -> int:
    """Put people of every open round into opinion groups; returns how many people there are."""
    return sum(assign_groups(round=round) for round in _open())


@shared_task(name=subscriptions.SEND)
def send_notices() -> int:
    """Send the letters that are due; returns how many went out."""
    return notices.send_notices()


@shared_task(name=sign_in.MAIL_LINK)
def mail_sign_in_link(email: str, language: str) -> bool:
    """Mail a sign-in link to someone who asked for it."""
    return sign_in.mail_link(email=email, language=language)


@shared_task(name="deliberation.move_due_rounds")
def move_due_rounds() -> int:
    """Open, end proposing and close what is due; returns how many rounds moved."""
    return schedule.move_due_rounds()


@shared_task(name=outbox.SEND)
def send_mail() -> int:
    """Send what waits in the outbox; returns how many letters went out."""
    return outbox.send_due()


@shared_task(name=letter_texts.SEND_SAMPLE)
def mail_letter_sample(
    round_id: int,
    kind: str,
    language: str,
    subject: str,
    text: str,
    reader_id: int,
    readers_language: str,
) -> bool:
    """Send somebody a letter with their own words to look at."""
    return letter_texts.send_sample(
        round_id, kind, language, subject, text, reader_id, readers_language
    )


@shared_task(name="deliberation.remind_moderators")
def remind_moderators() -> int:
    """Write to moderators whose queue is later than promised; returns how many letters."""
    return queue_reminders.remind_moderators()


@shared_task(name="deliberation.watch_rounds")
def watch_rounds() -> int:
    """Count what happened in open rounds since the last look; returns how many were looked at."""
    return watching.watch_rounds()


@shared_task(name="deliberation.sweep_limits")
def sweep_limits() -> int:
    """Forget who was fast some time ago; returns how many rows went."""
    return limits.sweep() + join_tally.sweep()


@shared_task(name="deliberation.delete_contacts")
def delete_contacts() -> int:
    """Delete contacts whose day has come, addresses that nobody confirmed, and lists left lying.

    Returns how many rows went.
    """
    return contacts.delete_due() + subscriptions.delete_unconfirmed() + list_uploads.sweep()


@shared_task(name="deliberation.execute_draw")
def execute_draw(draw_id: int) -> bool:
    """Make the draw, if it is still to be made."""
    return draw_job.execute_draw(draw_id)


@shared_task(name="deliberation.sweep_draws")
def sweep_draws() -> int:
    """Bring back draws that were lost; returns how many messages were sent."""
    return draw_job.sweep_draws()


def _open() -> list[Round]:
    return list(Round.objects.filter(phase__in=OPEN_PHASES))

"""The letter that reminds a moderator of the queue: how many wait and since when, no texts."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deliberation.mailing import compose
from deliberation.models import Outgoing
from deliberation.selectors.queue import queue_state
from deliberation.services.queue_reminders import who_moderates


def waiting(outgoing: Outgoing) -> EmailMessage | None:
    """The letter, in the language of the deliberation.

    None if nothing is late any more, or if the person does not moderate here now.
    """
    round = outgoing.deliberation.rounds.latest("number")
    state = queue_state(round)
    if outgoing.user is None or not state.overdue or outgoing.user not in who_moderates(round):
        return None
    link = settings.MAIL_LINKS + reverse("queue", args=[outgoing.deliberation.slug])
    return compose(
        outgoing,
        to=outgoing.user.email,
        language=outgoing.deliberation.language,
        subject=_("Statements wait for a moderator"),
        template="queue.txt",
        context={"round": round, "state": state, "link": link},
    )

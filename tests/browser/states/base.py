"""What states are made of.

A state is a function that gets a ``Visit``: a browser's page and a fresh world. It opens the page
in that state, whatever its language. ``test_barriers.py`` looks at each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import Page

from deliberation.access import remember_participant
from deliberation.models import Deliberation, Participant
from deliberation.services.appeals import ask_again
from deliberation.services.moderation import moderate
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.profiles import add_question
from deliberation.services.rounds import close_round, consent_hash, open_round, pause_round
from deliberation.services.statements import propose
from tests.factories import join, make_deliberation, make_open, the_round, vote_row

OWN = "It should help me to fill in forms of the city."
ALIKE = "The assistant should keep all that I tell it to itself"
EMAIL = "carol@example.org"
_ASKED = {"target_votes": 3, "show_origin": True, "completion_code": "HEAR-42"}
# As scripts cannot stop it, and with what the page does not have: the server answers by a page.
_SUBMIT = """(form, fields) => {
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value });
        form.append(field);
    }
    HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass(frozen=True)
class Visit:
    """A page of somebody new, and the deliberation, with four statements to vote on."""

    page: Page
    site: str
    deliberation: Deliberation

    def go(self, name: str, *args: object, query: str = "") -> None:
        wanted = (self.deliberation.slug, *args)
        self.page.goto(reverse(name, args=wanted) + query)

    def seat(self, me: Participant) -> None:
        """This browser remembers the participant from now on."""
        answer = HttpResponse()
        remember_participant(answer, me)
        cookie = {"name": "seat", "value": answer.cookies["seat"].value}
        address = f"{self.site}/d/{self.deliberation.slug}/"
        self.page.context.add_cookies([cookie | {"url": address}])  # type: ignore[list-item]

    def sit(self, *values: int) -> Participant:
        """Sit down here, and vote so on the first statements."""
        me = join(self.deliberation)
        vote_row(me, values)
        self.seat(me)
        return me

    def submit(self, form: str = "main form", **fields: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(form).first.evaluate(_SUBMIT, fields)

    def pause(self) -> None:
        round = the_round(self.deliberation)
        if not round.paused_at:
            pause_round(round=round, actor=None, reason="A power cut. We go on tomorrow.")

    def close(self) -> None:
        round = the_round(self.deliberation)
        if round.is_open:
            close_round(round=round, actor=None)


Show = Callable[[Visit], object]


@dataclass(frozen=True)
class State:
    """``page`` is the name of its URL; ``status`` what the server answers."""

    page: str
    name: str
    show: Show
    world: Callable[[], Deliberation]
    status: int

    def __str__(self) -> str:
        return f"{self.page}: {self.name}"


STATES: list[State] = []


def state(
    page: str,
    name: str,
    *,
    status: int = 200,
    world: Callable[..., Deliberation] = make_open,
    **options: Any,
) -> Callable[[Show], Show]:
    """Adds the function to STATES. ``options`` are for the deliberation."""

    def add(show: Show) -> Show:
        made = State(page, name, show, lambda: world(**_ASKED | options), status)
        STATES.append(made)
        return show

    return add


# --- Worlds and people


def asking(**options: Any) -> Deliberation:
    """Asks two questions about oneself."""
    deliberation = make_deliberation(**options)
    for text in ("How old are you?", "How long have you lived here?"):
        choices = ["Under 30 years", "30 years or more"]
        add_question(deliberation=deliberation, text=text, options=choices, actor=None)
    return open_round(round=the_round(deliberation), actor=None).deliberation


def own_statements(me: Participant) -> None:
    """One that waits, one accepted, one rejected, one rejected and appealed."""
    round = the_round(me.deliberation)
    texts = [f"{OWN[:-1]}, part {n} of {me.number}." for n in range(4)]
    said = [propose(participant=me, round=round, text=text) for text in texts]
    for one, decision, reason in zip(
        said, ["accept", "reject", "reject"], ["fits", "off_topic", "unclear"], strict=False
    ):
        moderate(statement=one, decision=decision, reason=reason, actor=None, role="moderator")
    ask_again(participant=me, statement=said[2], text="Forms keep us from our rights.")


def in_preparation(**options: Any) -> Deliberation:
    return make_deliberation(**options)


def early_bird(at: Visit) -> Participant:
    """Who took a seat while the round was in preparation."""
    first = at.deliberation.participants.first()
    if first is not None:
        return first
    (link,) = issue_seats(deliberation=at.deliberation, count=1, actor=None)
    agreed = consent_hash(the_round(at.deliberation))
    return take_seat(deliberation=at.deliberation, token=link.token, consent_hash=agreed)


def by_invitation(**options: Any) -> Deliberation:
    deliberation = make_deliberation(open_link=False, **options)
    issue_seats(deliberation=deliberation, count=1, actor=None)
    return open_round(round=the_round(deliberation), actor=None).deliberation


def first_of(at: Visit) -> Participant:
    return at.deliberation.participants.earliest("number")

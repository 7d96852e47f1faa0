"""The card, the list and the page of own votes."""

from __future__ import annotations

from unittest.mock import patch

from django.db import OperationalError
from playwright.sync_api import expect

from deliberation.services.moderation import moderate
from tests.browser.states.base import (
    Visit,
    by_invitation,
    early_bird,
    first_of,
    in_preparation,
    state,
)
from tests.factories import accepted, join, the_round, vote_row


@state("vote", "the first card")
def first_card(at: Visit) -> None:
    at.sit()
    at.go("vote")


@state("vote", "as many as asked for")
def goal_reached(at: Visit) -> None:
    at.sit(1, 0, -1)
    at.go("vote")


@state("vote", "nothing left")
def nothing_left(at: Visit) -> None:
    at.sit(1, 0, -1, 1)
    at.go("vote")


@state("vote", "not begun", status=409, world=in_preparation)
def voting_not_begun(at: Visit) -> None:
    at.seat(early_bird(at))
    at.go("vote")


@state("vote", "closed", status=409)
def voting_closed(at: Visit) -> None:
    me = join(at.deliberation) if the_round(at.deliberation).is_open else first_of(at)
    at.close()
    at.seat(me)
    at.go("vote")


@state("vote", "paused", status=409)
def voting_paused(at: Visit) -> None:
    me = first_of(at) if at.deliberation.participants.exists() else join(at.deliberation)
    at.pause()
    at.seat(me)
    at.go("vote")


@state("vote", "no seat on this device", status=403, world=by_invitation)
def no_seat(at: Visit) -> None:
    at.go("vote")


@state("vote", "refused on the card", status=422)
def vote_refused(at: Visit) -> None:
    first_card(at)
    at.submit("[data-vote]", value="7")


@state("vote", "the database is away", status=503)
def vote_not_to_be_had(at: Visit) -> None:
    at.sit()
    with patch("deliberation.views.voting.ballot", side_effect=OperationalError):
        at.go("vote")


@state("vote", "sent while the database is away", status=503)
def vote_not_stored(at: Visit) -> None:
    first_card(at)
    with patch("deliberation.views.voting.cast_in_round", side_effect=OperationalError):
        at.submit("[data-vote]", value="1")


@state("undo_vote", "the card again")
def undone(at: Visit) -> None:
    at.sit(1, -1)
    at.go("vote")
    at.page.locator("[data-undo] button").click()
    expect(at.page.locator("#live")).not_to_be_empty()


@state("list", "as many as asked for")
def list_at_the_goal(at: Visit) -> None:
    at.sit(1, 0, -1)
    at.go("list")


@state("list", "nothing left")
def list_at_the_end(at: Visit) -> None:
    at.sit(1, 0, -1, 1)
    at.go("list")


@state("own_votes", "none yet")
def no_own_votes(at: Visit) -> None:
    at.sit()
    at.go("own_votes")


@state("own_votes", "closed, one taken out")
def own_votes_closed(at: Visit) -> None:
    round = the_round(at.deliberation)
    if round.is_open:
        vote_row(join(at.deliberation), [1, 0, -1])
        out = accepted(at.deliberation)[1]
        moderate(statement=out, decision="reject", reason="unclear", actor=None, role="moderator")
    at.close()
    at.seat(first_of(at))
    at.go("own_votes")

"""Statements of one's own, and second looks."""

from __future__ import annotations

from unittest.mock import patch

from django.db import OperationalError
from playwright.sync_api import expect

from deliberation.models import Statement
from deliberation.services.appeals import ask_again
from deliberation.services.limits import too_many
from deliberation.services.moderation import moderate
from deliberation.services.rounds import end_proposals
from deliberation.services.statements import propose
from deliberation.similarity import warm_up
from tests.browser.states.base import ALIKE, OWN, Visit, own_statements, state
from tests.factories import SEEDS, the_round


def send(at: Visit, text: str) -> None:
    at.go("propose")
    at.submit("form[data-draft]", text=text)


@state("propose", "an empty field")
def writing(at: Visit) -> None:
    at.sit()
    at.go("propose")


@state("propose", "sent with nothing in it", status=422)
def sent_nothing(at: Visit) -> None:
    at.sit()
    send(at, "")


@state("propose", "said before", status=422)
def sent_what_is_there(at: Visit) -> None:
    at.sit()
    writing(at)
    at.page.locator("#id_text").fill(SEEDS[1])
    at.submit("form[data-draft]")


@state("propose", "noticed something")
def sent_what_is_noticed(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill("Should it ask bob@example.org?")
    at.submit("form[data-draft]")


@state("propose", "votes first", min_votes_to_propose=2)
def votes_first(at: Visit) -> None:
    at.sit(1)
    at.go("propose")


@state("propose", "proposals have ended")
def proposals_ended(at: Visit) -> None:
    me = at.sit()
    if the_round(at.deliberation).phase == "propose":
        own_statements(me)
        end_proposals(round=the_round(at.deliberation), actor=None)
    at.go("propose")


@state("propose", "own statements, decided and not")
def own_on_the_page(at: Visit) -> None:
    own_statements(at.sit())
    at.go("propose")


@state("propose", "too many", status=429)
def too_many_statements(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill(OWN)
    with patch("deliberation.views.proposing.limits.take", side_effect=too_many(3)):
        at.submit("form[data-draft]")


@state("propose", "sent while the database is away", status=503)
def statement_not_stored(at: Visit) -> None:
    writing(at)
    at.page.locator("#id_text").fill(OWN)
    with patch("deliberation.views.proposing.limits.take", side_effect=OperationalError):
        at.submit("form[data-draft]")


@state("similar", "found while typing")
def found_alike(at: Visit) -> None:
    warm_up()
    writing(at)
    at.page.locator("#id_text").press_sequentially(ALIKE)
    expect(at.page.locator("#similar li")).to_contain_text(SEEDS[1])


def rejected(at: Visit) -> Statement:
    me = at.sit()
    made = propose(participant=me, round=the_round(at.deliberation), text=f"{me.pk} {OWN}")
    moderate(statement=made, decision="reject", reason="unclear", actor=None, role="moderator")
    return made


@state("appeal", "to be written")
def appeal(at: Visit) -> None:
    at.go("appeal", rejected(at).number)


@state("appeal", "sent with nothing in it", status=422)
def appeal_for_nothing(at: Visit) -> None:
    appeal(at)
    at.submit()


@state("appeal", "asked already", status=409)
def appealed(at: Visit) -> None:
    statement = rejected(at)
    ask_again(participant=statement.author, statement=statement, text="It is clear to me.")
    at.go("appeal", statement.number)

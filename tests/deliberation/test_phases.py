"""What each role may do in each phase: the table written out again, and acted out.

The product has one table (deliberation/phases.py). Here it stands a second time, the other way
round, and every cell is compared. Then each cell is tried at the real address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse

from aggregation.engine import shipped
from constitutions.drafting import draft_version
from deliberation import deck
from deliberation.access import remember_participant
from deliberation.models import Deliberation, Participant, Round
from deliberation.models.deliberations import Role
from deliberation.models.rounds import PAUSED, ExclusionRule, Phase
from deliberation.phases import OBSERVER, PARTICIPANT, PHASES, allows, ever_allowed
from deliberation.services.exclusions import matches
from deliberation.services.moderation import moderate
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.rounds import (
    close_round,
    consent_hash,
    end_proposals,
    open_round,
    pause_round,
)
from deliberation.services.statements import propose
from tests.constitutions.world import make_run
from tests.deliberation.organising import sign_in_as
from tests.factories import accepted, make_deliberation, make_user, the_round, vote_row

STAGES = ["draft", "propose", "vote", "paused", "closed"]
LETTERS = {
    "o": "owner",
    "g": "organiser",
    "m": "moderator",
    "r": "recruiter",
    "a": "auditor",
    "p": PARTICIPANT,
    "x": OBSERVER,
}

# Who may, in each phase. A dot is nobody.
TABLE = """
                 draft      propose    vote       paused     closed
view             ogmra      ogmra      ogmra      ogmra      ogmra
audit            oga        oga        oga        oga        oga
watch            ogmra      ogmra      ogmra      ogmra      ogmra
copy             og         og         og         og         og
members          o          o          o          o          o
contacts         or         or         or         or         or
edit             og         .          .          .          .
seed             og         og         .          .          .
moderate         ogm        ogm        ogm        ogm        .
recruit          ogr        ogr        ogr        ogr        .
draw             ogr        ogr        ogr        ogr        .
schedule         og         og         og         og         .
open             og         .          .          .          .
pause            .          og         og         .          .
resume           .          .          .          og         .
end_proposals    .          og         .          .          .
close            .          og         og         og         .
amend            .          og         og         og         .
exclude          .          og         og         og         .
reopen           .          .          .          .          og
run              .          .          .          .          og
draft            .          .          .          .          og
publish          .          .          .          .          og
join             p          p          p          p          .
vote             .          p          p          .          .
propose          .          p          .          .          .
withdraw         p          p          p          p          p
read_statements  .          x          x          x          x
read_report      .          .          .          .          x
"""


def _read_table() -> dict[tuple[str, str, str], bool]:
    """(phase, role, action) → may, for every cell."""
    head, *rows = TABLE.strip("\n").splitlines()
    assert head.split() == STAGES
    cells = {}
    for row in rows:
        action, *letters = row.split()
        for stage, may in zip(STAGES, letters, strict=True):
            for letter, role in LETTERS.items():
                cells[stage, role, action] = letter in may
    return cells


CELLS = _read_table()
ACTIONS = sorted({action for _stage, _role, action in CELLS})
WORKERS = Role.values


class TestTable:
    def test_every_phase_names_every_role(self):
        assert set(PHASES) == {*Phase.values, PAUSED} == set(STAGES)
        for roles in PHASES.values():
            assert set(roles) == {*Role.values, PARTICIPANT, OBSERVER} == set(LETTERS.values())

    def test_the_two_tables_know_the_same_actions(self):
        listed = [may for roles in PHASES.values() for may in roles.values()]
        assert frozenset().union(*listed) == set(ACTIONS)

    def test_every_cell_is_the_same(self):
        found = {cell: allows(*cell) for cell in CELLS}
        assert {cell for cell in CELLS if found[cell] != CELLS[cell]} == set()
        assert len(CELLS) == len(STAGES) * len(LETTERS) * len(ACTIONS)

    def test_an_unknown_phase_is_an_error_not_a_permission(self):
        with pytest.raises(KeyError):
            allows("later", PARTICIPANT, "vote")

    def test_an_unknown_action_is_refused(self):
        assert not any(ever_allowed(role, "invented") for role in LETTERS.values())


@dataclass
class World:
    """One deliberation in one phase, with a browser for everybody."""

    stage: str
    deliberation: Deliberation
    clients: dict[str, Client]
    seat_link: str
    pending: int
    participant: Participant
    said: list[str] = field(default_factory=list)

    def at(self, name: str, *rest: object) -> str:
        return reverse(name, args=[self.deliberation.slug, *rest])


Act = Callable[[World, Client], Any]


def get(name: str, *rest: object) -> Act:
    return lambda world, client: client.get(world.at(name, *rest))


def post(name: str, *rest: object, **sent: object) -> Act:
    return lambda world, client: client.post(world.at(name, *rest), sent)


# The address at which an action is done, with a form that would do it or that says what it lacks.
DOING: dict[str, Act] = {
    "view": get("workspace"),
    "audit": get("audit_trail"),
    "watch": get("watch"),
    "copy": get("copy"),
    "members": get("members"),
    "contacts": get("contacts"),
    "edit": post("round_settings"),
    "seed": post("seeds", texts="The assistant should say when it is unsure."),
    "moderate": lambda world, client: client.post(world.at("moderate", world.pending)),
    "recruit": post("seats"),
    "draw": post("quotas"),
    "schedule": post("dates"),
    "open": post("open_round", phase="propose"),
    "pause": post("pause", reason="The server moves."),
    "resume": post("resume"),
    "end_proposals": post("end_proposals"),
    "close": post("close_round"),
    "amend": post("amend"),
    "exclude": lambda world, client: client.post(
        world.at("exclusions"), {"digest": matches(the_round(world.deliberation)).digest}
    ),
    "reopen": post("reopen"),
    "run": post("start_run"),
    "draft": post("edit_preamble", 1, text="We, the panel.", seen=""),
    "publish": post("publish_version", 1, sure="on"),
}


def _join(world: World, client: Client) -> Any:
    sent = {"agree": "on", "consent_hash": consent_hash(the_round(world.deliberation))}
    return client.post(world.seat_link, sent)


def _vote(world: World, client: Client) -> Any:
    statement = accepted(world.deliberation)[0].number
    return client.post(world.at("vote"), {"statement": statement, "value": 1, "key": uuid4()})


SITTING: dict[str, Act] = {
    "vote": _vote,
    "propose": post("propose", text="The assistant should be kind to beginners."),
    "withdraw": post("withdraw"),
}
READING: dict[str, Act] = {"read_statements": get("statements"), "read_report": get("report")}


def test_every_action_is_acted_out():
    assert {*DOING, *SITTING, *READING, "join"} == set(ACTIONS)


@pytest.fixture(params=STAGES)
def world(request: pytest.FixtureRequest, db: None) -> World:
    alice = make_user("alice@example.org")
    deliberation = make_deliberation(owner=alice)
    first, second = issue_seats(deliberation=deliberation, count=2, actor=alice)
    participant = take_seat(
        deliberation=deliberation,
        token=first.token,
        consent_hash=consent_hash(the_round(deliberation)),
    )
    clients = {role: Client() for role in [*WORKERS, "outsider", "anonymous"]}
    clients["owner"].force_login(alice)
    for role in [*WORKERS[1:], "outsider"]:
        sign_in_as(clients[role], role, deliberation)
    pending = _bring_to(request.param, deliberation, participant)
    seat_link = reverse("seat", args=[deliberation.slug, second.token])
    return World(request.param, deliberation, clients, seat_link, pending, participant)


def _bring_to(stage: str, deliberation: Deliberation, participant: Participant) -> int:
    """Move the round there as people would; returns the number of a statement to decide on."""
    if stage == "draft":
        return 1
    # A rule by which votes are left out, and somebody whom it meets.
    plan = shipped("thorough")
    Round.objects.filter(deliberation=deliberation).update(
        exclusion_rule=ExclusionRule.STRAIGHT_AND_SPAM,
        straight_votes=3,
        plan=plan.to_dict(),
        plan_hash=plan.hash,
    )
    open_round(round=the_round(deliberation), actor=None)
    vote_row(participant, [1, 1, 1, 1])
    spam = propose(participant=participant, round=the_round(deliberation), text="Buy my lamps.")
    moderate(statement=spam, decision="reject", reason="spam", actor=None, role="moderator")
    round, text = the_round(deliberation), "The assistant should be brief."
    statement = propose(participant=participant, round=round, text=text)
    if stage == "propose":
        return statement.number
    end_proposals(round=the_round(deliberation), actor=None)
    if stage == "paused":
        pause_round(round=the_round(deliberation), actor=None, reason="The server moves.")
    if stage == "closed":
        close_round(round=the_round(deliberation), actor=None)
        # Of another plan, so that the report of the official run still waits.
        run = make_run(deliberation, selected=(1, 2, 3), plan_hash="d" * 64)
        draft_version(deliberation=deliberation, run=run, actor=None)
    return statement.number


def status_of(world: World, act: Act, client: Client) -> int:
    """How the address answers. Nothing of it stays, so that each request meets the same world."""
    deck.forget(world.deliberation.slug)
    with transaction.atomic():
        status = act(world, client).status_code
        transaction.set_rollback(True)
    deck.forget(world.deliberation.slug)
    return int(status)


# Done, sent on, or what was sent does not hold: in each case the phase and the role allow it.
LET_IN = {200, 302, 303, 422}


def wrong(world: World, role: str, action: str, act: Act, client: Client) -> list[str]:
    """What is to be said about one cell; nothing if the address keeps to the table."""
    try:
        status = status_of(world, act, client)
    except NoReverseMatch as error:
        return [f"{action}: say in DOING which address stands for it. {error}"]
    if CELLS[world.stage, role, action]:
        expected: set[int] = LET_IN
    elif role in WORKERS:
        ever = any(CELLS[stage, role, action] for stage in STAGES)
        expected = {409} if ever else {403}
    else:
        expected = {404, 409}
    return [] if status in expected else [f"{role} {action}: {status}, not in {expected}"]


def test_the_addresses_keep_to_the_table(world):
    for action, act in DOING.items():
        for role in WORKERS:
            world.said += wrong(world, role, action, act, world.clients[role])
    assert world.said == []


def test_outsiders_find_nothing_and_others_are_asked_to_sign_in(world):
    for action, act in DOING.items():
        try:
            outside = status_of(world, act, world.clients["outsider"])
            unknown = status_of(world, act, world.clients["anonymous"])
        except NoReverseMatch as error:
            world.said.append(f"{action}: say in DOING which address stands for it. {error}")
            continue
        if (outside, unknown) != (404, 302):
            world.said.append(f"{action}: outsider {outside}, not signed in {unknown}")
    assert world.said == []


def test_whoever_sits_on_the_panel_may_do_what_the_table_says(world):
    world.said += wrong(world, PARTICIPANT, "join", _join, Client())
    for action, act in SITTING.items():
        world.said += wrong(world, PARTICIPANT, action, act, _on_seat(world))
    assert world.said == []


def test_anybody_may_read_what_the_table_says(world):
    for action, act in READING.items():
        world.said += wrong(world, OBSERVER, action, act, Client())
    assert world.said == []


def _on_seat(world: World) -> Client:
    """A browser that sits on the panel, by the signed cookie that joining gives."""
    response, client = HttpResponse(), Client()
    remember_participant(response, world.participant)
    client.cookies["seat"] = response.cookies["seat"].value
    return client

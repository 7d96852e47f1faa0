"""Nobody, staff included, has a page that shows who voted what.

Two people are known by name, address, reference and seat link: one was invited, one was drawn by
lot. Every page is read twice: after the first of them has voted, and after the second has
instead. A page that names either must say the same both times, so a page that says something else
names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from deliberation import deck
from deliberation.access import remember_participant
from deliberation.models import Contact, Deliberation, Participant
from deliberation.models.deliberations import Role
from deliberation.models.rounds import Phase
from deliberation.services.draws import invite_drawn
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.recruiting import invite, seat_link_token
from deliberation.services.rounds import close_round, consent_hash, open_round
from deploy.addresses import ADDRESSES, ANYONE
from tests.aggregation.reporting import finish
from tests.deliberation.drawing import make_draw, make_pool
from tests.deliberation.organising import sign_in_as
from tests.deploy.asking import CONF, PARAMETERS, path_of
from tests.factories import join, make_deliberation, make_user, the_round, vote_row

VOTED = [1, -1, 1, 0]
# As public numbers of participants; no other number on a page looks like them.
NUMBERS = (730_001, 730_002)
# What differs from one reading to the next and says nothing: safety tokens, keys, times of day.
_NOISE = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|[0-9a-f]{8}-[0-9a-f-]{27}|\d\d:\d\d(:\d\d)?(\.\d+)?'
)
# Whoever else reads along never gets a name, as another test below says.
WITH_CONTACTS = [Role.OWNER, Role.RECRUITER]
# (address, reader, method) → the answer.
Pages = dict[tuple[str, str, str], str]


@dataclass
class World:
    deliberation: Deliberation
    people: list[Participant]
    marks: list[str]
    things: dict[str, object]
    clients: dict[str, Client] = field(default_factory=dict)

    def read_all(self, readers: Iterable[str] = WITH_CONTACTS) -> Pages:
        """What every address answers to these readers; in the workspace to its form, too."""
        pages = {}
        for address, who in product(CONF, readers):
            if ADDRESSES[address.name] == ANYONE and who not in {"anonymous", "owner"}:
                continue  # what is public is the same for all of them
            path = path_of(address, self.deliberation.slug, self.things)
            for method in ["get"] if ADDRESSES[address.name] == ANYONE else ["get", "post"]:
                pages[address.name, who, method] = _ask(self.clients[who], method, path)
        return pages

    def named(self, page: str) -> list[str]:
        return [mark for mark in self.marks if mark in page]


def _ask(client: Client, method: str, path: str) -> str:
    """The answer, without noise. What the question changed is taken back."""
    with transaction.atomic():
        response: HttpResponse = getattr(client, method)(path)
        transaction.set_rollback(True)
    body = b"".join(response) if response.streaming else response.content
    return _NOISE.sub("", _unpacked(body).decode(errors="replace"))


def _unpacked(body: bytes) -> bytes:
    """What is in an archive, one file after the other; else what came."""
    if not body.startswith(b"PK"):
        return body
    with ZipFile(BytesIO(body)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


@pytest.fixture
def world(db: None) -> World:
    owner = make_user()
    deliberation = make_deliberation(owner=owner)
    invited = Contact.objects.create(
        panel=deliberation.panel,
        email="bob@post.example",
        name="Bob Nightingale",
        reference="file-bob",
    )
    draw = make_draw(make_pool(deliberation, 30))
    open_round(round=the_round(deliberation), actor=owner, phase=Phase.VOTE)
    invite(deliberation=deliberation, contacts=[invited], kind="seat", actor=owner)
    invite_drawn(draw=draw, actor=owner)
    drawn = draw.drawn.order_by("member__number")[0].member.contact
    people, marks = [], []
    for contact, number in zip([invited, drawn], NUMBERS, strict=True):
        contact.refresh_from_db()
        assert contact.seat is not None
        token = seat_link_token(contact.seat)
        people.append(_sit(deliberation, token, number))
        # A reference of two characters stands by chance in any fingerprint.
        known_by = [contact.email, contact.name, contact.reference, token]
        marks += [mark for mark in known_by if len(mark) > 5]
    for side in (1, -1, 1, -1, 1, 1, -1, 1, 1, -1):
        vote_row(join(deliberation), [1, side, -side, 0])
    free = issue_seats(deliberation=deliberation, count=1, actor=owner)[0].number
    things = dict.fromkeys(_wanted(), 1) | {"contact": invited.pk, "seat": free}
    world = World(deliberation, people, marks, things)
    world.clients = _browsers(world, owner)
    return world


def _wanted() -> set[str]:
    """What the addresses ask for; 1 is good enough for what this is not about."""
    values = [str(value) for given in PARAMETERS.values() for value in given.values()]
    return {value[1:] for value in values if value.startswith("$")}


def _sit(deliberation: Deliberation, token: str, number: int) -> Participant:
    agreed = consent_hash(the_round(deliberation))
    person = take_seat(deliberation=deliberation, token=token, consent_hash=agreed)
    Participant.objects.filter(pk=person.pk).update(number=number)
    person.refresh_from_db()
    return person


def _browsers(world: World, owner: object) -> dict[str, Client]:
    """One for each role, for an outsider and for nobody in particular; staff have no other."""
    clients = {who: Client() for who in [*Role.values, "outsider", "anonymous"]}
    clients["owner"].force_login(owner)
    for who in set(clients) - {"owner"}:
        sign_in_as(clients[who], who, world.deliberation)
    return clients


@contextmanager
def only_for_now() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def readings(world: World, *, closed: bool) -> list[Pages]:
    """All pages after the first person has voted, and all after the second has instead."""
    found = []
    for person in world.people:
        with only_for_now():
            vote_row(person, VOTED)
            if closed:
                run = finish(close_round(round=the_round(world.deliberation), actor=None))
                world.things["run"] = run.pk
            deck.forget(world.deliberation.slug)
            found.append(world.read_all())
    return found


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_no_page_that_names_a_person_tells_who_voted(world, closed):
    first, second = readings(world, closed=closed)
    naming = {at for at in first if world.named(first[at] + second[at])}
    assert {name for name, *_ in naming} >= {"contacts", "contact", "draw"}, "Nobody was named."
    assert [at for at in sorted(naming) if first[at] != second[at]] == []
    # Nor the number under which votes are published.
    numbered = {at for at, page in first.items() if any(str(n) in page for n in NUMBERS)}
    assert sorted(numbered & naming) == []


def test_only_who_may_see_contacts_reads_a_name(world):
    pages = world.read_all(world.clients)
    readers = {who for (_name, who, _method), page in pages.items() if world.named(page)}
    assert readers == set(WITH_CONTACTS)


def test_people_see_their_own_votes_and_that_is_how_the_test_would_notice(world):
    """The one page that shows votes of a person is theirs, on their own device."""
    vote_row(world.people[0], VOTED)
    response, own = HttpResponse(), Client()
    remember_participant(response, world.people[0])
    own.cookies["seat"] = response.cookies["seat"].value
    address = next(address for address in CONF if address.name == "own_votes")
    path = path_of(address, world.deliberation.slug, world.things)
    vote = "The assistant should admit when it does not know."
    assert vote in own.get(path).content.decode()
    for client in world.clients.values():
        assert vote not in client.get(path).content.decode()


def test_there_is_no_back_door_for_staff():
    assert not [app for app in settings.INSTALLED_APPS if "admin" in app]
    assert not [name for name in ADDRESSES if name.startswith("admin")]

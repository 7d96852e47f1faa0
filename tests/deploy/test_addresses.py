"""Every address of the site, asked for by everybody: what is in no table is not there.

deploy/addresses.py says who may ask for what. Here the URL conf is walked: it and the table name
the same addresses, and each answers the anonymous, an outsider and the five roles as it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse

from constitutions.comparison import compare
from constitutions.drafting import draft_version, publish_version
from deliberation.models import Contact, ListUpload
from deliberation.models.deliberations import Role
from deliberation.phases import PHASES, ever_allowed
from deliberation.services.approvals import agreed, open_approval
from deliberation.services.member_invitations import invitation_token, invite_member
from deliberation.services.panels import issue_seats
from deliberation.services.rounds import close_round
from deploy.addresses import ADDRESSES, ANYONE, SIGNED_IN
from tests.aggregation.reporting import another, finish, voted
from tests.deliberation.drawing import make_draw, make_pool
from tests.deliberation.organising import sign_in_as
from tests.deploy.asking import CONF, PARAMETERS, path_of
from tests.factories import make_user, the_round

VISITORS = ["anonymous", "outsider", *Role.values]

# Addresses whose view may ask for more than the table does, and why.
STRICTER = {
    "refuse_approval": "only roles that may do what was asked for",
    "organise_new": "only users who may begin deliberations",
}


NAMES = [address.name for address in CONF]


def test_the_url_conf_and_the_table_name_the_same_addresses():
    assert "" not in NAMES, "An address without a name cannot be in the table."
    assert set(NAMES) - set(ADDRESSES) == set(), "Add these to deploy/addresses.py."
    assert set(ADDRESSES) - set(NAMES) == set(), "These lead nowhere any more."
    assert len(NAMES) == len(set(NAMES)), "Two addresses share a name."


def test_the_table_speaks_of_actions_that_phases_know():
    known = {action for roles in PHASES.values() for may in roles.values() for action in may}
    assert set(ADDRESSES.values()) - {ANYONE, SIGNED_IN} <= known


def test_every_address_below_organise_belongs_to_a_role():
    """Nothing of a deliberation's workspace is for anybody who happens to have an account."""
    below = [address for address in CONF if address.written.startswith("organise/<slug")]
    assert below
    for address in below:
        assert ADDRESSES[address.name] not in {ANYONE, SIGNED_IN}, address


def test_these_tests_know_what_stands_in_each_address():
    lines = [
        f"“{address.name}” wants {sorted(address.wants - {'slug'})}"
        for address in CONF
        if address.wants - {"slug"} != set(PARAMETERS.get(address.name, {}))
    ]
    assert not lines, (
        "Say in PARAMETERS (tests/deploy/asking.py) what stands in these addresses. Take something "
        "that is there for its owner, so that the page itself is tried:\n" + "\n".join(lines)
    )


@dataclass(frozen=True)
class World:
    """A closed deliberation with its report, a published version and a new draft."""

    slug: str
    things: dict[str, Any]
    clients: dict[str, Client]

    def ask(self, visitor: str, method: str, path: str) -> HttpResponse:
        """The answer. What it changed is taken back, so that everybody meets the same world."""
        with transaction.atomic():
            answer = getattr(self.clients[visitor], method)(path)
            transaction.set_rollback(True)
        return answer


@pytest.fixture
def world(db: None) -> World:
    owner = make_user()
    panel = voted()
    make_draw(make_pool(panel))
    round = close_round(round=the_round(panel), actor=None)
    deliberation, run = round.deliberation, finish(round)
    # The plan of the round selects nothing with so few people; this one always does.
    two_best = another(round, {"rules": [{"id": "approval", "seats": 2}]})
    selecting = finish(round, two_best)
    deliberation.two_people = True
    deliberation.save()
    seats = issue_seats(deliberation=deliberation, count=1, actor=owner)
    version = publish_version(
        version=draft_version(deliberation=deliberation, run=selecting, actor=owner), actor=owner
    )
    compare(version=version)
    draft = draft_version(deliberation=deliberation, run=selecting, actor=owner)
    invitation = invite_member(
        deliberation=deliberation,
        email="carol@example.org",
        role=Role.AUDITOR,
        language="en",
        actor=owner,
    )
    agreed(deliberation=deliberation, action="publish", digest="a", actor=owner)
    contact = Contact.objects.create(panel=deliberation.panel, email="dave@example.org")
    upload = ListUpload.objects.create(
        panel=deliberation.panel, purpose="contacts", actor=owner, data=b"email\nerin@example.org\n"
    )
    clients = {visitor: Client(raise_request_exception=False) for visitor in VISITORS}
    clients["owner"].force_login(owner)
    for visitor in set(VISITORS) - {"owner"}:
        sign_in_as(clients[visitor], visitor, deliberation)
    things = {
        "run": run.pk,
        "seat": seats[0].number,
        "principle": draft.principles.first().key,
        "invitation": invitation.pk,
        "invitation_token": invitation_token(invitation),
        "approval": open_approval(deliberation, "publish").pk,
        "member": deliberation.memberships.get(user=owner).pk,
        "contact": contact.pk,
        "contact_list": upload.pk,
    }
    return World(deliberation.slug, things, clients)


def problem(name: str, visitor: str, method: str, answer: HttpResponse) -> str:
    """What is wrong with this answer, or nothing."""
    status, who = answer.status_code, ADDRESSES[name]
    to_sign_in = status == 302 and answer["Location"].startswith(reverse("sign_in"))
    said = f"{method} {name}, {visitor}: {status}"
    if status >= 500:
        return said
    if who == ANYONE:
        return said if to_sign_in and name not in {"sign_out", "accept_membership"} else ""
    if visitor == "anonymous":
        return "" if to_sign_in else f"{said}, not sent to sign in"
    if who == SIGNED_IN:
        return said if to_sign_in or (status == 403 and name not in STRICTER) else ""
    if visitor == "outsider":
        return "" if status == 404 else f"{said}, not 404"
    if not ever_allowed(visitor, who):
        return "" if status == 403 else f"{said}, not 403"
    # A page that more people may read than change says so to those who send its form.
    refused = {404} if method == "post" or name in STRICTER else {403, 404}
    return f"{said}, though the role has “{who}”" if status in refused else ""


def test_every_address_answers_everybody_as_the_table_says(world):
    """In one test, since the world takes longer to make than the requests take."""
    wrong = []
    for address in CONF:
        name, path = address.name, path_of(address, world.slug, world.things)
        methods = ["get"] if ADDRESSES[name] == ANYONE else ["get", "post"]
        for method, visitor in product(methods, VISITORS):
            wrong.append(problem(name, visitor, method, world.ask(visitor, method, path)))
    assert not any(wrong), "\n".join(filter(None, wrong))


def _anything(request: HttpRequest, **_rest: object) -> HttpResponse:
    return HttpResponse("Here I am.")


# A URL conf to which somebody added addresses and forgot the table.
urlpatterns = [
    path("organise/<slug:slug>/brand-new/", _anything, name="brand_new"),
    path("nameless/", _anything),
    path("", include("deploy.urls")),
]


def test_an_address_without_an_entry_is_not_there(world, settings):
    settings.ROOT_URLCONF = __name__
    missing = (f"/organise/{world.slug}/brand-new/", "/nameless/")
    for visitor, method, path_ in product(VISITORS, ("get", "post"), missing):
        assert world.ask(visitor, method, path_).status_code == 404, (visitor, path_)


def test_with_an_entry_it_is_there_for_its_role(world, settings, monkeypatch):
    """So that the test before this one is about the missing entry and nothing else."""
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(ADDRESSES, "brand_new", "members")
    address = f"/organise/{world.slug}/brand-new/"
    answers = {who: world.ask(who, "get", address).status_code for who in VISITORS}
    assert answers == dict.fromkeys(VISITORS, 403) | {
        "anonymous": 302,
        "outsider": 404,
        "owner": 200,
    }

"""After a lottery two people open the round, where the deliberation says so."""

import pytest
from django.test import Client

from deliberation.models import Approval, Draw, Pool
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import WrongPhase
from deliberation.services.opening import ask_to_open, needs_two_people, opening_digest
from deliberation.services.schedule import move_due_rounds
from deliberation.services.statements import add_seeds
from tests.deliberation.organising import sign_in_as
from tests.deliberation.test_schedule import dated, in_days
from tests.factories import make_deliberation, make_user, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn():
    deliberation = make_deliberation()
    update_draft(deliberation=deliberation, actor=None, two_people=True)
    deliberation.refresh_from_db()
    pool = Pool.objects.create(panel=deliberation.panel)
    Draw.objects.create(
        pool=pool,
        number=1,
        seats=40,
        algorithm="leximin",
        seed="7",
        pool_digest="a" * 64,
        quotas={},
        state="done",
    )
    return deliberation


def ask(deliberation, actor, phase="propose", seen=None) -> bool:
    round = the_round(deliberation)
    return ask_to_open(round=round, phase=phase, actor=actor, seen=seen or opening_digest(round))


def test_without_a_lottery_one_person_is_enough():
    deliberation = make_deliberation()
    update_draft(deliberation=deliberation, actor=None, two_people=True)
    assert not needs_two_people(the_round(deliberation))
    assert ask(deliberation, deliberation.memberships.get().user, seen="anything")


def test_the_first_asks_and_the_second_opens(drawn):
    alice, bob = drawn.memberships.get().user, make_user("bob@example.org")
    drawn.memberships.create(user=bob, role="organiser")
    assert not ask(drawn, alice)
    assert not ask(drawn, alice)
    assert the_round(drawn).phase == "draft"
    assert ask(drawn, bob)
    assert the_round(drawn).phase == "propose"


def test_nobody_agrees_to_something_else(drawn):
    alice, bob = drawn.memberships.get().user, make_user("bob@example.org")
    drawn.memberships.create(user=bob, role="organiser")
    read = opening_digest(the_round(drawn))
    ask(drawn, alice)
    assert not ask(drawn, bob, phase="vote")  # another phase is another request
    add_seeds(round=the_round(drawn), texts=["The assistant should be quiet."], actor=alice)
    with pytest.raises(WrongPhase, match="changed after you opened"):
        ask(drawn, bob, seen=read)
    assert the_round(drawn).phase == "draft"


def test_in_the_browser(drawn, client: Client):
    sign_in_as(client, "organiser", drawn)
    page = client.get("/organise/assistant/open/")
    assert "Ask to open the round" in page.content.decode()
    form = {"phase": "propose", "seen": page.context["digest"]}
    assert client.post("/organise/assistant/open/", form).status_code == 302
    assert (
        "A second person is still needed"
        in client.get("/organise/assistant/open/").content.decode()
    )
    owner = Client()
    owner.force_login(drawn.memberships.get(role="owner").user)
    assert "asks you to agree" in owner.get("/organise/assistant/open/").content.decode()
    owner.post("/organise/assistant/open/", form)
    assert the_round(drawn).phase == "propose"
    assert Approval.objects.get().agreed


def test_a_date_opens_nothing_that_needs_two(drawn):
    dated(drawn, opens_at=in_days(-1))
    assert move_due_rounds() == 0
    assert the_round(drawn).phase == "draft"
    update_draft(deliberation=drawn, actor=None, two_people=False)
    assert move_due_rounds() == 1

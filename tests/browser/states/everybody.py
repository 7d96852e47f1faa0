"""Pages that everybody can read, and addresses where there is none."""

from __future__ import annotations

from unittest.mock import patch
from urllib.parse import urlsplit

from django.urls import reverse

from deliberation.models import Contact, Pool
from deliberation.seat_letters import ending
from deliberation.services.amendments import amend
from deliberation.services.pools import member_token
from deliberation.services.recruiting import invite
from deliberation.services.tokens import token_hash
from tests.browser.states.base import Visit, own_statements, state
from tests.factories import the_round


def of_site(name: str) -> None:
    """A page that has one state."""
    state(name, "as it is")(lambda at: at.page.goto(reverse(name)))


for _name in ("home", "help", "help_organisers"):
    of_site(_name)


@state("deliberation", "open, to be joined", description="Why we *ask*.")
def about_it(at: Visit) -> None:
    at.go("deliberation")


@state("deliberation", "from one's seat")
def about_it_from_ones_seat(at: Visit) -> None:
    at.sit()
    at.go("deliberation")


@state("deliberation", "closed")
def about_what_is_over(at: Visit) -> None:
    at.close()
    at.go("deliberation")


@state("statements", "with own votes")
def statements(at: Visit) -> None:
    at.sit(1, -1, 0)
    at.go("statements")


@state("moderation_log", "with decisions")
def log(at: Visit) -> None:
    own_statements(at.sit())
    at.go("moderation_log")


@state("moderation_log", "narrowed to one statement")
def narrowed_log(at: Visit) -> None:
    at.go("moderation_log", query="?n=1")


@state("deliberation", "paused")
def about_what_rests(at: Visit) -> None:
    at.pause()
    at.go("deliberation")


@state("public_plan", "as it was fixed")
def plan(at: Visit) -> None:
    at.go("public_plan")


@state("amendments", "one change")
def amendments(at: Visit) -> None:
    round = the_round(at.deliberation)
    if not round.amendments.exists():
        amend(round=round, actor=None, role="owner", reason="Too many votes.", target_votes=2)
    at.go("amendments")


@state("stop_letters", "asked once more")
def stop_letters(at: Visit) -> None:
    contact = Contact.objects.filter(panel=at.deliberation.panel).first()
    if contact is None:
        contact = Contact.objects.create(panel=at.deliberation.panel, email="dave@example.org")
        invite(deliberation=at.deliberation, contacts=[contact], kind="seat", actor=None)
    contact.refresh_from_db()
    at.page.goto(urlsplit(ending(contact)).path)


@state("sign_up_link", "not confirmed yet")
def sign_up_link(at: Visit) -> None:
    pool, _made = Pool.objects.get_or_create(panel=at.deliberation.panel, sign_up=True)
    member = pool.members.first()
    if member is None:
        contact = Contact.objects.create(panel=pool.panel, email="dave@example.org")
        token = member_token(pool.pk, 1)
        member = pool.members.create(
            number=1, contact=contact, source="sign_up", token_hash=token_hash(token)
        )
    at.go("sign_up_link", member_token(pool.pk, member.number))


@state("policy", "while proposing")
def policy(at: Visit) -> None:
    at.go("policy")


@state("", "nothing here", status=404)
def not_there(at: Visit) -> None:
    at.page.goto("/d/nothing/")


@state("", "something broke", status=500)
def broken(at: Visit) -> None:
    with patch("deliberation.views.public.current_round", side_effect=RuntimeError):
        at.go("deliberation")


@state("", "the safety token is missing", status=403)
def no_token(at: Visit) -> None:
    at.sit()
    at.go("propose")
    at.page.locator("[name=csrfmiddlewaretoken]").first.evaluate("one => one.remove()")
    at.submit("form[data-draft]")

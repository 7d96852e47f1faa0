"""Pages that everybody can read, and addresses where there is none."""

from __future__ import annotations

from unittest.mock import patch

from django.urls import reverse

from tests.browser.states.base import Visit, own_statements, state


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

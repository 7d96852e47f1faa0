"""What tests of the organiser's pages share: a form that holds, a plan, and roles."""

from django.test import Client

from deliberation.models import Deliberation, Membership
from tests.factories import make_user

FORM = {
    "title": "How an assistant should behave",
    "question": "What should the assistant do?",
    "description": "",
    "open_link": "yes",
    "visibility": "public",
    "consent_text": "You vote on short statements.",
    "moderation": "before",
    "statement_max_length": "180",
    "target_votes": "25",
    "min_votes_to_propose": "0",
    "routing": "balanced",
    "min_exposures": "30",
    "ask_importance": "on",
    "language": "en",
    "plan_choice": "default",
}

OWN_PLAN = """
name = "library"
title = "Three groups"
[grouping]
k = 3
[[rules]]
id = "threshold"
above = 0.6
"""


def sign_in_as(client: Client, role: str, deliberation: Deliberation) -> None:
    """Sign a new user in with this role; an outsider has none, anonymous does not sign in."""
    if role == "anonymous":
        return
    user = make_user(f"{role}@example.org")
    if role != "outsider":
        Membership.objects.create(deliberation=deliberation, user=user, role=role)
    client.force_login(user)

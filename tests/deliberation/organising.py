"""What tests of the organiser's pages share: forms that hold, a plan as a file, and roles."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple
from django.test import Client

from deliberation.amend_form import AmendForm
from deliberation.models import Deliberation, Membership, Round
from deliberation.plan_form import PlanForm
from tests.factories import make_user

# What begins a deliberation.
FORM = {
    "title": "How an assistant should behave",
    "question": "What should the assistant do?",
    "description": "",
    "visibility": "public",
    "language": "en",
}
# The page of texts.
TEXTS = FORM | {"consent_text": "You vote on short statements."}

OWN_PLAN = """
name = "library"
title = "Three groups"
[grouping]
k = 3
[[rules]]
id = "threshold"
above = 0.6
"""


def plan_as_sent(round: Round, kind: type[PlanForm] = PlanForm) -> dict[str, Any]:
    """What a browser sends of the plan's page as it stands, except for the button."""
    form = kind(round=round)
    sent: dict[str, Any] = {f"rules__{rule.number}__id": rule.id for rule in form.rules}
    for field in form:
        value = _sent(field)
        if value is not None:
            sent[field.html_name] = value
    return sent


def amendment_as_sent(round: Round) -> dict[str, Any]:
    """The same of the page for amendments."""
    return plan_as_sent(round, AmendForm)


def _sent(field: BoundField) -> str | list[str] | None:
    value = field.value()
    if isinstance(field.field.widget, CheckboxSelectMultiple):
        return list(value)
    if isinstance(field.field.widget, CheckboxInput):
        return "on" if value else None
    return "" if value is None else str(value)


def sign_in_as(client: Client, role: str, deliberation: Deliberation) -> None:
    """Sign a new user in with this role; an outsider has none, anonymous does not sign in."""
    if role == "anonymous":
        return
    user = make_user(f"{role}@example.org")
    if role != "outsider":
        Membership.objects.create(deliberation=deliberation, user=user, role=role)
    client.force_login(user)

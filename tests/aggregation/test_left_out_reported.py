"""Votes left out by the plan's rule: how many, and what would come out with them, in the report."""

from __future__ import annotations

import pytest
from django.urls import reverse

from deliberation.models import Deliberation, Round
from deliberation.services.exclusions import apply_rule, matches
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, open_round
from deliberation.services.statements import propose
from tests.aggregation.reporting import DEEP, another, finish, text_of
from tests.factories import join, make_deliberation, the_round, vote_row

pytestmark = pytest.mark.django_db

# The last statement has 8/12 · 7/12 = 0.389 without them, and 12/16 · 7/12 = 0.438 with them.
RULE = {"id": "threshold", "measure": "gac_polis", "above": 0.41, "min_group_votes": 5}


def test_the_report_shows_the_outcome_with_and_without_them(client):
    """Four people who agree with everything and advertise carry the last statement over the bar."""
    run = finish(closed_without_them())
    report = text_of(client.get(reverse("report_run", args=["assistant", run.pk])))
    assert "wrote advertising or insults" in report
    change = text_of(client.get(reverse("report_change", args=["assistant", run.pk])))
    assert "counted" in change
    assert run.summary["participants"] == 20
    (variant,) = [one for one in run.summary["variants"] if one["kind"] == "exclusions"]
    assert variant["label"]["params"] == {"people": 4}
    assert variant["added"] == [4]


def closed_without_them() -> Round:
    deliberation = make_deliberation()
    plan = another(the_round(deliberation), DEEP | {"rules": [RULE]})
    Round.objects.filter(deliberation=deliberation).update(
        exclusion_rule="straight_and_spam",
        straight_votes=4,
        plan=plan.to_dict(),
        plan_hash=plan.hash,
    )
    open_round(round=the_round(deliberation), actor=None)
    vote(deliberation)
    round = the_round(deliberation)
    owner = deliberation.memberships.get().user
    assert apply_rule(round=round, actor=owner, digest=matches(round).digest).excluded == 4
    return close_round(round=round, actor=None)


def vote(deliberation: Deliberation) -> None:
    for n in range(20):
        side = 1 if n % 2 else -1
        vote_row(join(deliberation), [1, side, -side, 1 if n % 20 < 13 else -1])
    for _ in range(4):
        who = join(deliberation)
        vote_row(who, [1, 1, 1, 1])
        said = propose(
            participant=who, round=the_round(deliberation), text=f"Buy my book {who.number}."
        )
        moderate(statement=said, decision="reject", reason="spam", actor=None, role="moderator")

"""What tests of the report share: a round with two camps, runs over it, and what a page says."""

from __future__ import annotations

import html
import re
from typing import Any

from django.http import HttpResponse

from aggregation import runs
from aggregation.engine import Plan
from aggregation.models import Run
from deliberation.models import Deliberation, Round
from deliberation.services.rounds import close_round
from tests.factories import join, make_open, the_round, vote_row

# Statements of four seeds only: everyone is placed in a group, also after three votes.
PLAN = {"grouping": {"method": "kmeans", "min_votes": 1, "k": 2}}
# Two rules, people drawn anew, and other choices than those of the plan.
DEEP = PLAN | {
    "rules": [
        {"id": "threshold", "measure": "gac_polis", "above": 0.5, "min_group_votes": 5},
        {"id": "approval", "seats": 2},
    ],
    "stability": {"resamples": 12},
    "sensitivity": {},
}


def voted(people: int = 30, **changes: object) -> Deliberation:
    """Two camps of 20 and 10: all agree on the first seed, the camps oppose on the next two.

    Nobody but three people has seen the last seed.
    """
    deliberation = make_open("vote", **changes)
    for n in range(people):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0 if n < 3 else None])
    return deliberation


def closed(people: int = 30) -> Round:
    return close_round(round=the_round(voted(people)), actor=None)


def finish(round: Round, plan: Plan | None = None) -> Run:
    """A run of this plan, or of the round's own, done."""
    run = runs.create_run(round=round, plan=plan)
    runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.status == "done", run.error
    return run


def two_groups(round: Round) -> Plan:
    return another(round, PLAN)


def another(round: Round, changes: dict[str, Any]) -> Plan:
    """The plan of the round with some of it changed."""
    return Plan.from_dict(round.plan | changes | {"name": "another"})


def text_of(response: HttpResponse) -> str:
    """What the page says, without tags, in single spaces."""
    plain = re.sub(r"<(script|style|svg|head).*?</\1>", " ", response.content.decode(), flags=re.S)
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", plain)).split())
    return words.replace("\u00a0", " ")

"""A closed deliberation with a finished run, its findings written by hand."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from aggregation.models import (
    GroupFinding,
    Run,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)
from deliberation.models import Deliberation, Statement
from deliberation.services.rounds import close_round
from deliberation.services.statements import add_seeds
from tests.factories import accepted, make_open, the_round

# Numbers 5 to 8; 1 to 4 are the seeds of tests.factories.
MORE = [
    "The AI should be patient with slow readers.",
    "The AI must never mock a person's accent.",
    "Who checks | the *checkers* <b>here</b>?",
    "If asked for its sources, the AI should name them.",
]
GROUPS = (6, 4)


def make_closed(**changes: object) -> Deliberation:
    """Eight statements, no votes, closed."""
    deliberation = make_open(**changes)
    add_seeds(round=the_round(deliberation), texts=MORE, actor=None)
    close_round(round=the_round(deliberation), actor=None)
    return deliberation


def make_run(
    deliberation: Deliberation,
    selected: Iterable[int] = (5, 6, 7, 1),
    *,
    done: bool = True,
    **changes: object,
) -> Run:
    """A run that selected these statement numbers, in this order; the rest is not selected.

    Statement n got 9 agree votes, one disagree vote and n passes, most of them in group 0.
    """
    round = the_round(deliberation)
    wanted: dict = {"plan": round.plan, "plan_hash": round.plan_hash, "seed": 7} | changes
    run = Run.objects.create(round=round, **wanted)
    for label, size in enumerate(GROUPS):
        GroupFinding.objects.create(run=run, label=label, size=size)
    ranks = {number: rank for rank, number in enumerate(selected, start=1)}
    for statement in accepted(deliberation):
        _findings(run, statement, ranks.get(statement.number))
    if done:
        finish(run)
    return run


def finish(run: Run) -> None:
    run.status, run.finished_at, run.summary = "done", timezone.now(), {}
    run.input_digest, run.outcome_digest, run.engine_version = "b" * 64, "c" * 64, "1"
    run.save()


def _findings(run: Run, statement: Statement, rank: int | None) -> None:
    StatementFinding.objects.create(
        run=run, statement=statement, agree=9, disagree=1, passed=statement.number, gac_raw=0.75
    )
    for group, (agree, disagree, passed) in enumerate([(6, 0, statement.number), (3, 1, 0)]):
        StatementGroupFinding.objects.create(
            run=run, statement=statement, group=group, agree=agree, disagree=disagree,
            passed=passed, share=agree / (agree + disagree + passed),
        )  # fmt: skip
    SelectionFinding.objects.create(
        run=run,
        rule_index=0,
        rule="threshold",
        statement=statement,
        status="selected" if rank else "not_selected",
        rank=rank,
        score=0.9 - rank / 100 if rank else 0.1,
    )

"""A run from votes to outcome: a pure function of the votes, the plan and the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aggregation.engine.fairness import fairness
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan
from aggregation.engine.randomness import checked_seed
from aggregation.engine.sensitivity import variants
from aggregation.engine.stability import Resamples, stability_of
from aggregation.engine.steps import (
    ENGINE_VERSION,
    conclude,
    group,
    place,
    taking_part,
    tally,
)

__all__ = ["ENGINE_VERSION", "aggregate", "look_back"]

Progress = Callable[[float, str], None]


def aggregate(
    matrix: VoteMatrix, plan: Plan, seed: int | None = None, *, progress: Progress | None = None
) -> Outcome:
    """Run a plan over the votes.

    seed     : start of all random draws; the plan's own if None.
    progress : called with the share done, 0 to 1, and the name of the step that begins:
               "participants", "space", "groups", "consensus", "rules", "looking_back", "done".
    Raises EngineError: no_votes, nobody_left, declared_groups_missing, too_few_points,
    seed_out_of_range, space_not_converged, and what the rules and weights of the plan refuse.
    The same arguments give the same bytes.
    """
    say: Progress = progress or (lambda share, step: None)
    start = checked_seed(plan.seed if seed is None else seed)
    say(0.0, "participants")
    people = taking_part(matrix, plan)
    say(0.1, "space")
    space = place(people.matrix, plan, start)
    say(0.3, "groups")
    grouping = group(people.matrix, plan, space.positions, start)
    say(0.4, "consensus")
    found = tally(people.matrix, grouping)
    say(0.45, "rules")
    outcome = conclude(
        plan=plan,
        seed=start,
        input_digest=matrix.digest,
        people=people,
        participant_ids=people.matrix.participant_ids,
        space=space,
        grouping=grouping,
        found=found,
    )
    say(0.5, "looking_back")
    outcome = look_back(matrix, plan, outcome)
    say(1.0, "done")
    return outcome


def look_back(
    matrix: VoteMatrix, plan: Plan, outcome: Outcome, *, resamples: Resamples | None = None
) -> Outcome:
    """The outcome with what the plan asks for beyond the run: variants, stability, properties.

    resamples : if they were computed elsewhere.
    """
    firm = None
    if plan.stability is not None:
        firm = stability_of(matrix, plan, outcome, resamples=resamples).to_dict()
    return replace(
        outcome,
        variants=tuple(one.to_dict() for one in variants(matrix, plan, outcome)),
        stability=firm,
        properties=fairness(matrix, plan, outcome),
    )

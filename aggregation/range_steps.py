"""What the parts of a large run compute, and how the results of a step become the next one's.

    read      each range   votes read, once and for all; their digests; their sums (Statistics)
    weigh     one worker   weights, if the plan has any, from what is known of the people
    count     each range   Statistics by these weights
    axes      one worker   axes of opinion, from all Statistics together
    place     each range   where people stand
    group     one worker   opinion groups, from where everyone stands
    tally     each range   votes by group
    resample  some each    resamples of the people, if the plan asks for stability
    save      one worker   the outcome

Each is a step of ``engine/steps.py`` on a range, and ranges add up exactly, so the outcome is that
of one worker. Some work is not cut, because it has to see all votes at once: rules that do not work
from counts, and what looks at the run as a whole. Then the last step, and each part of
``resample``, loads the whole matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import reduce
from operator import add

import numpy as np

from aggregation.engine import OpinionSpace, Outcome, Plan, VoteMatrix
from aggregation.engine import steps as engine_steps
from aggregation.engine.consensus import Weighted
from aggregation.engine.opinion_space import (
    MOST_STATEMENTS,
    Axes,
    find_axes,
    placed,
    products_pay,
)
from aggregation.engine.pipeline import look_back
from aggregation.engine.registry import RULES
from aggregation.engine.resampling import Resamples, resample_range, together
from aggregation.engine.statistics import Statistics, statistics
from aggregation.engine.steps import Tally, conclude, group, takes_part, taking_part, tally
from aggregation.loading import load_matrix
from aggregation.packing import of_people, pack, pack_grouping, unpack
from aggregation.range_job import Job, Ranges, about, cells_of


@dataclass(frozen=True)
class Kept:
    """What a part leaves: ``result`` for the step that puts results together; ``rows``, what later
    steps need to know of its people one by one; ``cells``, their votes."""

    result: bytes = b""
    rows: bytes | None = None
    cells: bytes | None = None


def _always(plan: Plan) -> bool:
    return True


@dataclass(frozen=True)
class Step:
    """One step. ``said`` is its name for people (``words.py``); ``compute`` is None for the last
    one, which saves; ``needed`` says whether a plan has it."""

    name: str
    said: str
    cut: Callable[[Job], Ranges]
    compute: Callable[[Job, int, int], Kept] | None
    needed: Callable[[Plan], bool] = _always


def read(job: Job, low: int, high: int) -> Kept:
    """Who there is, and the votes of those who take part counted, unless weights come first."""
    matrix = load_matrix(job.run.round, job.plan, between=(low, high))
    counted = b""
    if job.plan.weights is None:
        counted = _counted(matrix.restrict(participants=takes_part(matrix, job.plan)))
    return Kept(counted, pack(**about(matrix)), pack(**cells_of(matrix)))


def _counted(people: VoteMatrix) -> bytes:
    return statistics(people, gram=people.n_statements <= MOST_STATEMENTS).to_bytes()


def weigh(job: Job, low: int, high: int) -> Kept:
    """Weights of everyone, 0 for those who take no part."""
    everyone = job.everyone()
    weights = np.zeros(job.n_people, dtype=np.int64)
    found = taking_part(everyone, job.plan).matrix.weights
    weights[takes_part(everyone, job.plan)] = 0 if found is None else found
    return Kept(rows=pack(weights=weights))


def count(job: Job, low: int, high: int) -> Kept:
    """Votes counted by weight."""
    people, _ = job.people(low, high)
    return Kept(_counted(people))


def axes(job: Job, low: int, high: int) -> Kept:
    """The axes of opinion. Refuses a run in which nobody takes part."""
    taking_part(job.everyone(), job.plan)
    total = reduce(add, (Statistics.from_bytes(found) for found in job.results(job.counting)))
    found: Axes
    if total.has_gram and products_pay(total):
        found = find_axes(total, dimensions=job.plan.space.dimensions, seed=job.run.seed)
    else:
        people, _ = job.people(0, job.n_people)
        found = engine_steps.place(people, job.plan, job.run.seed)
    return Kept(pack(**{one.name: getattr(found, one.name) for one in fields(Axes)}))


def place(job: Job, low: int, high: int) -> Kept:
    """Where people stand on the axes."""
    people, _ = job.people(low, high)
    return Kept(pack(positions=placed(people, _axes(job)).positions))


def _axes(job: Job) -> Axes:
    return Axes(**unpack(next(job.results("axes"))))


def find_groups(job: Job, low: int, high: int) -> Kept:
    """Opinion groups; -1 for people who take no part."""
    everyone = job.everyone()
    people = taking_part(everyone, job.plan).matrix
    grouping = group(people, job.plan, job.positions, job.run.seed)
    mask = takes_part(everyone, job.plan)
    rows = {name: np.full(job.n_people, -1, dtype=np.int32) for name in of_people(grouping)}
    for name, known in of_people(grouping).items():
        rows[name][mask] = known
    return Kept(pack_grouping(grouping), pack(**rows))


def count_groups(job: Job, low: int, high: int) -> Kept:
    """Votes by group."""
    people, mask = job.people(low, high)
    found = tally(people, job.grouping(low, high, mask))
    heavy = found.weighted
    return Kept(
        pack(
            group_counts=found.group_counts,
            counts=found.counts,
            support=found.support,
            heavy=heavy.counts if heavy else None,
            squares=heavy.squares if heavy else None,
        )
    )


def _tally(packed: bytes) -> Tally:
    found = unpack(packed)
    weighted = Weighted(found["heavy"], found["squares"]) if "heavy" in found else None
    return Tally(found["group_counts"], found["counts"], found["support"], weighted)


def resample(job: Job, low: int, high: int) -> Kept:
    """Some of the resamples."""
    matrix = job.load(0, job.n_people)
    base = _concluded(job, matrix)
    return Kept(resample_range(matrix, job.plan, job.run.seed, low, high, base=base).to_bytes())


def needs_votes(plan: Plan) -> bool:
    """Whether the last step has to see all votes at once."""
    looking_back = (plan.stability, plan.sensitivity, plan.properties)
    by_votes = any(not RULES[rule.id].from_counts for rule in plan.rules)
    return by_votes or any(section is not None for section in looking_back)


def outcome(job: Job) -> Outcome:
    """The outcome of the run, from what all steps left."""
    if not needs_votes(job.plan):
        return _concluded(job, None)
    matrix = job.load(0, job.n_people)
    parts = [Resamples.from_bytes(found) for found in job.results("resample")]
    resamples = together(parts) if parts else None
    return look_back(matrix, job.plan, _concluded(job, matrix), resamples=resamples)


def _concluded(job: Job, matrix: VoteMatrix | None) -> Outcome:
    """The outcome as far as rules go. ``matrix`` is not needed if they work from counts."""
    everyone = job.everyone()
    people = taking_part(everyone if matrix is None else matrix, job.plan)
    return conclude(
        plan=job.plan,
        seed=job.run.seed,
        input_digest=job.input_digest(everyone),
        people=people,
        participant_ids=people.matrix.participant_ids,
        space=OpinionSpace(**unpack(next(job.results("axes"))), positions=job.positions),
        grouping=job.grouping(0, job.n_people, takes_part(everyone, job.plan)),
        found=reduce(add, (_tally(found) for found in job.results("tally"))),
    )


def _ranges(job: Job) -> Ranges:
    return job.ranges


def _whole(job: Job) -> Ranges:
    return job.whole


def _resamples(job: Job) -> Ranges:
    return job.resamples


def _has_weights(plan: Plan) -> bool:
    return plan.weights is not None


def _has_stability(plan: Plan) -> bool:
    return plan.stability is not None


STEPS: tuple[Step, ...] = (
    Step("read", "participants", _ranges, read),
    Step("weigh", "participants", _whole, weigh, _has_weights),
    Step("count", "participants", _ranges, count, _has_weights),
    Step("axes", "space", _whole, axes),
    Step("place", "space", _ranges, place),
    Step("group", "groups", _whole, find_groups),
    Step("tally", "consensus", _ranges, count_groups),
    Step("resample", "looking_back", _resamples, resample, _has_stability),
    Step("save", "rules", _whole, None),
)


def steps_of(job: Job) -> tuple[Step, ...]:
    """The steps that the run's plan needs, in order."""
    return tuple(step for step in STEPS if step.needed(job.plan))


def n_parts(job: Job) -> int:
    """Parts of all steps."""
    return sum(len(step.cut(job)) for step in steps_of(job))

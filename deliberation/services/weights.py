"""The worker's part of routing: what statements weigh, and which opinion group people are in.

Cards only read ``routing_weight``, ``group_weights`` and ``routing_group``. Nothing here holds the
round's lock, and rows are written in short statements of their own, so no vote waits for it. While
no worker runs, the last weights serve, and a new statement has the weight it was made with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from aggregation.engine import Plan, VoteMatrix, kmeans_grouping, opinion_space, priority
from deliberation import routing
from deliberation.models import Participant, Round, Statement

# Opinion groups of fewer people than this say little and change with every vote.
MIN_PEOPLE = 50
_PEOPLE_PER_WRITE = 500
_ORDER_OF_CHOICES = {1: 0, -1: 1, 0: 2}

_SIZES = """
    SELECT routing_group, count(*) FROM deliberation_participant
    WHERE deliberation_id = %s AND withdrawn_at IS NULL AND routing_group IS NOT NULL
    GROUP BY routing_group
"""
_EXPOSURES = """
    SELECT e.statement_id, p.routing_group, count(*)
    FROM deliberation_exposure e JOIN deliberation_participant p ON p.id = e.participant_id
    WHERE e.round_id = %s AND p.withdrawn_at IS NULL
    GROUP BY e.statement_id, p.routing_group
"""
_VOTES = """
    SELECT v.statement_id, p.routing_group, count(*), v.value
    FROM deliberation_vote v JOIN deliberation_participant p ON p.id = v.participant_id
    WHERE v.round_id = %s AND p.withdrawn_at IS NULL
    GROUP BY v.statement_id, p.routing_group, v.value
"""
# The groups' weights come as one long array, statement by statement.
_WRITE_WEIGHTS = """
    UPDATE deliberation_statement s SET routing_weight = n.weight, group_weights = n.by_group
    FROM (
        SELECT id, weight,
               (%(groups)s::float8[])[(place - 1) * %(width)s + 1 : place * %(width)s] AS by_group
        FROM unnest(%(ids)s::bigint[], %(overall)s::float8[])
            WITH ORDINALITY AS u (id, weight, place)
    ) n
    WHERE s.id = n.id
"""
_CAST = """
    COPY (SELECT participant_id, statement_id, value FROM deliberation_vote WHERE round_id = %s)
    TO STDOUT (DELIMITER ' ')
"""
_WRITE_GROUPS = """
    UPDATE deliberation_participant p SET routing_group = n.label
    FROM unnest(%s::bigint[], %s::smallint[]) AS n (id, label)
    WHERE p.id = n.id AND p.routing_group IS DISTINCT FROM n.label
"""


def refresh_weights(*, round: Round) -> int:
    """Set the weights of every counting statement from what was shown and voted so far.

    Showings to people who have left do not count: their votes are gone. Returns how many
    statements there are.
    """
    ids = Statement.objects.counting().filter(round=round).order_by("pk")
    statements = np.array(ids.values_list("pk", flat=True), dtype=np.int64)
    if len(statements):
        found = routing.weights(round.routing, _evidence(round, statements))
        _write_weights(statements, found)
    return len(statements)


def assign_groups(*, round: Round) -> int:
    """Put people with enough votes into opinion groups; returns how many there are of them.

    The groups are those of the plan's settings: k-means in the opinion space, of people with the
    votes it asks for (7 if it does not say). They keep their numbers as far as they keep their
    people. With fewer than ``MIN_PEOPLE`` nothing changes. They steer routing and nothing else; the
    report's groups are computed anew from all votes.
    """
    plan = Plan.from_dict(round.plan)
    matrix = _matrix(round)
    settings = plan.grouping
    needed = min(settings.min_votes, matrix.n_statements)
    people = int((matrix.votes_by_participant >= max(needed, 1)).sum())
    if people < MIN_PEOPLE:
        return 0
    space = opinion_space(matrix, dimensions=plan.space.dimensions, seed=plan.seed)
    grouping = kmeans_grouping(
        matrix,
        space.positions,
        k_min=settings.k or settings.k_min,
        k_max=settings.k or settings.k_max,
        base_clusters=settings.base_clusters,
        starts=settings.starts,
        min_votes=settings.min_votes,
        seed=plan.seed,
    )
    keep_groups(round=round, people=matrix.participant_ids, labels=grouping.labels)
    return people


def keep_groups(*, round: Round, people: NDArray[np.int64], labels: NDArray[np.int32]) -> None:
    """Put people into these opinion groups, under the numbers they had as far as people stay.

    people : primary keys. labels : int32[n], a group from 0 up, or -1 for none.
    """
    before = _groups_now(round, people)
    _write_groups(people, before, match_groups(before, labels))


def match_groups(before: NDArray[np.int32], after: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32[n]: ``after`` under the numbers of ``before``, so that most people keep theirs.

    before, after : int32[n], a group from 0 up, or -1 for none. Groups are paired so that as many
    people as possible stay (linear assignment); a group without a partner takes the lowest number
    that is free.
    """
    width = int(max(before.max(initial=-1), after.max(initial=-1))) + 1
    both = (before >= 0) & (after >= 0)
    together = np.bincount(after[both] * width + before[both], minlength=width * width)
    table = together.reshape(width, width)
    number = np.full(width + 1, -1, dtype=np.int32)  # the last entry is for -1
    for new, old in zip(*linear_sum_assignment(table, maximize=True), strict=True):
        if table[new, old]:
            number[new] = old
    free = iter(sorted(set(range(width)) - set(number.tolist())))
    for new in np.unique(after[after >= 0]):
        if number[new] < 0:
            number[new] = next(free)
    return number[after]


def polis_priority(votes: NDArray[np.int64], group_sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64[m]: Polis's comment priority (``aggregation.engine.priority``) from counts alone.

    votes : int64[G + 1, m, 3], see ``routing.Evidence``; everyone's votes count.
    Polis takes how far out a statement lies from the principal axes of all votes. Here they are
    the axes of the part of the votes that lies between the groups, which needs no more than the
    counts. Without groups nothing lies far out yet.
    """
    return priority(votes.sum(axis=0), _extremity(votes, group_sizes))


def _extremity(votes: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """As ``OpinionSpace.extremity``, of the centred votes projected on the groups.

    With X the people by statements matrix of (vote - mean), 0 where unseen, row g of the
    projection is the sum of X over group g divided by √(people in g).
    """
    lean = (votes[..., 0] - votes[..., 1]).astype(np.float64)
    seen = votes.sum(axis=2)
    center = lean.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    used = np.flatnonzero(sizes)
    between = (lean - center * seen)[used] / np.sqrt(sizes[used])[:, None]
    if not np.any(between):
        return np.zeros(votes.shape[1])
    _, strengths, axes = np.linalg.svd(between, full_matrices=False)
    axes = axes[:2] * (strengths[:2] > 1e-9 * strengths[0])[:, None]
    length = np.sqrt((axes**2).sum(axis=0))
    return np.asarray(np.sqrt(votes.shape[1]) * (1.0 - center) * length)


def _evidence(round: Round, statements: NDArray[np.int64]) -> routing.Evidence:
    sizes = _sizes(round)
    exposures = np.zeros((len(sizes) + 1, len(statements)), dtype=np.int64)
    votes = np.zeros((*exposures.shape, 3), dtype=np.int64)
    for at, group, (count,) in _counts(_EXPOSURES, round, statements, len(sizes)):
        exposures[group, at] += count
    for at, group, (count, value) in _counts(_VOTES, round, statements, len(sizes)):
        votes[group, at, _ORDER_OF_CHOICES[value]] += count
    return routing.Evidence(
        exposures=exposures,
        votes=votes,
        group_sizes=sizes,
        priority=polis_priority(votes, sizes),
        min_exposures=round.min_exposures,
        threshold=threshold_per_group(Plan.from_dict(round.plan), int(np.count_nonzero(sizes))),
    )


def threshold_per_group(plan: Plan, n_groups: int) -> float:
    """The share of agreement that every group must exceed, by the plan's first rule.

    A product over groups is split evenly: its n-th root. A rule without a threshold is taken to
    ask for more than half.
    """
    rule = plan.rules[0]
    if rule.id != "threshold":
        return 0.5
    above = float(rule.settings["above"] or 0.0)
    if rule.settings["measure"] == "min_group":
        return above
    return float(above ** (1 / max(n_groups, 1)))


def _sizes(round: Round) -> NDArray[np.int64]:
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [round.deliberation_id])
        found = dict(cursor.fetchall())
    return np.array([found.get(g, 0) for g in range(max(found, default=-1) + 1)], dtype=np.int64)


def _counts(
    query: str, round: Round, statements: NDArray[np.int64], n_groups: int
) -> list[tuple[int, int, Sequence[int]]]:
    """Place of the statement, group (the last one for none) and numbers of each row that counts."""
    with connection.cursor() as cursor:
        cursor.execute(query, [round.pk])
        rows = cursor.fetchall()
    place = {int(pk): at for at, pk in enumerate(statements)}
    return [
        # A group that came up after the sizes were read counts as none until the next refresh.
        (place[pk], n_groups if group is None or group >= n_groups else group, numbers)
        for pk, group, *numbers in rows
        if pk in place
    ]


def _write_weights(statements: NDArray[np.int64], found: routing.Weights) -> None:
    row: dict[str, Any] = {
        "ids": statements.tolist(),
        "overall": found.overall.tolist(),
        "groups": found.groups.T.ravel().tolist(),
        "width": len(found.groups),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_WEIGHTS, row)


def _matrix(round: Round) -> VoteMatrix:
    """Votes of people who count on statements that count, by primary key."""
    people = Participant.objects.filter(
        deliberation=round.deliberation_id, exclusion=None, withdrawn_at=None
    )
    statements = Statement.objects.counting().filter(round=round)
    # Past Django's own cursor: the one it takes while debugging copies without parameters.
    with connection.cursor() as wrapped, wrapped.cursor.copy(_CAST, [round.pk]) as copy:
        text = b"".join(bytes(chunk) for chunk in copy).decode("ascii")
    who, what, value = np.fromstring(text, dtype=np.int64, sep=" ").reshape(-1, 3).T
    counts = _among(who, people) & _among(what, statements)
    return VoteMatrix.from_triplets(
        who[counts],
        what[counts],
        value[counts],
        statement_ids=np.array(statements.values_list("pk", flat=True), dtype=np.int64),
    )


def _among(ids: NDArray[np.int64], rows: Any) -> NDArray[np.bool_]:
    return np.isin(ids, np.array(rows.values_list("pk", flat=True), dtype=np.int64))


def _groups_now(round: Round, people: NDArray[np.int64]) -> NDArray[np.int32]:
    known = dict(
        Participant.objects.filter(
            deliberation=round.deliberation_id, routing_group__isnull=False
        ).values_list("pk", "routing_group")
    )
    return np.array([known.get(pk, -1) for pk in people.tolist()], dtype=np.int32)


def _write_groups(
    people: NDArray[np.int64], before: NDArray[np.int32], after: NDArray[np.int32]
) -> None:
    """A few people at a time: a vote waits for the row of its voter, so it must be free soon."""
    changed = np.flatnonzero(before != after)
    for start in range(0, len(changed), _PEOPLE_PER_WRITE):
        part = changed[start : start + _PEOPLE_PER_WRITE]
        labels = [None if label < 0 else label for label in after[part].tolist()]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_GROUPS, [people[part].tolist(), labels])

"""What the watch page shows of a round, from tallies and small tables. Never what votes say.

Written as JSON by a worker, read by pages (selectors/watching.py). Counts of people by what they
say of themselves hide what is below ten; everything else is about the round as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Trunc

from deliberation.models import (
    Exclusion,
    HourTally,
    JoinTally,
    Participant,
    Round,
    Statement,
    StatementTally,
    VoterTally,
)
from deliberation.models.panels import SeatKind
from deliberation.models.statements import Origin

from .watch_quotas import quotas

# Who has not done anything for so long does not come back by themselves, as a rule.
AWAY: Final = timedelta(hours=24)
# Of how many timed votes a person is said to be quick, and with which share of quick ones.
_TIMED, _QUICK_SHARE = 10, 0.5
# So many people from one network within one hour are worth a look.
_BURST = 10
_LISTED, _LEAST_SEEN = 30, 10
_BINS = 20


def figures(round: Round, as_of: datetime) -> dict[str, Any]:
    """Everything that is shown, as it is known at ``as_of``. Times are ISO 8601 in UTC."""
    people = Participant.objects.of_round(round.closed_at).filter(deliberation=round.deliberation)
    voters: list[Any] = list(
        VoterTally.objects.filter(round=round, participant__in=people)
        .annotate(number=F("participant__number"), joined_at=F("participant__joined_at"))
        .values_list(
            "number",
            "agree",
            "disagree",
            "passes",
            "timed",
            "quick",
            "last_at",
            "joined_at",
            named=True,
        )
    )
    return {
        "people": _people(round, people, voters, as_of),
        "per_person": _per_person(round, people.count(), voters),
        "hours": _hours(round, people),
        "statements": _statements(round),
        "quotas": quotas(round),
        "flags": _flags(round, voters),
    }


def _cast(voter: Any) -> int:
    return int(voter.agree + voter.disagree + voter.passes)


def _people(
    round: Round, people: QuerySet[Participant], voters: Sequence[Any], as_of: datetime
) -> dict[str, Any]:
    panel = round.deliberation.panel
    target = _target(round)
    away = as_of - AWAY
    voting = [voter for voter in voters if _cast(voter)]
    unfinished = [voter for voter in voting if _cast(voter) < target]
    early = people.filter(joined_at__lt=away).count()
    early_voters = sum(voter.joined_at < away for voter in voting)
    invited = panel.seats.filter(kind=SeatKind.INVITED, revoked_at=None)
    left = Participant.objects.filter(
        deliberation=round.deliberation_id, withdrawn_at__isnull=False
    )
    return {
        "wanted": panel.size_wanted,
        "seats": invited.count(),
        "seats_free": invited.filter(taken_at=None).count(),
        "joined": people.count(),
        "voted": len(voting),
        "finished": len(voting) - len(unfinished),
        "target": target,
        "silent": early - early_voters,
        "stopped": sum(voter.last_at < away for voter in unfinished),
        "left": left.count(),
        "excluded": Exclusion.objects.filter(participant__in=people).count(),
    }


def _target(round: Round) -> int:
    """Votes asked of each person: no more than there are statements."""
    return min(round.target_votes, Statement.objects.counting().filter(round=round).count()) or 1


def _per_person(round: Round, joined: int, voters: Sequence[Any]) -> list[list[int]]:
    """How many people cast how many votes: first, last (included) and count of each bin."""
    cast = [n for n in map(_cast, voters) if n]
    target = _target(round)
    width = max(1, -(-(target - 1) // 6))
    edges = [*range(1, target, width), target]
    bins = [[0, 0, joined - len(cast)]]
    for first, after in pairwise(edges):
        bins.append([first, after - 1, sum(first <= n < after for n in cast)])
    return [*bins, [target, -1, sum(n >= target for n in cast)]]


def _hours(round: Round, people: QuerySet[Participant]) -> list[list[Any]]:
    """Hour, votes, changes, people who joined and statements proposed; hours without are left out.

    Who joined before the round opened came in its first hour, as far as it goes.
    """
    votes: Counter[datetime] = Counter()
    changes: Counter[datetime] = Counter()
    for hour, n, changed in HourTally.objects.filter(round=round).values_list(
        "hour", "votes", "changes"
    ):
        votes[hour], changes[hour] = n, changed
    joined = _by_hour(people, "joined_at")
    proposed = _by_hour(round.statements.filter(origin=Origin.PANEL), "created_at")
    hours = sorted({*votes, *changes, *joined, *proposed})
    return [
        [hour.astimezone(UTC).isoformat(), votes[hour], changes[hour], joined[hour], proposed[hour]]
        for hour in hours
    ]


def _by_hour(rows: QuerySet[Any], column: str) -> Counter[datetime]:
    counted = (
        rows.annotate(hour=Trunc(column, "hour", tzinfo=UTC))
        .values_list("hour")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return Counter(dict(counted))


def _statements(round: Round) -> dict[str, Any]:
    """How evenly statements were shown and voted on; the least seen ones by number."""
    counting = dict(Statement.objects.counting().filter(round=round).values_list("pk", "number"))
    tallies = {
        pk: (shown, votes)
        for pk, shown, votes in StatementTally.objects.filter(statement__in=counting).values_list(
            "statement_id", "shown", "votes"
        )
    }
    rows = sorted((*tallies.get(pk, (0, 0)), number) for pk, number in counting.items())
    shown, votes = [row[0] for row in rows], [row[1] for row in rows]
    return {
        "counting": len(rows),
        "from_panel": round.statements.filter(origin=Origin.PANEL).count(),
        "shown": _spread(shown),
        "votes": _spread(votes),
        "under": sum(n < round.min_exposures for n in shown),
        "wanted": round.min_exposures,
        "bins": _bins(shown),
        "least_seen": [[number, n, cast] for n, cast, number in rows[:_LEAST_SEEN]],
    }


def _spread(counts: Sequence[int]) -> dict[str, float]:
    """Least, median and most; all 0 without any."""
    found = counts or [0]
    return {"least": min(found), "median": median(found), "most": max(found)}


def _bins(counts: Sequence[int]) -> list[list[int]]:
    """How many statements were shown how often: first, last (included) and count of each bin."""
    if not counts:
        return []
    least, most = min(counts), max(counts)
    width = max(1, -(-(most - least + 1) // _BINS))
    found = Counter((n - least) // width for n in counts)
    return [
        [least + at * width, least + at * width + width - 1, found[at]]
        for at in range((most - least) // width + 1)
    ]


def _flags(round: Round, voters: Sequence[Any]) -> dict[str, Any]:
    """What looks unusual. Numbers of people only, and nothing follows from it by itself."""
    timed = [voter for voter in voters if voter.timed >= _TIMED]
    quick = [voter.number for voter in timed if voter.quick >= _QUICK_SHARE * voter.timed]
    many = [voter for voter in voters if _cast(voter) >= round.straight_votes]
    straight = [
        voter.number
        for voter in many
        if _cast(voter) == max(voter.agree, voter.disagree, voter.passes)
    ]
    return {
        "quick": _listed(quick, len(timed)),
        "straight": _listed(straight, len(many)),
        "bursts": _bursts(round),
    }


def _listed(numbers: Iterable[int], of: int) -> dict[str, Any]:
    found = sorted(numbers)
    return {"people": len(found), "of": of, "numbers": found[:_LISTED]}


def _bursts(round: Round) -> list[list[Any]]:
    """Hour, networks and people: hours in which many joined from one network."""
    counted = (
        JoinTally.objects.filter(deliberation=round.deliberation_id)
        .filter(joined__gte=_BURST)
        .order_by("hour")
        .values_list("hour", "joined")
    )
    hours: dict[datetime, list[int]] = {}
    for hour, joined in counted:
        hours.setdefault(hour, []).append(joined)
    return [[hour.astimezone(UTC).isoformat(), len(n), sum(n)] for hour, n in hours.items()]

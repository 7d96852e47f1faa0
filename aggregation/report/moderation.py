"""What moderators decided on the statements of each opinion group, so that bias shows.

Groups are found in the votes after the last decision, so moderators did not know them. A
difference is a reason to read the log, not a proof: groups write different things. Of a group of
few people, or with few statements, no share is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from django.db.models import OuterRef, Subquery

from aggregation.engine.consensus import wilson_interval
from aggregation.models import ParticipantFinding, Run
from aggregation.report.groups import Group
from deliberation.models import ModerationDecision, Statement
from deliberation.models.moderation import ReasonCode
from deliberation.models.statements import Origin, Status
from deliberation.small_counts import LEAST

# A group's shares are told from so many decided statements on.
LEAST_DECIDED: Final = 10
REPLACED, TAKEN_BACK = ReasonCode.REPLACED.value, ReasonCode.TAKEN_BACK.value


@dataclass(frozen=True)
class Figures:
    """What became of the statements that the people of one group proposed.

    group    : None for people in no group, who left, or who are not in the run.
    reworded : reworded, split or merged; such a statement is neither shown nor turned down.
    undecided: nobody decided before the round closed. low, high : range of the share.
    reasons  : reason code → statements turned down for it.
    """

    group: Group | None
    accepted: int
    rejected: int
    reworded: int
    undecided: int
    low: float | None
    high: float | None
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def proposed(self) -> int:
        return self.accepted + self.rejected + self.reworded + self.undecided

    @property
    def decided(self) -> int:
        return self.accepted + self.rejected

    @property
    def share(self) -> float | None:
        """Turned down, of those accepted or turned down; None without enough people or texts."""
        return self.rejected / self.decided if self.enough else None

    @property
    def enough(self) -> bool:
        few_people = self.group is not None and self.group.size < LEAST
        return self.decided >= LEAST_DECIDED and not few_people


@dataclass(frozen=True)
class Moderation:
    """The figures of all groups, and what can be said of their differences.

    hidden : the groups are answers about oneself, and some count is below ten.
    apart  : pairs of groups whose ranges do not overlap, the one turned down more often first.
    """

    rows: Sequence[Figures]
    hidden: bool
    apart: Sequence[tuple[Group, Group]]

    @property
    def proposed(self) -> int:
        return sum(row.proposed for row in self.rows)

    @property
    def told(self) -> Sequence[Figures]:
        """Groups of which there is enough to tell reasons and shares."""
        return [row for row in self.rows if row.group is not None and row.enough]

    @property
    def reasons(self) -> list[tuple[str, list[int]]]:
        """Each reason that was given in ``told``, with its count in each of them."""
        return [
            (str(code.label), [row.reasons.get(code.value, 0) for row in self.told])
            for code in ReasonCode
            if any(row.reasons.get(code.value) for row in self.told)
        ]


def moderation(run: Run, groups: Sequence[Group], *, strata: bool) -> Moderation:
    """Figures by opinion group of the author, from the groups of a done run; two queries.

    groups : all of the run. strata : they are answers about oneself, see ``Moderation.hidden``.
    Only statements that people proposed count, not what was made from them.
    """
    label_of: dict[int | None, int] = dict(
        ParticipantFinding.objects.filter(run=run).values_list("participant_id", "group")
    )
    fates: dict[int, Counter[tuple[str, str]]] = {group.label: Counter() for group in groups}
    outside: Counter[tuple[str, str]] = Counter()
    for author, status, why in _proposed(run):
        fates.get(label_of.get(author, -1), outside)[status, why or ""] += 1
    confidence = run.plan["confidence"]
    rows = [_figures(group, fates[group.label], confidence) for group in groups]
    if outside:
        rows.append(_figures(None, outside, confidence))
    hidden = strata and any(min(row.accepted, row.rejected, row.undecided) < LEAST for row in rows)
    return Moderation([] if hidden else rows, hidden, [] if hidden else _apart(rows))


def _proposed(run: Run) -> list[tuple[int | None, str, str | None]]:
    """Author, status and latest reason of each statement that the panel proposed."""
    latest = ModerationDecision.objects.filter(statement=OuterRef("pk")).order_by("-id")
    proposed = Statement.objects.filter(round=run.round_id, origin=Origin.PANEL, parents=None)
    rows = proposed.annotate(why=Subquery(latest.values("reason")[:1]))
    stands = rows.values_list("author_id", "status", "why")
    return [(author, status, why) for author, status, why in stands if why != TAKEN_BACK]


def _figures(group: Group | None, fates: Counter[tuple[str, str]], confidence: float) -> Figures:
    rejected = {
        why: n
        for (status, why), n in fates.items()
        if status == Status.REJECTED and why != REPLACED
    }
    accepted = sum(n for (status, _why), n in fates.items() if status == Status.ACCEPTED)
    down = sum(rejected.values())
    low, high = _range(down, accepted + down, confidence)
    return Figures(
        group=group,
        accepted=accepted,
        rejected=down,
        reworded=fates[Status.REJECTED, REPLACED],
        undecided=sum(n for (status, _why), n in fates.items() if status == Status.PENDING),
        low=low,
        high=high,
        reasons=rejected,
    )


def _range(part: int, whole: int, confidence: float) -> tuple[float | None, float | None]:
    if not whole:
        return None, None
    low, high = wilson_interval(np.array([part]), np.array([whole]), confidence)[0]
    return float(low), float(high)


def _apart(rows: Sequence[Figures]) -> list[tuple[Group, Group]]:
    found = []
    for one, other in combinations([row for row in rows if row.enough], 2):
        more, less = sorted((one, other), key=lambda row: row.share or 0.0, reverse=True)
        if more.group and less.group and (more.low or 0.0) > (less.high or 0.0):
            found.append((more.group, less.group))
    return found

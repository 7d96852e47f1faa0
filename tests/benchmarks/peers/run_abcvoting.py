"""abcvoting: committees from approval ballots, its profile built beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from abcvoting import abcrules
from abcvoting.preferences import Profile
from clock import arrays, say, timed

task, folder, seats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
who, what, value = arrays(folder, "who", "what", "value")
people, statements = np.unique(who), np.unique(what)
agreed = value == 1
row = np.searchsorted(people, who[agreed])
column = np.searchsorted(statements, what[agreed])
ballots: list[list[int]] = [[] for _ in people]
for person, statement in zip(row.tolist(), column.tolist(), strict=True):
    ballots[person].append(statement)
profile = Profile(len(statements))
profile.add_voters([ballot for ballot in ballots if ballot])


def work() -> list[int]:
    found = abcrules.compute(task, profile, committeesize=seats, resolute=True)
    return sorted(int(statements[one]) for one in found[0])


say(*timed(work))

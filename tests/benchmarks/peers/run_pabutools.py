"""pabutools: the Method of Equal Shares with unit costs, its profile built beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from clock import arrays, say, timed
from pabutools.election import ApprovalBallot, ApprovalProfile, Cardinality_Sat, Instance, Project
from pabutools.rules import method_of_equal_shares

folder, seats = Path(sys.argv[2]), int(sys.argv[3])
who, what, value = arrays(folder, "who", "what", "value")
people = np.unique(who)
projects = {statement: Project(str(statement), 1) for statement in np.unique(what).tolist()}
ballots: dict[int, list[Project]] = {person: [] for person in people.tolist()}
agreed = value == 1
for person, statement in zip(who[agreed].tolist(), what[agreed].tolist(), strict=True):
    ballots[person].append(projects[statement])
instance = Instance(projects.values(), budget_limit=seats)
profile = ApprovalProfile(ApprovalBallot(ballot) for ballot in ballots.values())


def work() -> list[int]:
    found = method_of_equal_shares(instance, profile, sat_class=Cardinality_Sat)
    return sorted(int(project.name) for project in found)


say(*timed(work))

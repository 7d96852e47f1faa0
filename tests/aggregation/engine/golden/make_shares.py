"""Makes shares.json: what abcvoting and pabutools elect and check, on random profiles and CCAI.

    pip install abcvoting pabutools
    FOLKMOOT_DATA=../shared/data python tests/aggregation/engine/golden/make_shares.py

Statements of the random profiles are numbered by falling support, so that the peers' rule for ties,
the lower number, is Folkmoot's: more support, then the lower number. Of CCAI only ids are kept.
"""

from __future__ import annotations

import csv
import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
from abcvoting import abcrules, properties
from abcvoting.preferences import Profile
from pabutools.election import ApprovalBallot, ApprovalProfile, Cardinality_Sat, Instance, Project
from pabutools.rules import method_of_equal_shares

HERE = Path(__file__).parent
DATA = Path(os.environ.get("FOLKMOOT_DATA", HERE.parents[4] / "shared" / "data"))


def random_profile(seed: int) -> tuple[list[list[int]], int]:
    """Ballots of two or three camps with tastes of their own."""
    rng = np.random.default_rng(seed)
    people, statements = int(rng.integers(4, 30)), int(rng.integers(3, 10))
    camps = rng.random((3, statements)) ** 2
    likes = rng.random((people, statements)) < camps[rng.integers(0, 3, people)]
    likes = likes[:, np.argsort(-likes.sum(axis=0), kind="stable")]
    likes = likes[:, likes.any(axis=0)]
    return [np.flatnonzero(row).tolist() for row in likes], likes.shape[1]


def profile(ballots: list[list[int]], statements: int) -> Profile:
    made = Profile(statements)
    made.add_voters(ballots)
    return made


def add1(ballots: list[list[int]], statements: int, seats: int) -> list[int]:
    projects = [Project(f"{at:04d}", 1) for at in range(statements)]
    instance = Instance(projects, budget_limit=seats)
    votes = ApprovalProfile([ApprovalBallot(projects[at] for at in b) for b in ballots])
    found = method_of_equal_shares(
        instance,
        votes,
        sat_class=Cardinality_Sat,
        voter_budget_increment=Fraction(1, len(ballots)),
    )
    return sorted(int(project.name) for project in found)


def committee(found: list) -> list[int]:
    return sorted(int(at) for at in found[0])


def shares(votes: Profile, seats: int, completion: str | None) -> list[int]:
    return committee(
        abcrules.compute_equal_shares(
            votes, seats, algorithm="gmpy2-fractions", completion=completion
        )
    )


def equal_shares_cases(seeds: range) -> list[dict]:
    cases = []
    for seed in seeds:
        ballots, statements = random_profile(seed)
        votes = profile(ballots, statements)
        seats = 1 + seed % statements
        found = {
            "none": shares(votes, seats, None),
            "phragmen": shares(votes, seats, "seqphragmen"),
            "add1": add1(ballots, statements, seats),
        }
        cases.append({"ballots": ballots, "statements": statements, "seats": seats, **found})
    return cases


def sequential_cases(seeds: range) -> list[dict]:
    cases = []
    for seed in seeds:
        ballots, statements = random_profile(seed)
        votes = profile(ballots, statements)
        seats = 1 + seed % statements
        found = {
            "greedy_monroe": committee(abcrules.compute_greedy_monroe(votes, seats)),
            "maximin_support": committee(abcrules.compute_maximin_support(votes, seats)),
        }
        cases.append({"ballots": ballots, "statements": statements, "seats": seats, **found})
    return cases


def exact_cases(seeds: range) -> list[dict]:
    cases = []
    for seed in seeds:
        ballots, statements = random_profile(seed)
        votes = profile(ballots, statements)
        seats = 1 + seed % statements
        brute = {"algorithm": "brute-force", "resolute": False}
        cases.append(
            {
                "ballots": ballots,
                "statements": statements,
                "seats": seats,
                "exact_pav": sorted(
                    sorted(int(at) for at in c) for c in abcrules.compute_pav(votes, seats, **brute)
                ),
                "chamberlin_courant": sorted(
                    sorted(int(at) for at in c) for c in abcrules.compute_cc(votes, seats, **brute)
                ),
            }
        )
    return cases


def property_cases(seeds: range) -> list[dict]:
    cases = []
    for seed in seeds:
        ballots, statements = random_profile(seed)
        ballots = ballots[:10]
        rng = np.random.default_rng(seed)
        seats = int(rng.integers(1, statements + 1))
        chosen = sorted(rng.choice(statements, seats, replace=False).tolist())
        votes = profile(ballots, statements)
        held = {
            "jr": properties.check_JR(votes, chosen),
            "pjr": properties.check_PJR(votes, chosen, algorithm="brute-force"),
            "ejr": properties.check_EJR(votes, chosen, algorithm="brute-force"),
            "ejr_plus": properties.check_EJR_plus(votes, chosen),
        }
        cases.append({"ballots": ballots, "statements": statements, "committee": chosen, **held})
    return cases


def panel() -> tuple[list[list[int]], list[int]]:
    with (DATA / "ccai" / "clean_votes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    places = sorted((int(name), at) for at, name in enumerate(rows[0]) if name.isdigit())
    ballots = [
        [column for column, (_, at) in enumerate(places) if row[at] and float(row[at]) == 1]
        for row in sorted(rows[1:], key=lambda row: int(row[0]))
    ]
    return ballots, [statement for statement, _ in places]


def ccai_cases() -> dict[str, list[int]]:
    ballots, ids = panel()
    votes = profile(ballots, len(ids))
    found = {"none": shares(votes, 75, None), "phragmen": shares(votes, 75, "seqphragmen")}
    return {name: sorted(ids[at] for at in columns) for name, columns in found.items()}


def ccai_maximin_support() -> list[int]:
    ballots, ids = panel()
    found = committee(abcrules.compute_maximin_support(profile(ballots, len(ids)), 8))
    return sorted(ids[at] for at in found)


def main() -> None:
    made = {
        "equal_shares": equal_shares_cases(range(60)),
        "sequential": sequential_cases(range(100, 150)),
        "exact": exact_cases(range(200, 230)),
        "properties": property_cases(range(300, 380)),
        "ccai_equal_shares": ccai_cases(),
        "ccai_maximin_support": ccai_maximin_support(),
    }
    text = json.dumps(made, separators=(",", ":")).replace('},{"ballots"', '},\n{"ballots"')
    (HERE / "shares.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

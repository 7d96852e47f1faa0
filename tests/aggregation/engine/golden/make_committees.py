"""Committees as abcvoting chooses them, for the tests of our rules.

Run from the root of the checkout in an environment of its own that has abcvoting and numpy:

    FOLKMOOT_DATA=... python -m tests.aggregation.engine.golden.make_committees

abcvoting breaks ties by the lower number of a candidate. Candidates are numbered here in the order
in which Folkmoot breaks ties (more agree votes, then the lower id), so both must choose alike.
Statements nobody agrees with are left out, as Folkmoot never takes them.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from abcvoting import abcrules
from abcvoting.preferences import Profile, Voter

from tests.aggregation.engine.random_ballots import random_profile

PROFILES = 400
CCAI_SEATS = 75
# Name here, name there, and the variant that computes with fractions.
RULES = {
    "approval": ("av", "standard"),
    "satisfaction_approval": ("sav", "standard"),
    "sequential_pav": ("seqpav", "standard"),
    "reverse_sequential_pav": ("revseqpav", "standard"),
    "sequential_phragmen": ("seqphragmen", "standard-fractions"),
}


def committees(
    ballots: Sequence[Sequence[int]], weights: Sequence[int], agrees: Sequence[int], seats: int
) -> dict[str, list[int]]:
    """Statements chosen by each rule, in order of number."""
    order = sorted((at for at, n in enumerate(agrees) if n), key=lambda at: (-agrees[at], at))
    number = {at: new for new, at in enumerate(order)}
    if seats >= len(order):
        return {rule: sorted(order) for rule in RULES}
    profile = Profile(len(order))
    for ballot, weight in zip(ballots, weights, strict=True):
        profile.add_voter(Voter([number[at] for at in ballot], weight=weight))
    result = {}
    for rule, (name, algorithm) in RULES.items():
        found: Any = abcrules.compute(name, profile, seats, algorithm=algorithm, resolute=True)
        result[rule] = sorted(order[candidate] for candidate in found[0])
    return result


def random_case(number: int) -> dict[str, list[int]]:
    """One random profile; see ``random_profile``."""
    profile = random_profile(number)
    return committees(profile.ballots, profile.weights, profile.agrees, profile.seats)


def ccai_case(folder: Path) -> dict[str, list[int]]:
    """The cleaned votes of the Collective Constitutional AI panel: ids of the chosen statements."""
    with (folder / "ccai" / "clean_votes.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = sorted((int(name), at) for at, name in enumerate(header) if name.isdigit())
    ballots = [
        [j for j, (_, at) in enumerate(columns) if row[at] and float(row[at]) == 1] for row in rows
    ]
    agrees = [0] * len(columns)
    for ballot in ballots:
        for j in ballot:
            agrees[j] += 1
    found = committees(ballots, [1] * len(ballots), agrees, CCAI_SEATS)
    return {rule: [columns[j][0] for j in chosen] for rule, chosen in found.items()}


def main() -> None:
    data = Path(os.environ.get("FOLKMOOT_DATA", "../shared/data"))
    golden = {
        "abcvoting": version("abcvoting"),
        "random": [random_case(number) for number in range(PROFILES)],
        "ccai": {"seats": CCAI_SEATS, "statements": ccai_case(data)},
    }
    text = json.dumps(golden, separators=(",", ":"))
    Path(__file__).with_name("committees.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

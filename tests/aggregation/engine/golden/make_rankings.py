"""Write rankings.json: what pref_voting and choix make of random ballots.

Run by hand from the root of the checkout, in an environment of its own that has both:

    uv venv peers && uv pip install --python peers pref_voting choix numba nashpy
    FOLKMOOT_DATA=... peers/bin/python tests/aggregation/engine/golden/make_rankings.py
"""

from __future__ import annotations

import csv
import json
import os
from importlib.metadata import version
from pathlib import Path

import choix
import numpy as np
from pref_voting import c1_methods, margin_based_methods, other_methods
from pref_voting.profiles import Profile
from pref_voting.profiles_with_ties import ProfileWithTies

TARGET = Path(__file__).with_name("rankings.json")
REAL = "polis/brexit-consensus/participants-votes.csv"


def main() -> None:
    rng = np.random.default_rng(20_261_121)
    profiles = [strict(rng, m, b) for m in (3, 4, 5, 6) for b in (3, 4, 5, 9)]
    profiles += [weak(rng, m, b) for m in (3, 4, 5, 6) for b in (3, 4, 6, 9, 15)]
    profiles += [weak(rng, 25, 60), strict(rng, 25, 31)]
    comparisons = [compared(rng, m, c) for m, c in ((2, 9), (5, 60), (12, 500))]
    versions = {name: version(name) for name in ("pref_voting", "choix")}
    found = {
        "versions": versions,
        "profiles": profiles,
        "comparisons": comparisons,
        "real": real(Path(os.environ["FOLKMOOT_DATA"]) / REAL),
    }
    TARGET.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n")


def strict(rng: np.random.Generator, m: int, ballots: int) -> dict[str, object]:
    """Full orders: ranks[b][j] is the place of j on ballot b."""
    orders = [rng.permutation(m).tolist() for _ in range(ballots)]
    profile = Profile(orders)
    found = answers(profile, m) | {"borda": profile.borda_scores()}
    if m < 7:
        best, distance = other_methods.kemmeny_young_rankings(profile)
        found |= {"kemeny": sorted(map(list, best)), "kemeny_distance": distance}
    return {"ranks": np.argsort(orders, axis=1).tolist(), "strict": True} | plain(found)


def weak(rng: np.random.Generator, m: int, ballots: int) -> dict[str, object]:
    """Three levels, and about a fifth without a rank (-1)."""
    ranks = np.where(rng.random((ballots, m)) < 0.2, -1, rng.integers(0, 3, (ballots, m)))
    as_dicts = [{j: int(rank) for j, rank in enumerate(row) if rank >= 0} for row in ranks]
    profile = ProfileWithTies(as_dicts, candidates=list(range(m)))
    return {"ranks": ranks.tolist(), "strict": False} | plain(answers(profile, m))


def real(file: Path) -> dict[str, object]:
    """Real votes: agree above pass above disagree, statements in order of id, by position."""
    with file.open(newline="", encoding="utf-8") as opened:
        header, *rows = csv.reader(opened)
    columns = sorted((int(name), at) for at, name in enumerate(header) if name.isdigit())
    as_dicts = [
        {j: 1 - int(row[at]) for j, (_, at) in enumerate(columns) if row[at]} for row in rows
    ]
    m = len(columns)
    profile = ProfileWithTies([own for own in as_dicts if own], candidates=list(range(m)))
    return {"file": REAL, "statements": m} | plain(answers(profile, m))


def answers(profile: Profile | ProfileWithTies, m: int) -> dict[str, object]:
    methods = margin_based_methods
    votes = profile.support
    found = {
        "condorcet": profile.condorcet_winner(),
        "smith": c1_methods.top_cycle(profile),
        "copeland": profile.copeland_scores(),
        "minimax_margins": methods.minimax_scores(profile, score_method="margins"),
        "minimax_winning_votes": methods.minimax_scores(profile, score_method="winning"),
        "schulze_margins": beats(methods.beat_path_defeat(profile)),
        "schulze_winning_votes": beats(methods.beat_path_defeat(profile, strength_function=votes)),
    }
    if m < 7:
        found["ranked_pairs_margins"] = methods.ranked_pairs_with_test(profile)
    return found


def beats(graph: object) -> list[list[int]]:
    return sorted([int(high), int(low)] for high, low in graph.edges())  # type: ignore[attr-defined]


def compared(rng: np.random.Generator, m: int, comparisons: int) -> dict[str, object]:
    """Winners and losers, with what choix makes of them under two penalties."""
    strength = rng.normal(size=m)
    pairs = []
    for _ in range(comparisons):
        one, other = rng.choice(m, 2, replace=False)
        first = rng.random() < 1 / (1 + np.exp(strength[other] - strength[one]))
        pairs.append([int(one), int(other)] if first else [int(other), int(one)])
    fits = {
        str(alpha): choix.opt_pairwise(m, pairs, alpha=alpha, tol=1e-12).tolist()
        for alpha in (0.0, 0.1)
    }
    return {"statements": m, "comparisons": pairs, "strengths": fits}


def plain(found: dict[str, object]) -> dict[str, object]:
    """Plain Python: scores by candidate as lists in order of candidate."""
    result = {}
    for name, value in found.items():
        if isinstance(value, dict):
            value = [int(value[key]) for key in sorted(value)]
        elif isinstance(value, (list, tuple)):
            value = np.asarray(value).tolist()
        elif value is not None:
            value = int(value)
        result[name] = value
    return result


if __name__ == "__main__":
    main()

"""Our side of engine.py: one task, in a process of its own, timed once its votes are in arrays.

``engine_tasks.py TASK FOLDER ...`` ends with one line of JSON; engine.py starts it with the paths
that it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from clock import arrays, say, timed

from aggregation.engine import Outcome, Plan, VoteMatrix, aggregate, shipped

PROCESSES = 2


def votes(folder: Path) -> VoteMatrix:
    return VoteMatrix.from_triplets(*arrays(folder, "who", "what", "value"))


def streamed(*data: np.ndarray) -> float:
    """Seconds to look once at every entry: no program that reads its input can be quicker."""
    return timed(lambda: [int(one.sum(dtype=np.int64)) for one in data])[0]


def pipeline(folder: Path) -> None:
    """The whole run of the default plan, from triplets."""
    given = arrays(folder, "who", "what", "value")
    floor = streamed(*given)

    def work() -> list[int]:
        matrix = VoteMatrix.from_triplets(*given)
        return list(aggregate(matrix, shipped("default")).selected)

    say(*timed(work), floor=floor)


def file_floor(folder: Path) -> None:
    """The file read, and every byte looked at once."""
    path = folder / "matrix.csv"
    seconds, _ = timed(lambda: np.count_nonzero(np.frombuffer(path.read_bytes(), np.uint8) == 44))
    say(seconds, None, floor=seconds)


def committee(rule: str, folder: Path, seats: int) -> None:
    from aggregation.engine.committees.approvals import approval_ties, approvals
    from aggregation.engine.committees.equal_shares import equal_shares
    from aggregation.engine.committees.sequential_pav import sequential_pav
    from aggregation.engine.committees.sequential_phragmen import sequential_phragmen

    matrix = votes(folder)
    rules: dict[str, Callable[..., Any]] = {
        "seqpav": sequential_pav,
        "seqphragmen": sequential_phragmen,
        "equal-shares": lambda *args, **rest: equal_shares(*args, completion="phragmen", **rest),
    }

    def work() -> list[int]:
        approved = approvals(matrix)
        ties = approval_ties(approved, matrix.statement_ids)
        won = rules[rule](approved, seats, ties=ties)
        return sorted(int(matrix.statement_ids[one.column]) for one in won)

    say(*timed(work), floor=streamed(matrix.indices, matrix.values))


def ranking(rule: str, folder: Path) -> None:
    """From pairwise counts to the whole order; the winners are given back."""
    from aggregation.engine.pairs import Pairs
    from aggregation.engine.rankings.ranked_pairs import ranked_pairs
    from aggregation.engine.rankings.schulze import schulze
    from aggregation.engine.ties import TieBreaker

    (margins,) = arrays(folder, "margins")
    chosen = {"schulze": schulze, "ranked_pairs": ranked_pairs}[rule]
    ids = np.arange(len(margins))

    def work() -> list[int]:
        counts = Pairs(np.maximum(margins, 0), np.zeros_like(margins))
        found = chosen(counts, ties=TieBreaker(np.zeros_like(ids), ids))
        return [int(one) for one in found.levels[0]]

    say(*timed(work), floor=streamed(margins))


def bradley_terry(folder: Path) -> None:
    from aggregation.engine.pairs import from_comparisons
    from aggregation.engine.rankings.bradley_terry import fit

    winners, losers = arrays(folder, "winners", "losers")

    def work() -> list[int]:
        strengths = fit(from_comparisons(winners, losers, 300)).strengths
        return [int(one) for one in np.argsort(-strengths, kind="stable")]

    say(*timed(work), floor=streamed(winners, losers))


def bridging(folder: Path) -> None:
    from aggregation.engine.bridging import bridging as factorise

    matrix = votes(folder)

    def work() -> list[int]:
        found = factorise(matrix, seed=1)
        order = np.argsort(-found.intercepts, kind="stable")
        return [int(one) for one in matrix.statement_ids[order]]

    say(*timed(work), floor=streamed(matrix.indices, matrix.values))


def refresh(folder: Path) -> None:
    """One vote in a hundred comes in after the state of all others is known."""
    from aggregation.engine.live import live_state
    from aggregation.engine.live import refresh as refreshed

    who, what, value = arrays(folder, "who", "what", "value")
    new = np.random.default_rng(1).random(len(who)) < 0.01
    state = live_state(
        VoteMatrix.from_triplets(who[~new], what[~new], value[~new]), shipped("default")
    )
    seconds, after = timed(lambda: refreshed(state, who[new], what[new], value[new]))
    floor = streamed(after.matrix.indices, after.matrix.values)
    say(seconds, after.matrix.n_votes, floor=floor)


def _resamples(job: tuple[VoteMatrix, Plan, Outcome, int, int]) -> Any:
    from aggregation.engine.resampling import resample_range

    matrix, plan, base, low, high = job
    return resample_range(matrix, plan, base.seed, low, high, base=base)


def bootstrap(folder: Path, count: int) -> None:
    """Resamples of the default plan with groups found anew, in two new processes."""
    from aggregation.engine.stability import stability, together

    matrix = votes(folder)
    plan = Plan.from_dict(
        shipped("default").to_dict() | {"stability": {"resamples": count, "flips": False}}
    )
    base = aggregate(matrix, shipped("default"))
    cuts = np.linspace(0, count, PROCESSES + 1).astype(int).tolist()

    def work() -> int:
        jobs = [
            (matrix, plan, base, low, high)
            for low, high in pairwise(cuts)
        ]  # fmt: skip
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            return stability(together(list(pool.map(_resamples, jobs))), base).rules[0].steady

    say(*timed(work), floor=streamed(matrix.indices, matrix.values) * count)


def reading(kind: str, folder: Path) -> None:
    """Bytes in memory to a matrix."""
    from aggregation.engine.copied import _ROW, copied_votes
    from aggregation.engine.reading import read_votes

    if kind == "matrix":
        raw = (folder / "matrix.csv").read_bytes()

        def work() -> int:
            return read_votes("matrix.csv", raw).matrix.n_votes
    else:
        who, what, value = arrays(folder, "who", "what", "value")
        order = np.random.default_rng(1).permutation(len(who))
        who, what, value = who[order], what[order], value[order]
    if kind == "list":
        stamp = 1_600_000_000_000
        lines = (
            f"{stamp + at},Wed Jun 18 08:16:54 2014,{j},{i},{v}"
            for at, (i, j, v) in enumerate(
                zip(who.tolist(), what.tolist(), value.tolist(), strict=True)
            )
        )
        raw = ("timestamp,datetime,comment-id,voter-id,vote\n" + "\n".join(lines)).encode()

        def work() -> int:
            return read_votes("votes.csv", raw).matrix.n_votes

    if kind == "copy":
        rows = np.zeros(len(who), dtype=_ROW)
        rows["fields"], rows["value_length"] = 3, 2
        rows["participant_length"] = rows["statement_length"] = 8
        rows["participant"], rows["statement"], rows["value"] = who, what, value
        raw = b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"

        def work() -> int:
            return VoteMatrix.from_triplets(*copied_votes(raw)).n_votes

    seconds, count = timed(work)
    say(seconds, count, votes_a_second=count / seconds,
        floor=streamed(np.frombuffer(raw, dtype=np.uint8)))  # fmt: skip


def main(task: str, folder: Path, *rest: str) -> None:
    if task in ("seqpav", "seqphragmen", "equal-shares"):
        committee(task, folder, int(rest[0]))
    elif task in ("schulze", "ranked_pairs"):
        ranking(task, folder)
    elif task == "bootstrap":
        bootstrap(folder, int(rest[0]))
    elif task == "reading":
        reading(rest[0], folder)
    else:
        {
            "pipeline": pipeline,
            "file_floor": file_floor,
            "bradley_terry": bradley_terry,
            "bridging": bridging,
            "refresh": refresh,
        }[task](folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])

"""The engine beside its peers, both sides in one run: ``python tests/benchmarks/engine.py``.

Every side runs in a process of its own, in turns; medians are compared. Peers are run by the
interpreter of another environment (``--peers VENV``), so that none of them is a dependency. Prints
the table of tests/benchmarks/README.md and saves everything as JSON.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# A peer that took this long is not run again in the next turn.
PATIENCE = 60.0
# Of whole rankings that differ, so many places are compared.
FIRST = 50


@dataclass(frozen=True)
class Row:
    """One line of the table.

    data  : name in engine_data.py. ours : arguments of engine_tasks.py after the folder; None
            runs the command of the engine on ``matrix.csv``, whole process.
    peer  : script, and arguments around the folder.
    goal  : as issue 4 has it. published : of a peer that cannot be run here, from the issue.
    """

    name: str
    what: str
    data: str
    goal: str
    ours: tuple[str, ...] | None = None
    peer: tuple[str, ...] | None = None
    published: str = ""

    @property
    def whole_process(self) -> bool:
        return self.ours is None


REDDWARF = ("run_reddwarf.py", "pipeline")


def _committees(data: str, seats: int, goal: str) -> tuple[Row, ...]:
    names = {"seqpav": "Sequential PAV", "seqphragmen": "Phragmén", "equal-shares": "Equal Shares"}
    return tuple(
        Row(f"{rule}-{data}", f"{label}, {data}, {seats} seats", data, goal, (rule, str(seats)),
            ("run_abcvoting.py", rule, str(seats)))
        for rule, label in names.items()
    )  # fmt: skip


ROWS: tuple[Row, ...] = (
    Row("pipeline-ccai", "Pipeline from CSV: CCAI, 1,126 × 1,418", "ccai-raw", "≥ 7×, ≤ ⅓ memory",
        peer=REDDWARF),
    Row("pipeline-bg", "Pipeline from CSV: bowling-green, 2,031 × 896", "bowling-green",
        "≥ 7×, ≤ ⅓ memory", peer=REDDWARF),
    Row("pipeline-10k", "Pipeline from CSV: 10k × 500", "10k", "≥ 14×, ≤ ⅓ memory",
        peer=REDDWARF),
    Row("pipeline-100k", "Pipeline from CSV: 100k × 1k, 3 M votes", "100k",
        "≥ 130×, ≤ ⅓ memory", peer=REDDWARF),
    Row("pipeline-1m", "Pipeline from arrays: 1 M × 1k, 30 M votes", "1m", "≤ 8 s, ≤ 1.5 GB",
        ("pipeline",)),
    *_committees("ccai", 75, "≥ 200×"),
    *_committees("100k", 20, "≤ 0.5 s"),
    Row("mes-pabutools", "Equal Shares, ccai, 75 seats, against pabutools", "ccai", "–",
        ("equal-shares", "75"), ("run_pabutools.py", "mes", "75")),
    Row("schulze", "Schulze, 300 candidates", "rankings", "≥ 500×", ("schulze",),
        ("run_pref_voting.py", "schulze")),
    Row("ranked-pairs", "Ranked pairs, 300 candidates", "rankings", "≥ 500×", ("ranked_pairs",),
        ("run_pref_voting.py", "ranked_pairs")),
    Row("bradley-terry", "Bradley–Terry, 1 M comparisons of 300", "comparisons", "≥ 1,000×",
        ("bradley_terry",), ("run_choix.py", "bradley_terry")),
    Row("bridging", "Bridging, bowling-green", "bowling-green", "≥ 15×", ("bridging",),
        ("run_community_notes.py", "bridging", "{notes}"), "11 s (Community Notes, from issue 4)"),
    Row("bootstrap", "1,000 resamples of CCAI, groups refitted, 2 processes", "ccai", "≤ 20 s",
        ("bootstrap", "1000")),
    Row("refresh", "Refresh after 1 % new votes, 100k × 1k", "100k", "≤ 0.15 s", ("refresh",)),
    Row("read-matrix", "Reading: Polis matrix, 3 M votes", "100k", "≥ 5 M votes/s",
        ("reading", "matrix")),
    Row("read-list", "Reading: list of votes, 3 M", "100k", "≥ 5 M votes/s", ("reading", "list")),
    Row("read-copy", "Reading: binary COPY, 3 M votes", "100k", "≥ 5 M votes/s",
        ("reading", "copy")),
)  # fmt: skip


@dataclass
class Side:
    """What one side took: seconds of each turn, processor seconds of the whole process, peak
    memory (MB), what it said; or why not."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    failed: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None


Ended = tuple[float, resource.struct_rusage, str, int]


def started(command: list[str], path: list[Path], limit: float) -> Ended:
    """Seconds, what the system counted, output and exit code (-9 at the limit) of a process.

    Ours multiplies with one thread, as workers do: threads that wait for each other on a busy
    machine measure the others. Peers have as many as they want.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(one) for one in path)}
    if command[0] == sys.executable:
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=output, stderr=errors, env=environment, cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except TimeoutError:
            os.killpg(child.pid, signal.SIGKILL)
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if child.returncode:
            text = errors.read().decode(errors="replace")
    return seconds, usage, text, child.returncode


def _at_limit(signum: int, frame: object) -> None:
    raise TimeoutError


def turn(side: Side, command: list[str], path: list[Path], limit: float, whole: bool) -> None:
    """One turn of one side, unless it has failed or takes too long to be asked again."""
    if side.failed or (side.seconds and max(side.seconds) > PATIENCE):
        return
    seconds, usage, text, code = started(command, path, limit)
    if code == -signal.SIGKILL and seconds >= limit:
        side.failed = f"> {limit:,.0f} s"
    elif code:
        side.failed = (text.strip().splitlines() or [f"exit code {code}"])[-1][:200]
    else:
        lines = text.strip().splitlines()
        if lines and lines[-1].startswith('{"seconds"'):
            side.said = json.loads(lines[-1])
        side.seconds.append(seconds if whole else side.said["seconds"])
    side.processor.append(usage.ru_utime + usage.ru_stime)
    side.memory.append(usage.ru_maxrss / 1024)


def measured(row: Row, options: Namespace) -> dict[str, Any]:
    """Both sides of a row in turns, and the floor."""
    ours, peer, paths = Side(), Side(), [ROOT, HERE / "peers"]
    prepare = [sys.executable, str(HERE / "engine_data.py"), row.data, str(options.data)]
    _, _, text, code = started(prepare, paths, 3600)
    if code:
        return {"row": asdict(row), "failed": text.strip().splitlines()[-1]}
    folder, script = options.data / row.data, [sys.executable, str(HERE / "engine_tasks.py")]
    command = [sys.executable, "-m", "aggregation.engine", str(folder / "matrix.csv")]
    if row.ours is not None:
        command = [*script, row.ours[0], str(folder), *row.ours[1:]]
    other = _peer_command(row, folder, options)
    for _ in range(options.turns):
        turn(ours, command, paths, 3600, row.whole_process)
        if other:
            turn(peer, other, [HERE / "peers"], options.limit, row.whole_process)
    if row.whole_process:
        _, _, text, code = started([*script, "file_floor", str(folder)], paths, 600)
        ours.said = {} if code else json.loads(text.strip().splitlines()[-1])
    found = {"row": asdict(row), "ours": asdict(ours), "peer": asdict(peer) if other else None}
    return found | {"ours_median": ours.median, "peer_median": peer.median}


def _peer_command(row: Row, folder: Path, options: Namespace) -> list[str] | None:
    if row.peer is None or options.peers is None:
        return None
    script, task, *rest = row.peer
    if "{notes}" in rest:
        if options.notes is None:
            return None
        rest = [str(options.notes)]
    where = folder / "matrix.csv" if row.whole_process else folder
    python = options.peers / "bin" / "python"
    return [str(python), str(HERE / "peers" / script), task, str(where), *rest]


def table(results: list[dict[str, Any]]) -> list[str]:
    """The results as Markdown."""
    lines = [
        "| task | ours | peer | ratio | memory, ours | memory, peer | goal | floor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return lines + [_line(one) for one in results]


def _line(one: dict[str, Any]) -> str:
    row = one["row"]
    if "failed" in one or one["ours"]["failed"]:
        why = one.get("failed") or one["ours"]["failed"]
        return f"| {row['what']} | {why} | | | | | {row['goal']} | |"
    mine, ours, peer = one["ours_median"], one["ours"], one["peer"]
    rate = ours["said"].get("votes_a_second")
    took = _seconds(mine) + (f" ({rate / 1e6:.1f} M votes/s)" if rate else "")
    theirs = ratio = memory = "–"
    if peer is None:
        theirs = row["published"] or "–"
    else:
        memory = _memory(peer["memory"])
        theirs = peer["failed"] or _seconds(one["peer_median"])
        if peer["failed"].startswith(">"):
            ratio = f"> {float(peer['failed'][2:-2].replace(',', '')) / mine:,.0f}×"
        elif one["peer_median"]:
            ratio = f"{one['peer_median'] / mine:,.0f}×" + _agreement(ours, peer)
    floor = ours["said"].get("floor")
    apart = f"{_seconds(floor)}; {mine / floor:,.0f}×" if floor else "–"
    return (
        f"| {row['what']} | {took} | {theirs} | {ratio} | {_memory(ours['memory'])} | {memory} "
        f"| {row['goal']} | {apart} |"
    )


def _agreement(ours: dict[str, Any], peer: dict[str, Any]) -> str:
    """Whether both found the same, where they say the same kind of thing."""
    mine, theirs = ours["said"].get("answer"), peer["said"].get("answer")
    if not isinstance(mine, list) or not isinstance(theirs, list):
        return ""
    if mine == theirs:
        return ", same answer"
    if len(mine) > FIRST and sorted(mine) == sorted(theirs):
        mine, theirs = mine[:FIRST], theirs[:FIRST]  # whole rankings
    return f", {len(set(mine) & set(theirs))} of {max(len(mine), len(theirs))} the same"


def _seconds(seconds: float) -> str:
    if seconds < 0.1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:,.0f} s"


def _memory(megabytes: list[float]) -> str:
    return f"{statistics.median(megabytes):,.0f} MB" if megabytes else "–"


def _conditions(options: Namespace) -> dict[str, Any]:
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return {
        "revision": revision.stdout.strip(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "turns": options.turns,
        "limit": options.limit,
        "load_before": os.getloadavg()[0],
    }


def main() -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="rows to run; default: all")
    parser.add_argument("--peers", type=Path, metavar="VENV", help="environment with the peers")
    parser.add_argument("--notes", type=Path, metavar="CLONE", help="of twitter/communitynotes")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, help="seconds that a peer may take")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "folkmoot-bench")
    parser.add_argument("--json", type=Path, default=Path("engine-benchmark.json"))
    options = parser.parse_args()
    known = [row.name for row in ROWS]
    for name in options.only or []:
        if name not in known:
            parser.error(f"there is no row “{name}”; there are {', '.join(known)}")
    signal.signal(signal.SIGALRM, _at_limit)
    # A child starts out with the peak memory of who started it: ours must stay small.
    conditions, results = _conditions(options), []
    for row in ROWS:
        if options.only is None or row.name in options.only:
            results.append(measured(row, options))
            sys.stderr.write(_line(results[-1]) + "\n")
            options.json.write_text(json.dumps({"conditions": conditions, "rows": results}))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    conditions |= {"load_after": os.getloadavg()[0], "least_memory_measurable_mb": own}
    options.json.write_text(json.dumps({"conditions": conditions, "rows": results}, indent=1))
    sys.stdout.write("\n".join(table(results)) + "\n")
    sys.stdout.write(", ".join(f"{name}: {value}" for name, value in conditions.items()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m aggregation.engine FILE``: a whole run over the votes of a file, without Django.

Exit codes: 0 done, 1 the votes or the plan do not hold (said on standard error), 2 wrong options.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path

from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.pipeline import aggregate
from aggregation.engine.plan import Plan, shipped, shipped_names
from aggregation.engine.polis import polis_view
from aggregation.engine.printing import in_words
from aggregation.engine.reading import MODERATION, Reading, read, read_ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        reading = read(options.file, clean=options.clean)
        lines = _as_polis(reading, options) if options.polis else _outcome(reading, options)
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output, ``head`` for one, has seen enough. What is still to be written
        # goes nowhere, so that Python does not complain about it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m aggregation.engine",
        description="Aggregate the votes of a file: groups, consensus and selected statements.",
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="a Polis matrix, a list of votes, or a folder with either")
    add(
        "--plan",
        default="default",
        metavar="NAME|FILE",
        help=f"a plan that ships with the engine ({', '.join(shipped_names())}) or a TOML file",
    )
    add(
        "--seed",
        type=_whole_number,
        metavar="N",
        help="start of all random draws; default: the plan's",
    )
    add("--json", action="store_true", help="print the outcome as JSON")
    add("--polis", action="store_true", help="print what Polis would compute, as its JSON")
    add("--people", action="store_true", help="with --json: everyone's place and group, too")
    add(
        "--moderation",
        choices=sorted(MODERATION),
        default="strict",
        help="strict: accepted statements count; open: all but rejected ones; all: all",
    )
    add("--min-votes", type=_whole_number, metavar="N", help="people with fewer votes do not count")
    add("--exclude-ids", metavar="FILE", help="ids of people who do not count, one a line")
    add("--clean", action="store_true", help="take the cleaned pair where FILE holds both")
    return parser


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"“{text}” is not a whole number from 0 up")
    return int(text)


def _plan(name: str) -> Plan:
    path = Path(name)
    if name in shipped_names() or not path.is_file():
        return shipped(name)
    try:
        return Plan.from_toml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise EngineError("file_not_utf8", file=path.name, row=1) from error
    except OSError as error:
        raise EngineError("file_unreadable", file=path.name, reason=error.strerror) from error


def _matrix(reading: Reading, plan: Plan, options: Namespace) -> VoteMatrix:
    left_out = read_ids(options.exclude_ids) if options.exclude_ids else frozenset()
    # As when a deliberation is loaded: groups that the plan does not ask for are no input of it.
    declared = plan.grouping.source if plan.grouping.method == "declared" else None
    matrix = reading.with_groups(declared).panel(
        moderation=options.moderation, min_votes=options.min_votes, left_out=left_out
    )
    if matrix.excluded is not None and matrix.excluded.all():
        raise EngineError("nobody_counts")
    return matrix


def _as_polis(reading: Reading, options: Namespace) -> Iterable[str]:
    """What does not count is muted, as in Polis: it keeps its place, and everyone passes on it."""
    if not reading.matrix.n_votes:
        raise EngineError("no_votes")
    muted = None
    if reading.moderated is not None:
        muted = reading.moderated < MODERATION[options.moderation]
    view = polis_view(reading.matrix, muted=muted, seed=options.seed or 0)
    return [json.dumps(view.to_dict(), ensure_ascii=False, allow_nan=False)]


def _outcome(reading: Reading, options: Namespace) -> Iterable[str]:
    plan = _plan(options.plan)
    outcome = aggregate(_matrix(reading, plan, options), plan, options.seed)
    if not options.json:
        ids = reading.matrix.statement_ids.tolist()
        texts = dict(zip(ids, reading.texts, strict=True)) if reading.texts else {}
        return in_words(outcome, plan, reading.files, texts)
    document = outcome.to_dict(people=options.people)
    document |= {"files": list(reading.files), "plan": plan.to_dict()}
    document["outcome_digest"] = outcome.digest
    return [json.dumps(document, ensure_ascii=False, sort_keys=True)]


def _start() -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may not know every letter
            stream.reconfigure(errors="backslashreplace")
    try:
        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(_start())

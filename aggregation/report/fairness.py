"""Whether everyone is represented: what a run proved of its selections, and who got less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregation.models import Run
from aggregation.report.lines import Line, by_number
from aggregation.words import property_in_words, property_name, story_in_words


@dataclass(frozen=True)
class Proven:
    """One property of one selection. ``holds`` is None where it could not be decided.

    story : who got less than their due, in words. statements : what these people all agree with.
    """

    name: str
    words: str
    holds: bool | None
    story: str
    statements: Sequence[Line]


def proven(run: Run, statements: Sequence[Line]) -> Mapping[int, Sequence[Proven]]:
    """Place of the rule in the plan → what was proven of its selection. Empty if nothing was."""
    table = by_number(statements)
    found: dict[int, list[Proven]] = {}
    for one in (run.summary or {}).get("properties") or ():
        example = one["counterexample"]
        found.setdefault(one["index"], []).append(
            Proven(
                name=property_name(one["property"]),
                words=property_in_words(one["property"]),
                holds=one["holds"],
                story=story_in_words(example) if example else "",
                statements=[table[n] for n in example["statements"] if n in table]
                if example
                else [],
            )
        )
    return found

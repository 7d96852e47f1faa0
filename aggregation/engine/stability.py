"""How firm a result is: selection frequencies, places, ballots to flip, and what would change it.

A frequency is the share of resampled panels that select a statement (see ``resampling`` for what
that means and what not). With N resamples it is itself known only to a standard error of
sqrt(f (1 - f) / N): 0.022 at most with 500.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.flips import Flips, ballots_to_flip
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan
from aggregation.engine.plan_sections import StabilityPlan
from aggregation.engine.registry import RULES
from aggregation.engine.resampling import Resamples, resample_range, together

__all__ = [
    "CHANGES",
    "Flips",
    "Resamples",
    "RuleStability",
    "Stability",
    "ballots_to_flip",
    "resample_range",
    "stability",
    "stability_of",
    "together",
    "what_would_change",
]

STEADY = 0.95
"""A statement selected in at least this share of resamples is called steady."""
# Middle 95 % of the places a statement took.
_LOW, _HIGH = 0.025, 0.975
# Statements named one by one in ``what_would_change``, each way.
_NAMED = 3

# What would change the outcome. Pages translate by code; the words here are for everyone else.
CHANGES: dict[str, str] = {
    "not_resampled": "How firm the selection is was not computed.",
    "typical_change": (
        "Had other people of the same kind taken part, {change} of {selected} selected statements "
        "would typically be others."
    ),
    "steady": (
        "{steady} of {selected} selected statements are selected in at least 95 % of {resamples} "
        "resampled panels."
    ),
    "groups_vary": (
        "{k} opinion groups were found; {share} of the resampled panels fall into another number."
    ),
    "members_vary": "{share} of people typically end up in another opinion group.",
    "few_drop": "Statement {statement} would drop out if {people} changed their vote on it.",
    "few_lift": "Statement {statement} would come in if {people} changed their vote on it.",
    "variant": "Another choice adds {added} statements and drops {dropped}: {kind}.",
    "variants_same": "{count} other choices of method select the same statements.",
}


@dataclass(frozen=True, eq=False)
class RuleStability:
    """How firm the selection of one rule is, for m statements in order of id.

    frequency      : float64[m], share of resamples that select it, 0 to 1.
    rank           : int64[m, 2], 2.5th and 97.5th percentile of its place among the selected, in
                     the resamples that select it; 0 where none does.
    typical_change : median, over resamples, of how many statements are others than in the run. A
                     statement replaced by another counts once: the larger of those gone and new.
    flips          : people who flip it, if that was asked.
    """

    frequency: NDArray[np.float64]
    rank: NDArray[np.int64]
    typical_change: float
    flips: Flips | None = None

    @property
    def steady(self) -> int:
        """Number of statements that at least 95 % of the resamples select."""
        return int(np.count_nonzero(self.frequency >= STEADY))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON, in order of statement ids."""
        ranks = self.rank.tolist()
        flips = self.flips or Flips((None,) * len(ranks), exact=False)
        return {
            "frequency": self.frequency.tolist(),
            "rank": [pair if pair[0] else None for pair in ranks],
            "steady": self.steady,
            "typical_change": self.typical_change,
            "flip": list(flips.people),
            "flip_exact": flips.exact,
        }


@dataclass(frozen=True, eq=False)
class Stability:
    """How firm a run is.

    resamples    : how many. refit_groups : whether groups were found anew in each.
    k            : number of groups → resamples that found so many.
    membership   : share of people drawn, 0 to 1, who stay in the group that matches theirs; None
                   if nobody is in a group.
    rules        : one for each rule of the plan; None for one too slow to be resampled.
    """

    resamples: int
    refit_groups: bool
    k: dict[int, int]
    membership: float | None
    rules: tuple[RuleStability | None, ...]

    def standard_error(self, rule: int) -> NDArray[np.float64] | None:
        """float64[m]: Monte Carlo standard error of the frequencies of one rule."""
        found = self.rules[rule]
        if found is None:
            return None
        return np.asarray(np.sqrt(found.frequency * (1 - found.frequency) / self.resamples))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON."""
        return {
            "resamples": self.resamples,
            "refit_groups": self.refit_groups,
            "k": {str(k): count for k, count in self.k.items()},
            "membership": self.membership,
            "rules": [rule and rule.to_dict() for rule in self.rules],
        }


def stability(
    resamples: Resamples, outcome: Outcome, *, flips: Sequence[Flips] | None = None
) -> Stability:
    """Sum up resamples of a run. O(R · m log R) for each rule.

    flips : from ``ballots_to_flip``, one for each rule.
    """
    sizes, counts = np.unique(resamples.k, return_counts=True)
    people = int(resamples.people.sum())
    tables = iter(resamples.places)
    rules = [
        _of_rule(next(tables), np.isin(outcome.statement_ids, selection.statements))
        if RULES[selection.rule].resampled
        else None
        for selection in outcome.selections
    ]
    if flips is not None:
        rules = [
            one and RuleStability(one.frequency, one.rank, one.typical_change, flip)
            for one, flip in zip(rules, flips, strict=True)
        ]
    return Stability(
        resamples=len(resamples),
        refit_groups=resamples.refit_groups,
        k={int(k): int(count) for k, count in zip(sizes, counts, strict=True)},
        membership=int(resamples.stayed.sum()) / people if people else None,
        rules=tuple(rules),
    )


def stability_of(
    matrix: VoteMatrix, plan: Plan, outcome: Outcome, *, resamples: Resamples | None = None
) -> Stability:
    """What the section "stability" of the plan asks for, from resampling to summary.

    matrix, plan : as they went into the run, whose result is ``outcome``.
    resamples    : those computed elsewhere, if they were.
    """
    asked = plan.stability or StabilityPlan()
    if resamples is None:
        resamples = resample_range(matrix, plan, outcome.seed, 0, asked.resamples, base=outcome)
    found = stability(resamples, outcome)
    if not asked.flips:
        return found
    frequencies = [None if rule is None else rule.frequency for rule in found.rules]
    flips = ballots_to_flip(matrix, plan, outcome, frequencies=frequencies)
    return stability(resamples, outcome, flips=flips)


def _of_rule(places: NDArray[np.int32], inside: NDArray[np.bool_]) -> RuleStability:
    taken = places > 0
    gone, new = (inside & ~taken).sum(axis=1), (taken & ~inside).sum(axis=1)
    return RuleStability(
        frequency=taken.sum(axis=0) / len(places),
        rank=np.stack([_percentile(places, _LOW), _percentile(places, _HIGH)], axis=1),
        typical_change=float(np.median(np.maximum(gone, new))),
    )


def _percentile(places: NDArray[np.int32], share: float) -> NDArray[np.int64]:
    """int64[m]: percentile of the places that are not 0 (a place that was taken, never one in
    between); 0 if there are none."""
    times = np.count_nonzero(places, axis=0)
    # 0.025 · 40 is meant to be 1, whatever its last digit.
    position = np.maximum(np.ceil(np.round(times * share, 9)), 1).astype(np.int64)
    at = np.minimum(len(places) - times + position, len(places)) - 1
    # In order, the resamples that do not select a statement come first.
    result: NDArray[np.int64] = np.sort(places, axis=0)[at, np.arange(len(times))].astype(np.int64)
    return result


def what_would_change(
    outcome: Outcome,
    found: Stability | None,
    variants: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """What would change the selection of the first rule, most telling first.

    variants : as a run lists them: kind, label, selected, added and dropped.
    Returns entries {"code", "params"}; a code is a key of ``CHANGES``, which ``params`` fill.
    """
    lines = [_line("not_resampled")] if found is None else _resampled(outcome, found)
    return lines + _variants(variants)


def _resampled(outcome: Outcome, found: Stability) -> list[dict[str, Any]]:
    first, selected = found.rules[0], len(outcome.selected)
    if first is None:
        return [_line("not_resampled")]
    inside = np.isin(outcome.statement_ids, outcome.selected)
    steady = int(np.count_nonzero(inside & (first.frequency >= STEADY)))
    lines = [
        _line("typical_change", change=first.typical_change, selected=selected),
        _line("steady", steady=steady, selected=selected, resamples=found.resamples),
    ]
    base = outcome.grouping.n_groups
    other = 1 - found.k.get(base, 0) / found.resamples
    if other > 0:
        lines.append(_line("groups_vary", k=base, share=other))
    if found.membership is not None and found.membership < 1:
        lines.append(_line("members_vary", share=1 - found.membership))
    return lines + _few(outcome, first.flips, inside)


def _few(outcome: Outcome, flips: Flips | None, inside: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """The statements that the fewest people could move, each way."""
    if flips is None:
        return []
    known = [
        (people, int(statement), bool(inside[at]))
        for at, (people, statement) in enumerate(
            zip(flips.people, outcome.statement_ids, strict=True)
        )
        if people is not None
    ]
    lines = []
    for code, was_in in (("few_drop", True), ("few_lift", False)):
        fewest = sorted(entry for entry in known if entry[2] == was_in)[:_NAMED]
        lines += [_line(code, people=people, statement=one) for people, one, _ in fewest]
    return lines


def _variants(variants: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    changed = [one for one in variants if one["added"] or one["dropped"]]
    changed.sort(key=lambda one: -max(len(one["added"]), len(one["dropped"])))
    lines = [
        _line(
            "variant", kind=one["kind"], settings=one["label"]["params"],
            added=len(one["added"]), dropped=len(one["dropped"]),
        )
        for one in changed
    ]  # fmt: skip
    same = len(variants) - len(changed)
    return lines + ([_line("variants_same", count=same)] if same else [])


def _line(code: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "params": params}

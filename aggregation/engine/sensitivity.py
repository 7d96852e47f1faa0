"""What would be selected under other choices than those of the plan.

Each variant changes one thing and says which statements the drafting rule would then add or drop.
They are for reading beside the result, never to choose the result by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.params import ParamValue
from aggregation.engine.plan import Plan, RuleSpec
from aggregation.engine.steps import evidence_of, group, run_once, select, taking_part, tally


@dataclass(frozen=True)
class Variant:
    """One other choice.

    kind     : "k", "threshold", "rule", "weights" or "exclusions".
    code, params : what is different, as in "k" and k = 3. Pages translate by code.
    selected : statement ids, best first. added, dropped : against the drafting rule of the plan.
    """

    kind: str
    code: str
    params: tuple[tuple[str, ParamValue], ...]
    selected: tuple[int, ...]
    added: tuple[int, ...]
    dropped: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON."""
        return {
            "kind": self.kind,
            "label": {"code": self.code, "params": dict(self.params)},
            "selected": len(self.selected),
            "added": list(self.added),
            "dropped": list(self.dropped),
        }


def variants(matrix: VoteMatrix, plan: Plan, outcome: Outcome) -> tuple[Variant, ...]:
    """Every variant that the plan's section "sensitivity" asks for, one after another.

    matrix : as it was given to the run. outcome : of that run.
    """
    settings = plan.sensitivity
    if settings is None:
        return ()
    people = taking_part(matrix, plan).matrix
    found: list[Variant] = []
    if settings.groups:
        found.extend(_other_groups(people, plan, outcome))
    found.extend(_other_thresholds(people, plan, outcome, settings.threshold_step))
    found.extend(_other_rules(outcome))
    found.extend(_everyone_alike(matrix, plan, outcome))
    return tuple(found)


def _other_groups(people: VoteMatrix, plan: Plan, outcome: Outcome) -> Iterator[Variant]:
    """Other numbers of opinion groups, on the same map."""
    ways, seed = plan.grouping, outcome.seed
    if ways.method != "kmeans" or ways.k is not None:
        return
    for k in range(ways.k_min, ways.k_max + 1):
        if k == outcome.grouping.n_groups:
            continue
        try:
            grouping = group(people, plan, outcome.positions, seed, k)
        except EngineError as error:
            if error.code != "too_few_points":
                raise
            continue
        evidence = evidence_of(people, plan, grouping, tally(people, grouping), seed)
        (selection,) = select(_drafting(plan), evidence)
        yield _variant("k", "k", {"k": k}, selection.statements, outcome)


def _other_thresholds(
    people: VoteMatrix, plan: Plan, outcome: Outcome, step: float
) -> Iterator[Variant]:
    """The bound of the drafting rule a step down and up."""
    first = plan.rules[0]
    if first.id not in ("threshold", "bridging") or not step:
        return
    evidence = outcome.evidence(people)
    above = float(first.settings["above"] or 0.0)
    for bound in (round(above - step, 12), round(above + step, 12)):
        if 0 <= bound <= 1:
            moved = RuleSpec(first.id, tuple(sorted((first.settings | {"above": bound}).items())))
            (selection,) = select(replace(plan, rules=(moved,)), evidence)
            yield _variant("threshold", "above", {"above": bound}, selection.statements, outcome)


def _other_rules(outcome: Outcome) -> Iterator[Variant]:
    """The other rules of the plan, which were computed anyway."""
    for number, selection in enumerate(outcome.selections[1:], start=1):
        params: dict[str, ParamValue] = {"rule": selection.rule, "index": number}
        yield _variant("rule", "rule", params, selection.statements, outcome)


def _everyone_alike(matrix: VoteMatrix, plan: Plan, outcome: Outcome) -> Iterator[Variant]:
    """Without weights, and with the people whom the plan leaves out."""
    drafting = _drafting(plan)
    if plan.weights is not None:
        other = run_once(matrix, replace(drafting, weights=None), outcome.seed)
        yield _variant("weights", "unweighted", {}, other.selected, outcome)
    n_out = len(outcome.excluded) + len(outcome.left_out)
    if n_out:
        everyone = replace(matrix, excluded=None)
        lenient = replace(drafting, participants=replace(plan.participants, min_votes=0))
        other = run_once(everyone, lenient, outcome.seed)
        yield _variant("exclusions", "with_excluded", {"people": n_out}, other.selected, outcome)


def _drafting(plan: Plan) -> Plan:
    """The plan with its first rule only."""
    return replace(plan, rules=plan.rules[:1], stability=None, sensitivity=None, properties=None)


def _variant(
    kind: str,
    code: str,
    params: Mapping[str, ParamValue],
    selected: tuple[int, ...],
    outcome: Outcome,
) -> Variant:
    before = set(outcome.selected)
    return Variant(
        kind,
        code,
        tuple(sorted(params.items())),
        selected,
        tuple(sorted(set(selected) - before)),
        tuple(sorted(before - set(selected))),
    )

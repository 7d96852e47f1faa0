"""How few people would have to change their vote on one statement to move it in or out.

Everyone who voted on the statement may change their vote on it; nobody else votes, all other votes
stay, and so do the opinion groups. For thresholds the answer is exact. For rules that fill seats it
is an upper bound: so many people are enough, as a new run shows, and fewer might be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor, prod

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.cells import offsets
from aggregation.engine.matrix import AGREE, VoteMatrix
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan, RuleSpec
from aggregation.engine.registry import RULES
from aggregation.engine.selection import NOT_ENOUGH_EVIDENCE, SELECTED, Evidence, Selection
from aggregation.engine.steps import evidence_of, taking_part, tally

# Votes that may be counted anew in searching, over all statements of one rule: about a second.
_SEARCHED_VOTES = 20_000_000
# Rules that take a solver seconds each time are not searched.

Again = Callable[[VoteMatrix], Evidence]


@dataclass(frozen=True)
class Flips:
    """For one rule. people : for each statement in order of id the number of people, or None
    where no change is enough, where there is not enough evidence, or where nobody searched.
    exact : whether these are the least numbers, or only enough."""

    people: tuple[int | None, ...]
    exact: bool


def people_to_drop(agree: list[int], seen: list[int], *, measure: str, above: float) -> int | None:
    """Least number of people who take back their agreement so that the measure is not above.

    agree, seen : A_g and S_g of each group. A product falls most where the fewest agree, so it is
    taken down group by group, smallest first; see ``consensus`` for the measures. O(G log A).
    """
    bound = Fraction(repr(float(above)))
    if measure == "min_group":
        # One group at the bound is enough.
        return min(max(0, a - floor(bound * s)) for a, s in zip(agree, seen, strict=True))
    extra = 1 if measure == "gac_polis" else 0
    limit = bound * prod(s + 2 * extra for s in seen)

    def low_enough(people: int) -> bool:
        left, product = people, 1
        for a in sorted(agree):
            gone = min(left, a)
            left -= gone
            product *= a + extra - gone
        return product <= limit

    return _least(low_enough, sum(agree))


def people_to_lift(agree: list[int], seen: list[int], *, measure: str, above: float) -> int | None:
    """Least number of people who turn to agreement so that the measure is above.

    A product grows most where the fewest agree, so these are brought up first, level by level,
    as far as the group has people who voted otherwise. O(G² log S).
    """
    bound = Fraction(repr(float(above)))
    if measure == "min_group":
        wanted = [floor(bound * s) + 1 for s in seen]
        if any(need > s for need, s in zip(wanted, seen, strict=True)):
            return None
        return sum(max(0, need - a) for need, a in zip(wanted, agree, strict=True))
    extra = 1 if measure == "gac_polis" else 0
    limit = bound * prod(s + 2 * extra for s in seen)

    def high_enough(people: int) -> bool:
        return prod(a + extra for a in _levelled(agree, seen, people)) > limit

    return _least(high_enough, sum(seen) - sum(agree))


def _least(enough: Callable[[int], bool], most: int, least: int = 0) -> int | None:
    """The least number from ``least`` to ``most`` that is enough, if more never is less; if it
    sometimes is, some number that is enough."""
    if most < least or not enough(most):
        return None
    low, high = least - 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _levelled(agree: list[int], seen: list[int], people: int) -> list[int]:
    """Agreement after that many more, each given to a group with the fewest that has room."""
    now = list(agree)
    while people:
        room = [at for at in range(len(now)) if now[at] < seen[at]]
        lowest = min(now[at] for at in room)
        least = [at for at in room if now[at] == lowest]
        above = [now[at] for at in room if now[at] > lowest] + [seen[at] for at in least]
        lift = min(min(above) - lowest, people // len(least))
        for at in least if lift else least[:people]:
            now[at] += lift or 1
        people -= lift * len(least) if lift else min(people, len(least))
    return now


def ballots_to_flip(
    matrix: VoteMatrix,
    plan: Plan,
    outcome: Outcome,
    *,
    frequencies: Sequence[NDArray[np.float64] | None] | None = None,
) -> tuple[Flips, ...]:
    """For each rule of a run, the people it takes to flip each statement.

    matrix, plan : as they went into the run, whose result is ``outcome``.
    frequencies  : float64[m] per rule, share of resamples that select a statement; where not every
                   statement can be searched, the least decided come first.
    Thresholds without weights: O(m · G² · log S). Other rules: new runs, as many as fit into
    ``_SEARCHED_VOTES`` votes counted anew.
    """
    people = taking_part(matrix, plan).matrix
    evidence, grouping = outcome.evidence(people), outcome.grouping

    def again(changed: VoteMatrix) -> Evidence:
        return evidence_of(changed, plan, grouping, tally(changed, grouping), outcome.seed)

    found = []
    for at, (rule, selection) in enumerate(zip(plan.rules, outcome.selections, strict=True)):
        if rule.id == "threshold" and evidence.consensus.unit == 1:
            found.append(Flips(_by_count(evidence, rule, selection), True))
        else:
            seen = None if frequencies is None else frequencies[at]
            found.append(Flips(_by_search(evidence, rule, selection, again, seen), False))
    return tuple(found)


def _by_count(evidence: Evidence, rule: RuleSpec, selection: Selection) -> tuple[int | None, ...]:
    measure, above = str(rule.settings["measure"]), float(rule.settings["above"] or 0.0)
    agree, seen = evidence.consensus.agree.T.tolist(), evidence.consensus.seen.T.tolist()
    people: list[int | None] = []
    for decision, a, s in zip(selection.decisions, agree, seen, strict=True):
        count = people_to_drop if decision.status == SELECTED else people_to_lift
        undecided = decision.status == NOT_ENOUGH_EVIDENCE
        people.append(None if undecided else count(a, s, measure=measure, above=above))
    return tuple(people)


def _by_search(
    evidence: Evidence,
    rule: RuleSpec,
    selection: Selection,
    again: Again,
    frequency: NDArray[np.float64] | None,
) -> tuple[int | None, ...]:
    """Halving on the number of people who change, those first who have least of what they want."""
    matrix = evidence.matrix
    m = matrix.n_statements
    inside = np.isin(matrix.statement_ids, np.array(selection.statements, dtype=np.int64))
    decided = np.array([d.status != NOT_ENOUGH_EVIDENCE for d in selection.decisions])
    cells, starts = _cells_by_statement(matrix, inside & (rule.id != "threshold"))
    found: list[int | None] = [None] * m
    quick = RULES[rule.id].resampled
    runs_left = _SEARCHED_VOTES // max(matrix.n_votes, 1) if quick else 0
    for at in _closest_first(evidence, inside, frequency):
        voters = cells[starts[at] : starts[at + 1]]
        voters = voters[(matrix.values[voters] == 1) == inside[at]]
        if not decided[at] or not len(voters):
            continue
        runs_left -= 1 + len(voters).bit_length()
        if runs_left < 0:
            break
        found[at] = _search(matrix, at, voters, bool(inside[at]), rule, again)
    return tuple(found)


def _search(
    matrix: VoteMatrix,
    column: int,
    voters: NDArray[np.int64],
    inside: bool,
    rule: RuleSpec,
    again: Again,
) -> int | None:
    """voters : positions of the votes that may change, in the order in which they do."""
    statement = int(matrix.statement_ids[column])

    def flipped(people: int) -> bool:
        values = matrix.values.copy()
        values[voters[:people]] = -1 if inside else 1
        after = RULES[rule.id].select(again(replace(matrix, values=values)), rule.settings)
        return (statement in after.statements) != inside

    return _least(flipped, len(voters), least=1)


def _cells_by_statement(
    matrix: VoteMatrix, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of all votes statement by statement, and where each statement starts.

    Within a statement those people come first who agree with the fewest of the columns ``inside``
    (in proportional rules their votes count most), then those with the highest weight, then by row.
    """
    rows = matrix.rows
    pleased = (matrix.values == 1) & inside[matrix.indices]
    has = np.bincount(rows, weights=pleased, minlength=matrix.n_participants)
    weight = np.zeros(len(has), dtype=np.int64) if matrix.weights is None else matrix.weights
    order = np.lexsort((rows, -weight[rows], has[rows], matrix.indices))
    return order, offsets(np.bincount(matrix.indices, minlength=matrix.n_statements))


def _closest_first(
    evidence: Evidence, inside: NDArray[np.bool_], frequency: NDArray[np.float64] | None
) -> list[int]:
    """Columns, the least decided first; without frequencies by the rank of their support."""
    if frequency is not None:
        distance = np.abs(frequency - 0.5)
    else:
        rank = np.empty(len(inside))
        rank[np.argsort(-evidence.counts[:, AGREE], kind="stable")] = np.arange(len(inside))
        distance = np.abs(rank - inside.sum() + 0.5)
    return [int(at) for at in np.argsort(distance, kind="stable")]

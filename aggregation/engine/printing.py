"""An outcome in words, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import MEASURES, summary
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan, RuleSpec
from aggregation.engine.properties.verdicts import STORIES
from aggregation.engine.registry import GUARANTEES, RULES
from aggregation.engine.selection import NOT_ENOUGH_EVIDENCE, Selection
from aggregation.engine.stability import CHANGES

_WIDTH = 100
_LISTED = 5
# Shares of fewer votes say little.
_FEW = 10
_NAMED = 3
_OTHERWISE = {
    "k": "With {k} groups",
    "above": "With the bound at {above}",
    "rule": "By {rule}",
    "unweighted": "With everyone counted alike",
    "with_excluded": "With the {people} people who were left out",
}
_HOLDS = {True: "This holds.", False: "This does not hold.", None: "This could not be decided."}


def in_words(
    outcome: Outcome, plan: Plan, files: Sequence[str], texts: Mapping[int, str]
) -> Iterator[str]:
    """The outcome line by line. texts : statement id → wording, where it is known."""
    parts = (
        ("Votes and plan", _origin(outcome, plan, files)),
        ("Who took part", _people(outcome)),
        ("Opinion groups", _groups(outcome, texts)),
        ("Agreement over the groups", _agreement(outcome)),
        ("What unites, what divides, what people are unsure about", _extremes(outcome, texts)),
        *(
            (_rule_name(rule), _selected(selection, texts))
            for rule, selection in zip(plan.rules, outcome.selections, strict=True)
        ),
        ("What is uncertain", _uncertain(outcome)),
    )
    for number, (title, lines) in enumerate(parts):
        if number:
            yield ""
        yield title
        yield "-" * min(len(title), _WIDTH)
        yield from lines


def _origin(outcome: Outcome, plan: Plan, files: Sequence[str]) -> Iterator[str]:
    yield f"Read from {' and '.join(files)}; votes {outcome.input_digest[:12]}."
    yield f"Plan “{plan.name}”: {plan.title}."
    yield (
        f"Plan {plan.hash[:12]}, seed {outcome.seed}, engine {outcome.engine_version}, "
        f"outcome {outcome.digest[:12]}."
    )


def _people(outcome: Outcome) -> Iterator[str]:
    votes = outcome.votes
    yield (
        f"{_n(outcome.participants, 'person')}, {_n(outcome.statements, 'statement')}, "
        f"{sum(votes.values()):,} votes: {votes['agree']:,} agree, {votes['disagree']:,} disagree, "
        f"{votes['pass']:,} pass."
    )
    if len(outcome.excluded):
        yield f"Left out by a rule on who counts: {_n(len(outcome.excluded), 'person')}."
    if len(outcome.left_out):
        yield f"With fewer votes than the plan asks for: {_n(len(outcome.left_out), 'person')}."
    if outcome.weighting:
        yield "People count by weight, so that the panel is like the population in known shares."


def _groups(outcome: Outcome, texts: Mapping[int, str]) -> Iterator[str]:
    grouping = outcome.grouping
    tried = ", ".join(f"{k}: {score:.3f}" for k, score in grouping.silhouettes)
    how = "came with the votes" if grouping.method == "declared" else "were found in the votes"
    yield f"{grouping.n_groups} groups {how}." + (
        f" Silhouette by number: {tried}." if tried else ""
    )
    rest = int(np.count_nonzero(grouping.labels < 0))
    if rest:
        yield f"In no group: {_n(rest, 'person')}."
    for at, size in enumerate(outcome.group_sizes):
        yield f"Group {grouping.label(at)}: {_n(size, 'person')}. It stands for:"
        for one in outcome.representative[at]:
            verb = "agrees" if one.direction == "agree" else "disagrees"
            said = f"{verb} {one.successes:,} of {one.trials:,}"
            yield from _statement(said, one.statement_id, texts)


def _agreement(outcome: Outcome) -> Iterator[str]:
    found = {name: summary(outcome.consensus.measure(name)) for name in MEASURES}
    columns = ("mean", "median", "min", "max")
    yield "  ".join(f"{name:>9}" for name in ("", *columns))
    for name, values in found.items():
        known = (values[column] for column in columns)
        cells = (f"{'–':>9}" if value is None else f"{value:9.4f}" for value in known)
        yield "  ".join((f"{name:>9}", *cells))
    above = ", ".join(f"{t}: {n:,}" for t, n in outcome.all_groups_above.items())
    yield f"Statements with more agreement than this in every group: {above}."


def _extremes(outcome: Outcome, texts: Mapping[int, str]) -> Iterator[str]:
    cast = outcome.counts.sum(axis=1)
    enough = outcome.group_counts.sum(axis=2).min(axis=0, initial=10**9) >= _FEW
    share = outcome.share
    if len(share) > 1 and enough.any():
        yield "Every group agrees most:"
        yield from _top(outcome.min_group, enough, "at least {:.0%}", outcome, texts)
        yield "Groups are furthest apart:"
        spread = np.where(enough, share.max(axis=0) - share.min(axis=0), np.nan)
        yield from _top(spread, enough, "{:.0%} apart", outcome, texts)
    if (cast >= _FEW).any():
        yield "Most passed on:"
        passed = outcome.counts[:, 2] / np.maximum(cast, 1)
        yield from _top(passed, cast >= _FEW, "{:.0%} passed", outcome, texts)
    else:
        yield f"No statement has {_FEW} votes."


def _top(
    measure: NDArray[np.float64],
    enough: NDArray[np.bool_],
    said: str,
    outcome: Outcome,
    texts: Mapping[int, str],
) -> Iterator[str]:
    order = np.lexsort((outcome.statement_ids, -measure))
    for at in order[enough[order]][:_LISTED]:
        yield from _statement(said.format(measure[at]), int(outcome.statement_ids[at]), texts)


def _rule_name(rule: RuleSpec) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in rule.params if value is not None)
    return f"Selected by “{RULES[rule.id].label}” ({rule.id}: {settings})"


def _selected(selection: Selection, texts: Mapping[int, str]) -> Iterator[str]:
    if not selection.statements:
        yield "No statement."
    for place, (statement, score) in enumerate(
        zip(selection.statements, selection.scores, strict=True), start=1
    ):
        yield from _statement(f"{place:3d}. {score:8.4f}", statement, texts)


def _uncertain(outcome: Outcome) -> Iterator[str]:
    for number, selection in enumerate(outcome.selections, start=1):
        rule = f"{selection.rule} (rule {number})"
        unknown = sum(one.status == NOT_ENOUGH_EVIDENCE for one in selection.decisions)
        if unknown:
            yield f"{rule}: too few votes to decide on {_n(unknown, 'statement')}."
        if selection.ties:
            yield f"{rule}: {len(selection.ties):,} ties, broken by: {selection.ties[0].rule}."
    for tie in outcome.grouping.ties:
        yield f"Tie in the {tie.where}, broken by: {tie.rule}."
    yield from _firmness(outcome)
    for one in outcome.variants:
        settings = one["label"]["params"]
        yield (
            f"{_OTHERWISE[one['label']['code']].format(**settings)}: {one['selected']:,} "
            f"statements, {len(one['added']):,} more and {len(one['dropped']):,} fewer."
        )
    for one in outcome.properties:
        said = f"{one['rule']} (rule {one['index'] + 1}): {GUARANTEES[one['property']]}"
        yield from textwrap.wrap(f"{said} {_HOLDS[one['holds']]}", _WIDTH)
        if one["counterexample"]:
            yield from _story(one["property"], one["counterexample"])


def _firmness(outcome: Outcome) -> Iterator[str]:
    """What resampling says, and which statements the fewest people could move."""
    if outcome.stability is None:
        yield "How firm the selection is was not computed: the plan has no section [stability]."
        return
    panels = f"{outcome.stability['resamples']:,} resampled panels"
    for selection, firm in zip(outcome.selections, outcome.stability["rules"], strict=True):
        yield (
            f"{selection.rule}: {firm['typical_change']:g} of {len(selection.statements):,} "
            f"statements are others in a typical one of {panels}; {firm['steady']:,} are selected "
            "in 95 % of them or more."
        )
    selected = set(outcome.selected)
    flips = zip(outcome.stability["rules"][0]["flip"], outcome.statement_ids.tolist(), strict=True)
    known = sorted((people, one) for people, one in flips if people is not None)
    for code, inside in (("few_drop", True), ("few_lift", False)):
        for people, one in [pair for pair in known if (pair[1] in selected) == inside][:_NAMED]:
            yield CHANGES[code].format(statement=one, people=people)


def _story(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    """Whom the selection fails, as ``Counterexample.told`` has it."""
    named = ", ".join(str(one) for one in found["statements"])
    story = STORIES["jr" if found["deserved"] == 1 else name]
    yield from textwrap.wrap(
        story.format_map(dict(found) | {"statements": named}), _WIDTH,
        initial_indent="  ", subsequent_indent="  ",
    )  # fmt: skip


def _n(number: int, what: str) -> str:
    """ "1 person", "2 people"."""
    several = {"person": "people"}.get(what, f"{what}s")
    return f"{number:,} {what if number == 1 else several}"


def _statement(said: str, statement: int, texts: Mapping[int, str]) -> Iterator[str]:
    """What is said of a statement, then its number and wording, wrapped."""
    # What people write may hold codes that make a terminal do things.
    wording = " ".join(texts.get(statement, "").split())
    wording = "".join(character for character in wording if character.isprintable())
    line = f"  {said:<22} [{statement}] {wording}".rstrip()
    yield from textwrap.wrap(line, _WIDTH, subsequent_indent=" " * 25) or [line]

"""What in a plan a later step would refuse, and what it would only regret. Said before opening."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aggregation.engine import Plan
from deliberation.figures import listed, quoted
from deliberation.models import ImportedGroup, Panel, ProfileQuestion, Round
from deliberation.models.rounds import ExclusionRule
from deliberation.plan_words import needs_declared_groups, shows_small_groups
from deliberation.rule_words import rule_name


@dataclass(frozen=True)
class PlanProblem:
    """``field`` is the path of the setting as the engine writes it, e.g. ``grouping.method``,
    or the name of a column of the round; ``words`` is a sentence for people."""

    field: str
    words: str


def plan_problems(round: Round) -> list[str]:
    """What in the plan a later step would refuse, one sentence each. Empty if it can be run."""
    plan = Plan.from_dict(round.plan)
    found = problems_of_plan(plan, panel=round.deliberation.panel) + problems_of_round(round)
    return [problem.words for problem in found]


def problems_of_plan(plan: Plan, *, panel: Panel) -> list[PlanProblem]:
    """What this panel cannot give the plan."""
    return [*_groups(plan, panel), *_weights(plan, panel)]


def plan_warnings(round: Round) -> list[str]:
    """What may be as wanted, but is worth a second look. Nothing of this stops the opening."""
    plan = Plan.from_dict(round.plan)
    statements = round.statements.counting().count()
    return [*_seats(plan, statements), *_votes(plan, round), *_people(plan, round)]


def _groups(plan: Plan, panel: Panel) -> list[PlanProblem]:
    if shows_small_groups(plan):
        words = _(
            "This plan makes groups of the answers to a question about oneself. Its report would "
            "publish votes of very few people of one kind. Use opinion groups, or weights."
        )
        return [PlanProblem("grouping.method", words)]
    if needs_declared_groups(plan) and not _came_with_groups(plan, panel):
        words = _(
            "This plan takes groups that come with imported votes. People who join here bring "
            "none. Let the groups be found in the votes (“kmeans”)."
        )
        return [PlanProblem("grouping.method", words)]
    return []


def _came_with_groups(plan: Plan, panel: Panel) -> bool:
    return ImportedGroup.objects.filter(
        participant__deliberation=panel.deliberation_id, source=plan.grouping.source
    ).exists()


def _weights(plan: Plan, panel: Panel) -> list[PlanProblem]:
    if plan.weights is None:
        return []
    asked = {q.text: set(q.options) for q in ProfileQuestion.objects.filter(panel=panel)}
    found = []
    for question, shares in plan.weights.margins:
        unknown = [answer for answer, _share in shares if answer not in asked.get(question, ())]
        if question not in asked:
            words = _(
                "The plan weights people by their answers to %(question)s, but nobody is asked "
                "that. Add the question, or take it out of the plan."
            ) % {"question": quoted(question)}
        elif unknown:
            words = _(
                "The plan gives a share to the answer %(answer)s to %(question)s, but this answer "
                "cannot be chosen."
            ) % {"answer": quoted(unknown[0]), "question": quoted(question)}
        else:
            continue
        found.append(PlanProblem(f"weights.margins.{question}", words))
    return found


def problems_of_round(round: Round) -> list[PlanProblem]:
    """What does not hold of the columns of the round, as this object has them."""
    found = []
    if not round.reason_codes:
        words = _("Choose at least one reason for which a statement may be turned down.")
        found.append(PlanProblem("reason_codes", words))
    texts = round.statements.counting().values_list("number", "text")
    too_long = [number for number, text in texts if len(text) > round.statement_max_length]
    if too_long and not round.opened_at:
        words = ngettext(
            "Seed statement %(numbers)s is longer than the plan allows.",
            "Seed statements %(numbers)s are longer than the plan allows.",
            len(too_long),
        ) % {"numbers": listed(sorted(too_long))}
        found.append(PlanProblem("statement_max_length", words))
    if round.exclusion_rule != ExclusionRule.NONE and not round.plan.get("sensitivity"):
        words = _(
            "Where votes may be left out, the report has to say what would come out with them. "
            "Tick “Show what other choices would have selected”, or leave out nobody’s votes."
        )
        found.append(PlanProblem("exclusion_rule", words))
    return found


def _seats(plan: Plan, statements: int) -> list[str]:
    """Places that cannot be filled yet, and rankings that may turn out too large to compute."""
    places = [n for rule in plan.rules if isinstance(n := rule.settings.get("seats"), int)]
    said = []
    if max(places, default=0) > statements:
        said.append(
            ngettext(
                "There is %(n)d statement so far, and a rule selects up to %(seats)d. Unless the "
                "panel adds more, the rule takes all that people agree with.",
                "There are %(n)d statements so far, and a rule selects up to %(seats)d. Unless the "
                "panel adds more, the rule takes all that people agree with.",
                statements,
            )
            % {"n": statements, "seats": max(places)}
        )
    for rule in plan.rules:
        most = rule.settings.get("most")
        if isinstance(most, int) and statements > most:
            said.append(
                _(
                    "“%(rule)s” ranks up to %(most)d statements that beat each other in a circle, "
                    "and there are %(n)d. If more hang together than that, it gives no result."
                )
                % {"rule": rule_name(rule.id), "most": most, "n": statements}
            )
    return said


def _votes(plan: Plan, round: Round) -> list[str]:
    said, asked = [], round.target_votes
    if plan.participants.min_votes > asked:
        said.append(
            _("You ask each person for %(asked)d votes, but only people with %(n)d or more count.")
            % {"asked": asked, "n": plan.participants.min_votes}
        )
    if plan.grouping.method == "kmeans" and plan.grouping.min_votes > asked:
        said.append(
            _(
                "You ask each person for %(asked)d votes, but it takes %(n)d to be in an opinion "
                "group. Many people will be in none."
            )
            % {"asked": asked, "n": plan.grouping.min_votes}
        )
    return said


def _people(plan: Plan, round: Round) -> list[str]:
    wanted = round.deliberation.panel.size_wanted
    groups = plan.grouping.k or plan.grouping.k_max
    if wanted is None or plan.grouping.method != "kmeans" or wanted >= 10 * groups:
        return []
    return [
        _(
            "With %(people)d people, %(groups)d opinion groups would have fewer than ten each. "
            "Ask for fewer groups or for more people."
        )
        % {"people": wanted, "groups": groups}
    ]

"""The analysis as it is fixed before anyone votes: validated, frozen, hashable.

A plan is plain data: ``Plan.from_dict`` and ``Plan.from_toml`` read it strictly, ``to_dict`` gives
it back complete, and ``hash`` names it. The tables below say what may be set.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aggregation.engine.errors import EngineError, PlanError
from aggregation.engine.params import (
    Param,
    ParamValue,
    as_table,
    joined,
    not_a_choice,
    read,
    refuse_unknown,
    value,
)
from aggregation.engine.plan_sections import (
    OPTIONAL,
    PropertiesPlan,
    RangesPlan,
    SensitivityPlan,
    StabilityPlan,
    WeightsPlan,
    read_optional,
)
from aggregation.engine.registry import RULES

DEFAULT_THRESHOLDS = (0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95)
# By path: importlib.resources loads some thirty modules, which costs a small run 8 ms.
_SHIPPED = Path(__file__).parent / "plans"
# JSON readers elsewhere hold whole numbers exactly up to here.
_MAX_SEED = 2**53 - 1

TOP: tuple[Param, ...] = (
    Param("name", "text", "Short name of the plan.", required=True),
    Param("title", "text", "What the plan does, for people.", required=True),
    Param("version", "int", "Raised whenever the plan changes.", default=1, minimum=1),
    Param(
        "confidence", "float", "Confidence of all intervals.",
        default=0.95, minimum=0, maximum=1, open_ended=True,
    ),
    Param("seed", "int", "Start of all random draws.", default=0, minimum=0, maximum=_MAX_SEED),
)  # fmt: skip
PARTICIPANTS: tuple[Param, ...] = (
    Param(
        "min_votes", "int", "People with fewer votes on counting statements are left out.",
        default=1, minimum=0,
    ),
)  # fmt: skip
SPACE: tuple[Param, ...] = (
    Param("dimensions", "int", "Number of axes of opinion.", default=2, minimum=1, maximum=10),
)
GROUPING_METHODS = ("kmeans", "declared", "strata")
KMEANS: tuple[Param, ...] = (
    Param("k", "int", "Fixed number of groups; left out, it is chosen.", minimum=1, maximum=50),
    Param("k_min", "int", "Fewest groups tried.", default=2, minimum=1, maximum=50),
    Param("k_max", "int", "Most groups tried.", default=5, minimum=1, maximum=50),
    Param("base_clusters", "int", "Places that sum up the crowd.", default=100, minimum=2,
          maximum=1000),
    Param("starts", "int", "Random starts per number of groups.", default=10, minimum=1,
          maximum=1000),
    Param("min_votes", "int", "People with fewer votes get no group.", default=7, minimum=1),
)  # fmt: skip
DECLARED: tuple[Param, ...] = (
    Param("source", "text", "Name of the groups that come with the votes.", required=True),
)
STRATA: tuple[Param, ...] = (
    Param("source", "text", "The question about oneself whose answers are the groups.",
          required=True),
)  # fmt: skip
# Method → its settings.
GROUPINGS = {"kmeans": KMEANS, "declared": DECLARED, "strata": STRATA}
_THRESHOLD = Param(
    "thresholds", "float", "Shares above which statements are counted.", required=True,
    minimum=0, maximum=1, open_ended=True,
)  # fmt: skip
_METHOD = Param(
    "method", "choice", "How groups are made.", default="kmeans", choices=GROUPING_METHODS
)


@dataclass(frozen=True)
class ParticipantsPlan:
    """Who counts. min_votes : people with fewer votes on counting statements are left out."""

    min_votes: int = 1


@dataclass(frozen=True)
class SpacePlan:
    """The opinion space. dimensions : number of axes."""

    dimensions: int = 2


@dataclass(frozen=True)
class GroupingPlan:
    """How opinion groups are made.

    method "kmeans" reads k, k_min, k_max, base_clusters, starts and min_votes; "declared" takes
    the groups that came with the votes, and "strata" the answers to one question about oneself;
    both read source, its name.
    """

    method: str = "kmeans"
    source: str | None = None
    k: int | None = None
    k_min: int = 2
    k_max: int = 5
    base_clusters: int = 100
    starts: int = 10
    min_votes: int = 7

    def to_dict(self) -> dict[str, Any]:
        """The settings that matter for the method."""
        used = GROUPINGS[self.method]
        return {"method": self.method} | {param.name: getattr(self, param.name) for param in used}


@dataclass(frozen=True)
class RuleSpec:
    """One rule of a plan and its settings, complete and in order of name."""

    id: str
    params: tuple[tuple[str, ParamValue], ...] = ()

    @property
    def settings(self) -> dict[str, ParamValue]:
        return dict(self.params)


@dataclass(frozen=True)
class Plan:
    """One analysis. The first of ``rules`` drafts; the others are shown beside it.

    Raises PlanError, with the path of the setting in ``field``, for anything that does not hold,
    also when built directly or by ``dataclasses.replace``.
    """

    name: str
    title: str
    rules: tuple[RuleSpec, ...]
    version: int = 1
    participants: ParticipantsPlan = ParticipantsPlan()
    space: SpacePlan = SpacePlan()
    grouping: GroupingPlan = GroupingPlan()
    thresholds: tuple[float, ...] = DEFAULT_THRESHOLDS
    confidence: float = 0.95
    seed: int = 0
    weights: WeightsPlan | None = None
    stability: StabilityPlan | None = None
    sensitivity: SensitivityPlan | None = None
    properties: PropertiesPlan | None = None
    ranges: RangesPlan | None = None

    def __post_init__(self) -> None:
        for name, setting in _settings(self.to_dict()).items():
            object.__setattr__(self, name, setting)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Plan:
        """Read a plan strictly: an unknown setting is an error. Raises PlanError."""
        return cls(**_settings(given))

    @classmethod
    def from_toml(cls, text: str) -> Plan:
        """Read a plan from TOML. Raises PlanError.

        A table ``round`` is passed over: files of deliberations say there what else they fixed.
        """
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PlanError("plan_not_toml", field="", reason=str(error)) from error
        given.pop("round", None)
        return cls.from_dict(given)

    def to_dict(self) -> dict[str, Any]:
        """The whole plan as plain data that ``from_dict`` reads back. Optional sections that
        are not there stay away, so that a plan keeps its hash when the engine learns more."""
        return {
            "name": self.name,
            "title": self.title,
            "version": self.version,
            "participants": asdict(self.participants),
            "space": asdict(self.space),
            "grouping": self.grouping.to_dict(),
            "thresholds": list(self.thresholds),
            "rules": [{"id": rule.id, **rule.settings} for rule in self.rules],
            "confidence": self.confidence,
            "seed": self.seed,
        } | {name: getattr(self, name).to_dict() for name in OPTIONAL if getattr(self, name)}

    @cached_property
    def canonical_json(self) -> str:
        """The same text for the same plan, however it was written down."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of ``canonical_json``."""
        return hashlib.sha256(self.canonical_json.encode()).hexdigest()


def shipped_names() -> tuple[str, ...]:
    """Names of the plans that ship with the engine."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def shipped(name: str) -> Plan:
    """A plan that ships with the engine. Raises EngineError("plan_unknown")."""
    known = shipped_names()
    if name not in known:
        raise EngineError("plan_unknown", name=name, known=", ".join(known))
    return Plan.from_toml((_SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))


_SECTIONS = ("participants", "space", "grouping", "thresholds", "rules", *OPTIONAL)


def _settings(given: Any) -> dict[str, Any]:
    """The arguments of Plan, checked and complete."""
    table = as_table(given, "")
    refuse_unknown(table, [param.name for param in TOP] + list(_SECTIONS), "")
    top = read(TOP, {name: table[name] for name in table if name not in _SECTIONS}, "")
    people = read(PARTICIPANTS, table.get("participants", {}), "participants")
    space = read(SPACE, table.get("space", {}), "space")
    if "rules" not in table:
        raise PlanError("missing_key", field="rules")
    found: dict[str, Any] = top | {
        "participants": ParticipantsPlan(**people),  # type: ignore[arg-type]
        "space": SpacePlan(**space),  # type: ignore[arg-type]
        "grouping": _grouping(table.get("grouping", {})),
        "thresholds": _thresholds(table.get("thresholds", list(DEFAULT_THRESHOLDS))),
        "rules": _rules(table["rules"]),
    }
    optional = read_optional(table)
    if "weights" in optional:
        _refuse_whole_people(found["rules"])
    return found | optional


def _refuse_whole_people(rules: tuple[RuleSpec, ...]) -> None:
    for number, rule in enumerate(rules):
        if not RULES[rule.id].fractions:
            raise PlanError("whole_people_only", field=f"rules[{number}].id", rule=rule.id)


def _grouping(given: Any) -> GroupingPlan:
    table = as_table(given, "grouping")
    known = {param.name for param in (_METHOD, *KMEANS, *DECLARED)}
    refuse_unknown(table, known, "grouping")
    method = str(value(_METHOD, table.get("method", _METHOD.default), "grouping.method"))
    used = GROUPINGS[method]
    for name in sorted(known - {"method"} - {param.name for param in used}):
        if name in table:
            raise PlanError("not_of_the_method", field=f"grouping.{name}", method=method)
    rest = {name: table[name] for name in table if name != "method"}
    settings = read(used, rest, "grouping")
    plan = GroupingPlan(method=method, **settings)  # type: ignore[arg-type]
    if plan.k_min > plan.k_max:
        raise PlanError(
            "fewest_above_most", field="grouping.k_max", k_min=plan.k_min, k_max=plan.k_max
        )
    return plan


def _thresholds(given: Any) -> tuple[float, ...]:
    result: list[float] = []
    for number, found in enumerate(_as_list(given, "thresholds")):
        field = f"thresholds[{number}]"
        result.append(float(value(_THRESHOLD, found, field) or 0.0))
        if number and result[-1] <= result[-2]:
            raise PlanError("not_ascending", field="thresholds")
    return tuple(result)


def _rules(given: Any) -> tuple[RuleSpec, ...]:
    rules = tuple(
        _rule(found, f"rules[{number}]") for number, found in enumerate(_as_list(given, "rules"))
    )
    if not rules:
        raise PlanError("rules_empty", field="rules")
    if len(set(rules)) < len(rules):
        raise PlanError("rules_repeated", field="rules")
    return rules


def _rule(given: Any, path: str) -> RuleSpec:
    table = as_table(given, path)
    field = joined(path, "id")
    if "id" not in table:
        raise PlanError("missing_key", field=field)
    chosen = table["id"]
    if not isinstance(chosen, str) or chosen not in RULES:
        raise not_a_choice(field, chosen, RULES)
    settings = {name: table[name] for name in table if name != "id"}
    checked = read(RULES[chosen].params, settings, path)
    return RuleSpec(chosen, tuple(sorted(checked.items())))


def _as_list(given: Any, path: str) -> list[Any]:
    if not isinstance(given, (list, tuple)):
        raise PlanError("wrong_type", field=path, expected="list", found=given)
    return list(given)

"""sortition-algorithms asked for the same draw: chances per person, by its own code.

Its leximin wants Gurobi, which needs a licence. ``_Model`` stands in for the few calls it makes
and hands them to HiGHS, so that its algorithm runs as it is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from deliberation.lottery import Quotas


class _Sum:
    """A linear expression: coefficients by number of variable, and a constant."""

    def __init__(self, terms: Mapping[int, float], constant: float = 0.0) -> None:
        self.terms, self.constant = dict(terms), constant

    def __add__(self, other: Any) -> _Sum:
        other = _sum(other)
        terms = dict(self.terms)
        for variable, factor in other.terms.items():
            terms[variable] = terms.get(variable, 0.0) + factor
        return _Sum(terms, self.constant + other.constant)

    def __mul__(self, factor: float) -> _Sum:
        return _Sum({v: f * factor for v, f in self.terms.items()}, self.constant * factor)

    def __sub__(self, other: Any) -> _Sum:
        return self + _sum(other) * -1.0

    def __rsub__(self, other: Any) -> _Sum:
        return _sum(other) - self

    def __le__(self, other: Any) -> tuple[str, _Sum]:
        return "<=", self - other

    def __ge__(self, other: Any) -> tuple[str, _Sum]:
        return "<=", _sum(other) - self

    def __eq__(self, other: object) -> Any:
        return "==", self - other

    __radd__, __rmul__ = __add__, __mul__
    __hash__ = None  # type: ignore[assignment]


class _Variable(_Sum):
    x = 0.0


def _sum(value: Any) -> _Sum:
    return value if isinstance(value, _Sum) else _Sum({}, float(value))


def _quicksum(parts: Iterable[_Sum]) -> _Sum:
    terms: dict[int, float] = {}
    constant = 0.0
    for part in parts:
        constant += part.constant
        for variable, factor in part.terms.items():
            terms[variable] = terms.get(variable, 0.0) + factor
    return _Sum(terms, constant)


class _Model:
    """Minimises; that is all leximin does with it."""

    status, objVal = 0, 0.0

    def __init__(self) -> None:
        self._variables: list[_Variable] = []
        self._rows: dict[str, list[_Sum]] = {"<=": [], "==": []}
        self._goal = _Sum({})

    def addVar(self, **_options: Any) -> _Variable:
        self._variables.append(_Variable({len(self._variables): 1.0}))
        return self._variables[-1]

    def addConstr(self, row: tuple[str, _Sum]) -> None:
        self._rows[row[0]].append(row[1])

    def setObjective(self, goal: _Sum, _sense: Any) -> None:
        self._goal = goal

    def setParam(self, *_names: Any) -> None:
        """Barrier without crossover is only a matter of speed."""

    def optimize(self) -> None:
        goal = np.zeros(len(self._variables))
        goal[list(self._goal.terms)] = list(self._goal.terms.values())
        answer = linprog(
            goal,
            A_ub=self._matrix("<="),
            b_ub=[-row.constant for row in self._rows["<="]],
            A_eq=self._matrix("=="),
            b_eq=[-row.constant for row in self._rows["=="]],
            bounds=(0, None),
        )
        self.status = answer.status
        if answer.status == 0:
            self.objVal = float(answer.fun) + self._goal.constant
            for variable, value in zip(self._variables, answer.x, strict=True):
                variable.x = float(value)

    def _matrix(self, kind: str) -> csr_array:
        found = [
            (factor, number, variable)
            for number, row in enumerate(self._rows[kind])
            for variable, factor in row.terms.items()
        ]
        factors, numbers, variables = zip(*found, strict=True)
        shape = (len(self._rows[kind]), len(self._variables))
        return csr_array((factors, (numbers, variables)), shape=shape)


def chances(
    features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int, algorithm: str
) -> list[float]:
    """The chance of each person; "maximin" or "leximin"."""
    from sortition_algorithms.committee_generation import leximin, maximin
    from sortition_algorithms.features import read_in_features
    from sortition_algorithms.people import read_in_people
    from sortition_algorithms.settings import Settings

    fake: Any = ModuleType("gurobipy")
    fake.Model, fake.Var, fake.quicksum, fake.setParam = _Model, _Variable, _quicksum, print
    fake.setParam = lambda *_names: None
    fake.GRB = SimpleNamespace(CONTINUOUS="C", MINIMIZE=1, OPTIMAL=0)
    sys.modules["gurobipy"] = fake
    leximin.GUROBI_AVAILABLE = True

    rows = [
        {"feature": name, "value": value, "min": str(quota.minimum), "max": str(quota.maximum)}
        for name, value, quota in quotas.bounds()
    ]
    collection, _feature, _value = read_in_features(list(rows[0]), rows, seats)
    settings = Settings(id_column="id", columns_to_keep=[])
    people_rows = [{"id": str(number), **row} for number, row in enumerate(features)]
    people, _report = read_in_people(list(people_rows[0]), people_rows, collection, settings)
    find = {"maximin": maximin.find_distribution_maximin}.get(
        algorithm, leximin.find_distribution_leximin
    )
    committees, weights, _messages = find(collection, people, seats, [])
    found = np.zeros(len(features))
    for committee, weight in zip(committees, weights, strict=True):
        found[[int(person) for person in committee]] += weight
    return [float(chance) for chance in found]

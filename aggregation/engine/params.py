"""Settings: what may be set, and a strict reader that says in plain words what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from aggregation.engine.errors import PlanError, bounds

ParamValue = int | float | str | None  # a flag is a bool, which is an int


@dataclass(frozen=True)
class Param:
    """One setting.

    kind     : "int", "float", "flag" (true or false), "text" or "choice".
    default  : used when absent, unless ``required``. A default of None allows None.
    minimum, maximum : inclusive; ``open_ended`` makes both exclusive.
    help     : one plain sentence.
    """

    name: str
    kind: str
    help: str
    default: ParamValue = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    open_ended: bool = False
    choices: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """The allowed range in words."""
        return bounds(self.minimum, self.maximum, open_ended=self.open_ended)


def read(params: Iterable[Param], given: Any, path: str) -> dict[str, ParamValue]:
    """The settings with defaults filled in, in the order of ``params``.

    path : where we are in the plan, for messages; "" at the top.
    Raises PlanError: wrong_type, unknown_key, missing_key, not_a_choice, out_of_range.
    """
    known = {param.name: param for param in params}
    table = as_table(given, path)
    refuse_unknown(table, known, path)
    result: dict[str, ParamValue] = {}
    for name, param in known.items():
        field = joined(path, name)
        if name in table:
            result[name] = value(param, table[name], field)
        elif param.required:
            raise PlanError("missing_key", field=field)
        else:
            result[name] = param.default
    return result


def value(param: Param, found: Any, field: str) -> ParamValue:
    """One checked value; whole numbers are taken where a number is wanted."""
    if found is None and param.default is None and not param.required:
        return None
    if param.kind == "flag":
        if not isinstance(found, bool):
            raise PlanError("wrong_type", field=field, expected="flag", found=found)
        return found
    if param.kind in ("text", "choice"):
        return _text(param, found, field)
    return _number(param, found, field)


def _text(param: Param, found: Any, field: str) -> str:
    if not isinstance(found, str) or not found.strip():
        raise PlanError("wrong_type", field=field, expected="text", found=found)
    if param.kind == "choice" and found not in param.choices:
        raise not_a_choice(field, found, param.choices)
    return found


def not_a_choice(field: str, found: Any, choices: Iterable[str]) -> PlanError:
    """PlanError("not_a_choice") with what may stand there, and what was probably meant."""
    known = tuple(choices)
    meant = closest(str(found), known)
    return PlanError("not_a_choice", field=field, choices=known, found=found, meant=meant)


def _number(param: Param, found: Any, field: str) -> int | float:
    whole = isinstance(found, int) and not isinstance(found, bool)
    fits = whole or (param.kind == "float" and isinstance(found, float) and math.isfinite(found))
    if not fits:
        raise PlanError("wrong_type", field=field, expected=param.kind, found=found)
    number = float(found) if param.kind == "float" else int(found)
    low, high = param.minimum, param.maximum
    below = low is not None and (number <= low if param.open_ended else number < low)
    beyond = high is not None and (number >= high if param.open_ended else number > high)
    if below or beyond:
        raise PlanError(
            "out_of_range", field=field, low=low, high=high, open_ended=param.open_ended,
            found=number,
        )  # fmt: skip
    return number


def as_table(given: Any, path: str) -> Mapping[str, Any]:
    """The given table of settings, or PlanError("wrong_type")."""
    if not isinstance(given, Mapping):
        raise PlanError("wrong_type", field=path or "plan", expected="table", found=given)
    return given


def refuse_unknown(table: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    """PlanError("unknown_key") for the first setting that does not exist."""
    names = list(known)
    for name in table:
        if name not in names:
            field = joined(path, str(name))
            raise PlanError("unknown_key", field=field, meant=closest(str(name), names))


def closest(found: str, known: Iterable[str]) -> str:
    """The known word that looks most like it, or nothing."""
    return next(iter(get_close_matches(found, list(known), n=1, cutoff=0.5)), "")


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

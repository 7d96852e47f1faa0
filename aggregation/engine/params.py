"""Settings: what may be set, and a strict reader that says in plain words what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from aggregation.engine.errors import PlanError

ParamValue = int | float | str | None  # a flag is a bool, which is an int

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "text": "a text",
}


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
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"between {low:g} and {high:g}" + (", both excluded" if self.open_ended else "")
        if low is not None:
            return f"more than {low:g}" if self.open_ended else f"{low:g} or more"
        return f"less than {high:g}" if self.open_ended else f"{high:g} or less"


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
            found = described(found)
            raise PlanError("wrong_type", field=field, expected="true or false", found=found)
        return found
    if param.kind in ("text", "choice"):
        return _text(param, found, field)
    return _number(param, found, field)


def _text(param: Param, found: Any, field: str) -> str:
    if not isinstance(found, str) or not found.strip():
        raise PlanError("wrong_type", field=field, expected="a text", found=described(found))
    if param.kind == "choice" and found not in param.choices:
        choices = ", ".join(f'"{choice}"' for choice in param.choices)
        raise PlanError(
            "not_a_choice", field=field, choices=choices, found=found,
            hint=suggestion(found, param.choices),
        )  # fmt: skip
    return found


def _number(param: Param, found: Any, field: str) -> int | float:
    whole = isinstance(found, int) and not isinstance(found, bool)
    fits = whole or (param.kind == "float" and isinstance(found, float) and math.isfinite(found))
    if not fits:
        expected = _EXPECTED[param.kind]
        raise PlanError("wrong_type", field=field, expected=expected, found=described(found))
    number = float(found) if param.kind == "float" else int(found)
    low, high = param.minimum, param.maximum
    below = low is not None and (number <= low if param.open_ended else number < low)
    beyond = high is not None and (number >= high if param.open_ended else number > high)
    if below or beyond:
        raise PlanError("out_of_range", field=field, expected=param.bounds, found=number)
    return number


def as_table(given: Any, path: str) -> Mapping[str, Any]:
    """The given table of settings, or PlanError("wrong_type")."""
    if not isinstance(given, Mapping):
        found = described(given)
        raise PlanError(
            "wrong_type", field=path or "plan", expected="a table of settings", found=found
        )
    return given


def refuse_unknown(table: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    """PlanError("unknown_key") for the first setting that does not exist."""
    names = list(known)
    for name in table:
        if name not in names:
            field = joined(path, str(name))
            raise PlanError("unknown_key", field=field, hint=suggestion(str(name), names))


def suggestion(found: str, known: Iterable[str]) -> str:
    """A closing sentence that names the closest known word, or nothing."""
    close = get_close_matches(found, list(known), n=1, cutoff=0.5)
    return f' Did you mean "{close[0]}"?' if close else ""


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def described(found: Any) -> str:
    """A value as a person would name it."""
    if found is None:
        return "empty"
    if isinstance(found, bool):
        return "yes or no"
    if isinstance(found, str):
        return f'the text "{found}"' if found.strip() else "an empty text"
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, (list, tuple)):
        return "a list"
    return str(found)

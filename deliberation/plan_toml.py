"""A plan as a file: the engine's plan, and a table ``round`` with the columns fixed beside it.

``written`` is canonical: the same plan gives the same text. ``read`` gives back the same plan, so
that its fingerprint stays. A file without the table ``round`` changes the counting only.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from aggregation.engine import Plan, PlanError
from aggregation.engine.params import as_table, refuse_unknown
from deliberation.engine_words import engine_words
from deliberation.models import Round
from deliberation.plan_fault_words import not_toml, setting_name
from deliberation.services.errors import Invalid
from deliberation.set_up_round import RoundFields, of_round, recommended

LARGEST: Final = 64 * 1024
ROUND: Final = "round"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True)
class PlanFile:
    """What a file says. ``columns`` are those of the round that it names."""

    plan: Plan
    columns: dict[str, Any] = field(default_factory=dict)


def of(round: Round) -> str:
    """The whole plan of a round, as a file."""
    return written(Plan.from_dict(round.plan), of_round(round))


def written(plan: Plan, columns: Mapping[str, Any]) -> str:
    """TOML text, ending in a line end.

    columns : column of the round → value; empty for the plan alone.
    """
    tables = plan.to_dict() | ({ROUND: dict(columns)} if columns else {})
    return "\n".join(_table((), tables)).lstrip("\n") + "\n"


def read(text: str) -> PlanFile:
    """The plan and the columns that a file names. Raises Invalid, in words, for any fault."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise Invalid(not_toml(str(error), text)) from error
    except RecursionError as error:
        raise Invalid(_("This plan is nested too deeply.")) from error
    columns = tables.pop(ROUND, {})
    try:
        plan = Plan.from_dict(tables)
        _check_kinds(columns)
    except PlanError as error:
        raise Invalid(engine_words(error)) from error
    except RecursionError as error:
        raise Invalid(_("This plan is nested too deeply.")) from error
    if r"\u0000" in plan.canonical_json:
        raise Invalid(_("This plan contains a character that cannot be stored."))
    return PlanFile(plan, _columns(columns))


def _check_kinds(given: Any) -> None:
    """Raises PlanError, as the engine does for its part of the plan."""
    known = RoundFields.base_fields
    table = as_table(given, ROUND)
    refuse_unknown(table, known, ROUND)
    for name, value in table.items():
        expected = _kind(known[name])
        fits = {
            "flag": isinstance(value, bool),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "list": isinstance(value, list),
            "text": isinstance(value, str),
        }
        if not fits[expected]:
            raise PlanError("wrong_type", field=f"{ROUND}.{name}", expected=expected, found=value)


def _kind(field: forms.Field) -> str:
    """Fields read text; a file has numbers, lists, and true and false."""
    if isinstance(field, forms.BooleanField):
        return "flag"
    if isinstance(field, forms.IntegerField):
        return "int"
    return "list" if isinstance(field, forms.MultipleChoiceField) else "text"


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """Checked by the same fields as in the browser. Dates and times are no part of a plan."""
    form = RoundFields(recommended() | given)
    if form.is_valid():
        return {name: form.cleaned_data[name] for name in given}
    name, errors = next(iter(form.errors.items()))
    raise Invalid(f"{setting_name(f'{ROUND}.{name}')}: {' '.join(map(str, errors))}")


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Values first, then tables, then lists of tables: in TOML nothing may follow these."""
    inner = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    lists = {name: value for name, value in table.items() if _is_list_of_tables(value)}
    for name, value in table.items():
        if name not in inner and name not in lists and value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in inner.items():
        yield f"\n[{_path((*path, name))}]"
        yield from _table((*path, name), value)
    for name, tables in lists.items():
        for one in tables:
            yield f"\n[[{_path((*path, name))}]]"
            yield from _table((*path, name), one)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    """Texts of several lines are written as such, so that people can read and change them."""
    if "\n" not in text:
        return _escaped(text)
    lines = (_escaped(line)[1:-1] for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _escaped(name)


def _path(names: tuple[str, ...]) -> str:
    return ".".join(map(_key, names))

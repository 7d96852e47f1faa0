"""The plan of a run as a file that the engine reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aggregation.models import Run

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def plan_toml(run: Run) -> bytes:
    """The plan as TOML: ``Plan.from_toml`` reads the very same plan from it."""
    lines = [*_settings(run.plan), *_tables(run.plan, "")]
    return ("\n".join(lines) + "\n").encode()


def _settings(table: Mapping[str, Any]) -> Iterator[str]:
    """What stands in the table itself. TOML has no word for nothing: such settings stay away."""
    for name, value in table.items():
        if not isinstance(value, Mapping) and not _is_tables(value) and value is not None:
            yield f"{_key(name)} = {_value(value)}"


def _tables(table: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, value in table.items():
        inner = f"{path}.{_key(name)}" if path else _key(name)
        if isinstance(value, Mapping):
            yield from ["", f"[{inner}]", *_settings(value), *_tables(value, inner)]
        elif _is_tables(value):
            for one in value:
                yield from ["", f"[[{inner}]]", *_settings(one), *_tables(one, inner)]


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)


def _text(value: str) -> str:
    """A string of TOML: the escapes of JSON are among its own, but for a lone delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

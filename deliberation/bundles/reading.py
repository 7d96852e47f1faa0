"""The bytes of a bundle into checked data. Nothing is stored here, and nothing is trusted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from deliberation.bundles import (
    ANSWERS,
    FORMAT,
    GROUPS,
    MANIFEST,
    RECORDS,
    ROUND,
    SET_UP,
    VERSION,
)
from deliberation.services.errors import Invalid

MOST_BYTES: Final = 512 * 1024 * 1024  # unpacked
_SCHEMAS: Final = Path(__file__).parent / "schemas"
_OF_ROUND: Final = {ROUND, *RECORDS, ANSWERS, GROUPS}


@dataclass(frozen=True)
class Bundle:
    """A bundle whose digests and shapes hold. ``round`` is None where only the set-up is in it."""

    slug: str
    set_up: dict[str, Any]
    round: dict[str, Any] | None = None
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def read_bundle(data: bytes) -> Bundle:
    """Raises Invalid(field "file") in words for anything that does not hold."""
    members = _unpacked(data)
    manifest = _parsed(MANIFEST, members.pop(MANIFEST, b""))
    _check_manifest(manifest, members)
    set_up = _parsed(SET_UP, members[SET_UP])
    if ROUND not in members:
        return Bundle(manifest["slug"], set_up)
    names: list[str] = [name for name in (*RECORDS, ANSWERS, GROUPS) if name in members]
    records = {name: _parsed_lines(name, members[name]) for name in names}
    return Bundle(manifest["slug"], set_up, _parsed(ROUND, members[ROUND]), records)


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(set(names)) < len(names) or set(names) - {MANIFEST, SET_UP} - _OF_ROUND:
                raise _no(_("It holds files that do not belong into a bundle."))
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise _no(_("Unpacked it would be larger than 512 MB."))
            return {info.filename: _member(archive, info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _no(_("It is not a ZIP file, or it is damaged.")) from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Not a byte more than the file says of itself."""
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise _no(_("It is not a ZIP file, or it is damaged."))
    return content


def _check_manifest(manifest: Any, members: dict[str, bytes]) -> None:
    if manifest["format"] != FORMAT:
        raise _no(_("It is not a bundle of Folkmoot."))
    if manifest["version"] > VERSION:
        raise _no(
            _("It was made by a newer Folkmoot (bundle version %(n)d). Update this site first.")
            % {"n": manifest["version"]}
        )
    listed = {one["name"]: one["sha256"] for one in manifest["members"]}
    if set(listed) != set(members) or SET_UP not in members:
        raise _no(_("Its list of files and its files do not agree."))
    needed = {ROUND, *RECORDS} if _OF_ROUND & set(members) else set()
    if needed - set(members):
        raise _no(_("Its list of files and its files do not agree."))
    for name, content in members.items():
        if hashlib.sha256(content).hexdigest() != listed[name]:
            raise _no(_("%(name)s was changed after the bundle was made.") % {"name": name})


def _parsed(name: str, content: bytes) -> Any:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _no(_("%(name)s cannot be read.") % {"name": name}) from error
    _check(name, found)
    return found


def _parsed_lines(name: str, content: bytes) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            place = _("%(name)s, line %(n)d") % {"name": name, "n": number}
            raise _no(_("%(name)s cannot be read.") % {"name": place}) from error
        _check(name, row, line=number)
        rows.append(row)
    return rows


def _check(name: str, found: Any, *, line: int = 0) -> None:
    problem = next(_validator(name).iter_errors(found), None)
    if problem is None:
        return
    place = ".".join(str(part) for part in problem.absolute_path) or "–"
    where = _("%(name)s, line %(n)d") % {"name": name, "n": line} if line else name
    raise _no(
        _("%(where)s, at %(place)s: %(problem)s")
        % {"where": where, "place": place, "problem": problem.message[:200]}
    )


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((_SCHEMAS / f"{name.split('.')[0]}.schema.json").read_text())
    return Draft202012Validator(schema)


def _no(why: str) -> Invalid:
    return Invalid(_("This file cannot be imported. %(why)s") % {"why": why}, field="file")

"""manage.py export_constitution SLUG --format canonical-json --out DIR"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from constitutions.kit import FORMATS, filename
from constitutions.models import Version
from constitutions.selectors import current_draft, published_versions
from deliberation.models import Deliberation


class Command(BaseCommand):
    help = "Write a constitution to a file. The same version gives the same bytes each time."

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        # Django's own --version would print Django's; here it is the constitution's.
        return super().create_parser(*args, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="Address of the deliberation, as in /d/SLUG/.")
        parser.add_argument(
            "--format", required=True, help=f"One of: {', '.join(FORMATS)}. May be given as 'all'."
        )
        parser.add_argument("--out", required=True, type=Path, help="Folder; made if missing.")
        parser.add_argument(
            "--version",
            dest="number",
            type=int,
            help="Version to export. Without it, the newest published one.",
        )
        parser.add_argument(
            "--draft", action="store_true", help="Export the draft instead; the file says so."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        formats = wanted_formats(options["format"])
        version = wanted_version(options["slug"], options["number"], options["draft"])
        for name in formats:
            content = FORMATS[name].build(version)
            path = write(options["out"], filename(version, name), content)
            self.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {path}")


def wanted_formats(name: str) -> list[str]:
    if name == "all":
        return list(FORMATS)
    if name not in FORMATS:
        raise CommandError(f"There is no format “{name}”. There are: {', '.join(FORMATS)}.")
    return [name]


def wanted_version(slug: str, number: int | None, draft: bool) -> Version:
    """The version asked for, or CommandError with what there is instead."""
    deliberation = Deliberation.objects.filter(slug=slug).first()
    if deliberation is None:
        raise CommandError(f"There is no deliberation “{slug}”.")
    if draft:
        version = current_draft(deliberation)
        if version is None:
            raise CommandError(f"“{slug}” has no draft.")
        return version
    versions = {version.number: version for version in published_versions(deliberation)}
    if not versions:
        hint = " It has a draft: publish it, or add --draft." if current_draft(deliberation) else ""
        raise CommandError(f"“{slug}” has no published constitution.{hint}")
    if number is None:
        return versions[max(versions)]
    if number not in versions:
        published = ", ".join(str(n) for n in sorted(versions))
        raise CommandError(f"“{slug}” has no published version {number}. Published: {published}.")
    return versions[number]


def write(folder: Path, name: str, content: bytes) -> Path:
    """Write the whole file or nothing: a temporary file beside it, flushed, then renamed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            return Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"Cannot write to {folder}: {error.strerror}.") from error

"""``manage.py export_bundle SLUG --out FILE``: a deliberation as one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deliberation.access import current_round
from deliberation.bundles.writing import bundle
from deliberation.models import Deliberation


class Command(BaseCommand):
    help = "Write a deliberation into a bundle: its set-up, and its votes once it is closed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the address of the deliberation")
        parser.add_argument("--out", type=Path, required=True, help="the ZIP file to write")

    def handle(self, *, slug: str, out: Path, **options: Any) -> None:
        found = Deliberation.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no deliberation “{slug}”.")
        content = bundle(found, current_round(found))
        try:
            out.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}") from error
        self.stdout.write(f"{len(content):,} bytes written to {out}.")

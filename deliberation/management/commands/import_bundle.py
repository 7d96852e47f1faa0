"""``manage.py import_bundle FILE``: a deliberation from a bundle, all of it or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deliberation.bundles.importing import import_bundle
from deliberation.bundles.reading import read_bundle
from deliberation.models import User
from deliberation.services.errors import ServiceError


class Command(BaseCommand):
    help = "Import a deliberation from a bundle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the ZIP file")
        parser.add_argument("--slug", help="its address here; made from the title if left out")
        parser.add_argument("--owner", help="e-mail address of the user who owns it")

    def handle(self, *, file: Path, slug: str | None, owner: str | None, **options: Any) -> None:
        user = User.objects.filter(email__iexact=owner).first() if owner else None
        if owner and user is None:
            raise CommandError(f"Nobody signs in as {owner}.")
        try:
            made = import_bundle(bundle=read_bundle(file.read_bytes()), owner=user, slug=slug)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except ServiceError as error:
            raise CommandError(error.message) from error
        self.stdout.write(made.get_absolute_url())

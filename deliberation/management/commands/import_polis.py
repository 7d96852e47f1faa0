"""``manage.py import_polis DIR --slug S``: a Polis export becomes a closed deliberation."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from deliberation.interchange.importing import import_polis
from deliberation.interchange.keeping import STATUS_BY_MODERATION, Account, Rules
from deliberation.interchange.polis import PolisExport, read_export, read_ids
from deliberation.interchange.tables import BadFiles
from deliberation.models import Deliberation, User
from deliberation.services.errors import ServiceError


class Command(BaseCommand):
    help = "Import a Polis export: everyone, every statement and every vote."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of the export")
        parser.add_argument("--slug", required=True, help="address of the deliberation")
        parser.add_argument("--title", help="default: the topic in summary.csv, or the slug")
        parser.add_argument(
            "--moderation",
            choices=sorted(STATUS_BY_MODERATION),
            default="strict",
            help="strict: only accepted comments count; open: all that were not rejected",
        )
        parser.add_argument(
            "--min-votes", type=int, metavar="N", help="people with fewer votes do not count"
        )
        parser.add_argument(
            "--exclude-ids", type=Path, metavar="FILE", help="numbers of people who do not count"
        )
        parser.add_argument(
            "--clean", action="store_true", help="take the cleaned pair where DIR holds both"
        )
        parser.add_argument("--language", default="en", help="language of the statements")
        parser.add_argument("--owner", metavar="EMAIL", help="who may work on it afterwards")
        parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = _account(options)
        except BadFiles as error:
            raise CommandError(f"Nothing was imported.\n{error.in_words()}") from error
        slug = _free_slug(options["slug"])
        owner = _owner(options["owner"])
        self.stdout.write("\n".join(account.lines()))
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was written.")
            return
        title, question, description = _words(account.export, slug, options["title"])
        try:
            deliberation = import_polis(
                account=account,
                slug=slug,
                title=title,
                question=question,
                description=description,
                language=options["language"],
                owner=owner,
            )
        except ServiceError as error:
            raise CommandError(f"Nothing was imported.\n{error.message}") from error
        self.stdout.write(f"Imported as {deliberation.get_absolute_url()}")


def _account(options: dict[str, Any]) -> Account:
    listed = read_ids(options["exclude_ids"]) if options["exclude_ids"] else set()
    export = read_export(options["directory"], clean=options["clean"])
    return Account(export, Rules(options["moderation"], options["min_votes"], listed))


def _free_slug(slug: str) -> str:
    try:
        Deliberation._meta.get_field("slug").clean(slug, None)
    except ValidationError as error:
        reason = " ".join(error.messages)
        raise CommandError(
            f"Nothing was imported.\n“{slug}” cannot be an address. {reason}"
        ) from error
    if Deliberation.objects.filter(slug=slug).exists():
        raise CommandError(f"Nothing was imported.\nThe address “{slug}” is taken.")
    return slug


def _owner(email: str | None) -> User | None:
    if email is None:
        return None
    owner = User.objects.filter(email=email.strip().lower()).first()
    if owner is None:
        raise CommandError(f"Nothing was imported.\nNobody signs in as {email}.")
    return owner


def _words(export: PolisExport, slug: str, title: str | None) -> tuple[str, str, str]:
    """Title, question and description: as given, else from summary.csv, else the slug."""
    title = (title or export.about.get("topic") or slug).strip()
    about = export.about.get("conversation-description", "")
    question = next((line.strip() for line in about.splitlines() if line.strip()), title)
    return title[:120], question if len(question) <= 300 else title[:300], about[:20_000]

"""``manage.py export_run RUN --out DIR``: every file of a report, however large."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aggregation.downloads import FILES, filename
from aggregation.models import Run, RunStatus


class Command(BaseCommand):
    help = "Write the files of a run's report: those of its page, also where they are too large."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="number of the run")
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: here")
        parser.add_argument("--only", choices=sorted(FILES), help="one file instead of all")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = Run.objects.filter(pk=options["run"], status=RunStatus.DONE)
        run = runs.select_related("round__deliberation").first()
        if run is None:
            raise CommandError(f"There is no run {options['run']} that is done.")
        names = [options["only"]] if options["only"] else list(FILES)
        try:
            options["out"].mkdir(parents=True, exist_ok=True)
            for name in names:
                path = options["out"] / filename(run, name)
                path.write_bytes(FILES[name].build(run))
                self.stdout.write(str(path))
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

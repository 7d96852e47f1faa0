"""``manage.py demo``: everything at once, on this computer, with a played deliberation."""

from __future__ import annotations

import gc
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from deploy import local
from deploy.demo.serving import Died, Processes, Stopped, free_port
from deploy.processes import Children, wakeups

# With fewer, hardly any statement gets enough votes in every group to be selected.
FEWEST = 100


class Command(BaseCommand):
    help = (
        "Start everything on this computer and play a whole deliberation with simulated people, "
        "through to a published constitution. A second start uses what is there. Ctrl-C stops."
    )

    # The web server checks them when it starts; here they would only delay its start.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="Do the job and exit.")
        parser.add_argument("--reset", action="store_true", help="Delete all data and start over.")
        parser.add_argument("--port", type=int, default=8000, help="Where the web server listens.")
        parser.add_argument("--participants", type=int, default=400, help="Simulated people.")
        parser.add_argument("--seed", type=int, default=7, help="Seed of the simulation.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        if options["participants"] < FEWEST:
            raise CommandError(f"The demo needs at least {FEWEST} participants.")
        if options["reset"]:
            self._reset()
        try:
            with wakeups() as waiter, Children(say=self.say) as children:
                self.processes = Processes(children, waiter, self._logs())
                self._run(options)
        except Stopped:
            self.say("Stopping. The data is kept; start again to go on.")
        except Died as error:
            raise CommandError(str(error)) from error

    def say(self, line: str) -> None:
        """One line of progress, with the seconds since the start."""
        self.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}")
        self.stdout.flush()

    def _run(self, options: dict[str, Any]) -> None:
        serve = not options["no_serve"]
        address = "http://127.0.0.1:8000"
        if serve:
            port = free_port(options["port"])
            if options["port"] not in (0, port):
                self.say(f"Port {options['port']} is taken; using {port}.")
            address = self.processes.start_web(port)
        self.say("Preparing the database")
        with _no_garbage_collection():
            call_command("migrate", verbosity=0, interactive=False)
        if serve:
            self.processes.wait_for_answer(address)
            self.say(f"The server answers at {address}/")
        self.processes.start_worker(self._schedule())
        # Loaded only now: without the engine and its libraries the web server starts earlier.
        from deploy.demo.story import Story

        story = Story(say=self.say, processes=self.processes)
        story.play(participants=options["participants"], seed=options["seed"])
        self._links(address, story.links())
        if serve:
            self.stdout.write("Press Ctrl-C to stop.\n")
            self.stdout.flush()
            self.processes.forever()

    def _links(self, address: str, links: list[tuple[str, str]]) -> None:
        self.stdout.write("")
        for label, path in links:
            note = "   (works once, 24 hours)" if label == "Organise" else ""
            self.stdout.write(f"  {label:<13}{address}{path}{note}")
        self.stdout.write("")
        self.stdout.flush()

    def _reset(self) -> None:
        running = local.current()
        if running is None:
            raise CommandError(
                "--reset deletes the embedded data only. Yours, at DATABASE_URL, stays untouched."
            )
        connections.close_all()
        try:
            local.reset(running)
        except local.ServicesError as error:
            raise CommandError(str(error)) from error
        connection.ensure_connection()

    def _home(self) -> Path:
        running = local.current()
        return running.home if running else Path(gettempdir())

    def _logs(self) -> Path | None:
        """Beside the logs of the embedded services; with services of one's own, the terminal."""
        running = local.current()
        return running.home / "logs" if running else None

    def _schedule(self) -> Path:
        return self._home() / "celerybeat-schedule"


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Migrating builds every model many times over; looking for garbage is a quarter of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

"""``manage.py demo``: everything at once, on this computer, with a played deliberation."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.urls import reverse

from aggregation.models import Run, RunStatus
from aggregation.runs import official_run, queue_run
from aggregation.words import step_in_words
from constitutions.comparison import compare
from constitutions.drafting import draft_version, publish_version
from constitutions.models import Version
from deliberation.models import Deliberation, Round, User
from deliberation.models.rounds import Phase
from deliberation.services.rounds import close_round
from deliberation.services.sign_in import create_sign_in_link
from deploy import local
from deploy.demo.play import Play, opened, prepare
from deploy.demo.serving import Died, Processes, Stopped, free_port
from deploy.demo.simulation import CLOSED, OPEN, load, simulate
from deploy.processes import Children, wakeups

ORGANISER = "organiser@localhost"
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
        call_command("migrate", verbosity=0, interactive=False)
        if serve:
            self.processes.wait_for_answer(address)
            self.say(f"The server answers at {address}/")
        self.processes.start_worker(self._schedule())
        self._play(options)
        self._summary(address)
        if serve:
            self.stdout.write("Press Ctrl-C to stop.\n")
            self.stdout.flush()
            self.processes.forever()

    def _play(self, options: dict[str, Any]) -> None:
        owner = User.objects.filter(email=ORGANISER).first() or User.objects.create_user(ORGANISER)
        spec = load(OPEN)
        opened(prepare(spec, owner, simulated=False), owner)
        simulation = simulate(
            load(CLOSED), participants=options["participants"], seed=options["seed"]
        )
        existing = Deliberation.objects.filter(slug=simulation.spec.slug).first()
        if existing is not None and existing.published_at is not None:
            self.say("The demo deliberation is there already. Start over with --reset.")
            return
        self.say(f"Playing “{simulation.spec.title}”")
        play = Play(simulation, owner, say=self.say, tick=self.processes.tick)
        round = play.opinions()
        if round.phase != Phase.CLOSED:
            round = close_round(round=round, actor=owner)
            self.say("The round is closed; its votes no longer change")
        run = self._wait_for_run(round)
        self._publish(run, owner)

    def _wait_for_run(self, round: Round) -> Run:
        """The official run, done by the worker as for any round."""
        run = official_run(round) or round.runs.filter(plan_hash=round.plan_hash).last()
        if run is None or run.status == RunStatus.FAILED:
            run = queue_run(round=round)
        step = ""
        while run.status != RunStatus.DONE:
            if run.status == RunStatus.FAILED:
                raise CommandError(f"The run failed: {run.error}")
            if run.step and run.step != step:
                step = run.step
                self.say(f"Run {run.pk}: {step_in_words(step)}")
            self.processes.pause(0.2)
            run.refresh_from_db()
        self.say(f"Run {run.pk} is done by {run.claimed_by or 'the worker'}")
        return run

    def _publish(self, run: Run, owner: User) -> Version:
        deliberation = run.round.deliberation
        draft = Version.objects.filter(constitution__deliberation=deliberation).last()
        if draft is None:
            draft = draft_version(deliberation=deliberation, run=run, actor=owner)
        comparison = compare(version=draft, baseline_slug="hhh")
        version = publish_version(version=draft, actor=owner)
        self.say(
            f"Constitution published: {version.principles.count()} principles, "
            f"{comparison.matches.count()} of them held against {comparison.baseline.title}"
        )
        return version

    def _summary(self, address: str) -> None:
        owner = User.objects.get(email=ORGANISER)
        played, waiting = load(CLOSED).slug, load(OPEN).slug
        version = Version.objects.filter(constitution__deliberation__slug=played).latest("number")
        token = create_sign_in_link(user=owner)
        links = [
            ("Vote", reverse("join", args=[waiting])),
            ("Organise", reverse("sign_in_link", args=[token])),
            ("Report", reverse("report", args=[played])),
            ("Constitution", reverse("constitution_version", args=[played, version.number])),
            ("Kit", reverse("export", args=[played, version.number, "canonical-json"])),
        ]
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

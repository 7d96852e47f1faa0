"""The whole demo, from people who take seats to a published constitution and its links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.management.base import CommandError
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
from deploy.demo.play import Play, opened, prepare
from deploy.demo.serving import Processes
from deploy.demo.simulation import CLOSED, OPEN, load, simulate

ORGANISER = "organiser@localhost"


@dataclass
class Story:
    """What the demo tells. ``say`` gets a line of progress; ``processes`` do the worker's part."""

    say: Callable[[str], None]
    processes: Processes

    def play(self, *, participants: int, seed: int) -> None:
        """Open one deliberation and play another to its end; what is there already stays.

        Raises CommandError when the run fails, Stopped or Died as ``Processes.tick`` does.
        """
        owner = User.objects.filter(email=ORGANISER).first() or User.objects.create_user(ORGANISER)
        spec = load(OPEN)
        opened(prepare(spec, owner, simulated=False), owner)
        simulation = simulate(load(CLOSED), participants=participants, seed=seed)
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

    def links(self) -> list[tuple[str, str]]:
        """Labels and paths of the pages worth opening. Makes a new link for signing in."""
        owner = User.objects.get(email=ORGANISER)
        played, waiting = load(CLOSED).slug, load(OPEN).slug
        version = Version.objects.filter(constitution__deliberation__slug=played).latest("number")
        token = create_sign_in_link(user=owner)
        return [
            ("Vote", reverse("join", args=[waiting])),
            ("Organise", reverse("sign_in_link", args=[token])),
            ("Report", reverse("report", args=[played])),
            ("Constitution", reverse("constitution_version", args=[played, version.number])),
            ("Kit", reverse("export", args=[played, version.number, "canonical-json"])),
        ]

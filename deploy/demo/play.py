"""Plays a simulated panel through the services that a real panel uses.

Nothing is written past them: people take seats, the real router draws their cards, votes are
cast one by one, a moderator decides, the round closes, a worker aggregates, a version is drafted
and published. Every step looks first at what is there, so an interrupted demo plays on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid5

from django.db import connection, transaction

from aggregation.engine import shipped
from deliberation.deck import read_deck
from deliberation.models import Deliberation, Participant, Round, Statement, User
from deliberation.models.rounds import Phase
from deliberation.models.statements import Status
from deliberation.plan_words import RECOMMENDED
from deliberation.services.cards import hand
from deliberation.services.deliberations import create_deliberation
from deliberation.services.errors import Duplicate
from deliberation.services.moderation import moderate
from deliberation.services.panels import take_seat
from deliberation.services.rounds import consent_hash, end_proposals, open_round
from deliberation.services.statements import add_seeds, propose
from deliberation.services.votes import Voter, cast_in_round
from deliberation.services.weights import assign_groups, refresh_weights
from deliberation.texts import fold
from deploy.demo.simulation import Simulation
from deploy.demo.spec import DemoSpec

# Names the requests of the demo, so that playing on after an interruption repeats none.
_KEYS = UUID("6f9619ff-8b86-5d01-b42d-00c04fc964ff")
_BATCH = 20  # people between two looks at coverage, as the worker would take them
_AT_ONCE = 2  # people voting at the same moment

Tick = Callable[[], None]


@dataclass
class Play:
    """One deliberation being played. ``tick`` is called often and may raise to stop."""

    simulation: Simulation
    owner: User
    say: Callable[[str], None]
    tick: Tick
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> DemoSpec:
        return self.simulation.spec

    def opinions(self) -> Round:
        """Everything up to the end of voting. Returns the round, still open for votes."""
        self.keys = {fold(s.text): s.key for s in self.spec.statements}
        deliberation = prepare(self.spec, self.owner)
        round = opened(deliberation, self.owner)
        if round.phase == Phase.CLOSED:
            return round
        for wave in range(self.spec.waves):
            self._wave(round, wave)
        if round.phase == Phase.PROPOSE:
            round = end_proposals(round=round, actor=self.owner)
        return round

    def _wave(self, round: Round, wave: int) -> None:
        people = self.simulation.arriving(wave)
        here = self._seated(round, people)
        for person, participant in here:
            self._propose(round, person, participant)
        self._moderate(round)
        for batch in _in_batches(here):
            self.tick()
            self._vote_at_once(round, batch)
            refresh_weights(round=round)
            votes = round.votes.count()
            statements = Statement.objects.counting().filter(round=round).count()
            people_here = round.deliberation.participants.count()
            self.say(f"{people_here} people, {statements} statements, {votes:,} votes")
        assign_groups(round=round)

    def _seated(self, round: Round, people: list[int]) -> list[tuple[int, Participant]]:
        """The people with their seats, in order of arrival; takes the seats that are missing."""
        place = {int(person): n for n, person in enumerate(self.simulation.arrival, start=1)}
        known = {p.number: p for p in round.deliberation.participants.all()}
        agreed = consent_hash(round)
        seated = []
        for person in people:
            participant = known.get(place[person]) or take_seat(
                deliberation=round.deliberation, token=None, consent_hash=agreed
            )
            seated.append((person, participant))
        return seated

    def _propose(self, round: Round, person: int, participant: Participant) -> None:
        for key in self.simulation.proposes(person):
            text = self.spec.statement(key).text
            if Statement.objects.filter(round=round, folded=fold(text)).exists():
                continue
            try:
                propose(participant=participant, round=round, text=text)
            except Duplicate:
                continue  # the panel sometimes says a thing twice; the first one stands

    def _moderate(self, round: Round) -> None:
        for statement in round.statements.filter(status=Status.PENDING).order_by("number"):
            reject = self.spec.statement(self.keys[statement.folded]).reject
            moderate(
                statement=statement,
                decision="reject" if reject else "accept",
                reason=reject or "fits",
                actor=self.owner,
                role="owner",
            )

    def _vote_at_once(self, round: Round, batch: list[tuple[int, Participant]]) -> None:
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            halves = [batch[i::_AT_ONCE] for i in range(_AT_ONCE)]
            list(pool.map(partial(self._vote_all, round), halves))  # raises what they raise

    def _vote_all(self, round: Round, people: list[tuple[int, Participant]]) -> None:
        try:
            for person, participant in people:
                with transaction.atomic():
                    self._vote(round, person, participant)
        finally:
            connection.close()  # each thread has its own

    def _vote(self, round: Round, person: int, participant: Participant) -> None:
        rng = random.Random(f"{self.simulation.seed}/{person}")  # noqa: S311  # repeatable
        deck = read_deck(round)
        for _ in range(self.simulation.votes_wanted(person) - participant.votes.count()):
            cards = hand(participant=participant, deck=deck, size=1, u=rng.random())
            for card in cards:
                answer = self.simulation.opinion(person, self.keys[fold(card.statement.text)])
                self._cast(round, participant, card.statement.number, answer, "first")
        self._reconsider(round, person, participant)

    def _reconsider(self, round: Round, person: int, participant: Participant) -> None:
        changes = self.simulation.changes_mind(person)
        if not changes:
            return
        seen = Statement.objects.filter(round=round, votes__participant=participant)
        for statement in seen:
            key = self.keys[statement.folded]
            if key in changes:
                self._cast(round, participant, statement.number, changes[key], "reconsidered")

    def _cast(
        self, round: Round, participant: Participant, statement: int, value: int, occasion: str
    ) -> None:
        cast_in_round(
            voter=Voter(participant.deliberation_id, participant.number),
            round=round.pk,
            statement=statement,
            value=value,
            key=uuid5(_KEYS, f"{participant.pk}/{statement}/{occasion}"),
            source="simulation",
        )


def prepare(spec: DemoSpec, owner: User, *, simulated: bool = True) -> Deliberation:
    """The deliberation of a spec with its seeds; created if it is not there yet."""
    existing = Deliberation.objects.filter(slug=spec.slug).first()
    if existing is not None:
        return existing
    with transaction.atomic():
        deliberation = create_deliberation(
            owner=owner,
            slug=spec.slug,
            title=spec.title,
            question=spec.question,
            description=spec.description,
            consent_text=spec.consent,
            language=spec.language,
            simulated=simulated,
            plan=shipped(RECOMMENDED),
        )
        add_seeds(round=deliberation.rounds.get(), texts=[s.text for s in spec.seeds], actor=owner)
    return deliberation


def opened(deliberation: Deliberation, owner: User) -> Round:
    """The round of a deliberation, opened for proposing if it is still in preparation."""
    round = deliberation.rounds.select_related("deliberation__panel").latest("number")
    if round.phase == Phase.DRAFT:
        round = open_round(round=round, actor=owner)
    return round


def _in_batches(people: list[tuple[int, Participant]]) -> Iterator[list[tuple[int, Participant]]]:
    for start in range(0, len(people), _BATCH):
        yield people[start : start + _BATCH]

"""Put an export into the tables: people, statements, votes, and why some do not count.

One transaction. The round is opened, filled and closed by the services of any other round, so
the guards of the database see every row.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aggregation.engine import shipped
from deliberation.copying import copy_in
from deliberation.interchange.keeping import ACCEPTED, PENDING, REJECTED, Account
from deliberation.interchange.polis import PolisExport
from deliberation.models import (
    Deliberation,
    Exclusion,
    ImportedGroup,
    ModerationDecision,
    Participant,
    Round,
    Seat,
    Statement,
    User,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.panels import SeatKind
from deliberation.models.statements import Origin
from deliberation.models.votes import EventSource
from deliberation.services.audit import record
from deliberation.services.deliberations import create_deliberation
from deliberation.services.errors import Invalid
from deliberation.services.rounds import close_round, open_round
from deliberation.texts import fold

# Names of the two readings of the groups, see PolisExport.
GROUPS = "group-id"
GROUPS_REATTACHED = "group-id-reattached"
# Polis gives the owner of a conversation, who writes the seeds, the number 0.
OWNER = 0
FEWEST_STATEMENTS = 3
SHORTEST_LIMIT = 200
# The same cell of the same deliberation always has the same key.
_KEYS = UUID("9f1b2c1e-6d0a-5c7e-9a53-2f7d4f0c6b11")
_DECISIONS = {ACCEPTED: Decision.ACCEPT, REJECTED: Decision.REJECT}


def import_polis(
    *,
    account: Account,
    slug: str,
    title: str,
    question: str,
    description: str = "",
    language: str = "en",
    owner: User | None = None,
) -> Deliberation:
    """A closed deliberation with everything the export holds.

    The cleaned pair of CCAI gets the plan "ccai-2023", everything else the default plan.
    Raises Invalid if the slug is taken or fewer than three statements would count.
    """
    export = account.export
    if account.statements < FEWEST_STATEMENTS:
        raise Invalid(
            ngettext(
                "Only %(count)d statement would count; three are needed.",
                "Only %(count)d statements would count; three are needed.",
                account.statements,
            )
            % {"count": account.statements}
        )
    with transaction.atomic():
        deliberation = create_deliberation(
            owner=owner,
            title=title,
            question=question,
            description=description,
            consent_text=_("Imported votes. Consent was given where they were cast."),
            slug=slug,
            language=language,
            source=_("Polis export: %(files)s") % {"files": ", ".join(export.files)},
            statement_max_length=max(SHORTEST_LIMIT, *(len(c.text) for c in export.comments)),
            plan=shipped("ccai-2023" if export.cleaned else "default"),
            open_link=False,
        )
        round = deliberation.rounds.get()
        people = _create_people(deliberation, account)
        statements = _create_statements(round, account, people)
        open_round(round=round, actor=owner, phase="vote")
        _copy_votes(round, export, people, statements)
        close_round(round=round, actor=owner)
        record(
            deliberation=deliberation,
            actor=owner,
            action="polis.imported",
            subject=f"round {round.number}",
            report=account.lines(),
        )
    return deliberation


def _create_people(deliberation: Deliberation, account: Account) -> dict[int, int]:
    """Seats, participants, exclusions and groups. Returns number → key of each participant."""
    now = timezone.now()
    seats = Seat.objects.bulk_create(
        Seat(panel=deliberation.panel, number=p.number, kind=SeatKind.IMPORTED, taken_at=now)
        for p in account.export.people
    )
    participants = Participant.objects.bulk_create(
        Participant(deliberation=deliberation, seat=seat, number=seat.number, joined_at=now)
        for seat in seats
    )
    keys = {p.number: p.pk for p in participants}
    Exclusion.objects.bulk_create(
        Exclusion(participant_id=keys[number], reason=reason, detail=detail)
        for number, (reason, detail) in account.exclusions.items()
    )
    readings = {GROUPS: account.export.groups()}
    if account.export.cleaned:
        readings[GROUPS_REATTACHED] = account.export.groups_reattached()
    ImportedGroup.objects.bulk_create(
        ImportedGroup(participant_id=keys[number], source=source, label=label)
        for source, labels in readings.items()
        for number, label in labels.items()
    )
    return keys


def _create_statements(round: Round, account: Account, people: dict[int, int]) -> dict[int, int]:
    """Statements and the decisions made in the source. Returns number → key of each."""
    language = round.deliberation.language
    statements = Statement.objects.bulk_create(
        Statement(
            round=round,
            number=comment.number,
            text=comment.text,
            folded=fold(comment.text),
            language=language,
            origin=Origin.SEED if comment.author == OWNER else Origin.PANEL,
            # The cleaned pair lists authors whose ballots it left out.
            author_id=people.get(comment.author),
            status=account.statuses[comment.number],
            created_at=comment.created_at,
        )
        for comment in account.export.comments
    )
    now = timezone.now()
    ModerationDecision.objects.bulk_create(
        ModerationDecision(
            statement=statement,
            decision=_DECISIONS[statement.status],
            reason=ReasonCode.SOURCE,
            created_at=now,
        )
        for statement in statements
        if statement.status != PENDING
    )
    return {s.number: s.pk for s in statements}


def _copy_votes(
    round: Round, export: PolisExport, people: dict[int, int], statements: dict[int, int]
) -> None:
    """One event and one vote for each cell of the matrix. The files say not when it was cast."""
    now = timezone.now()
    prefix = f"{round.deliberation_id}/{round.number}/"
    cells = [
        (people[b.participant], statements[b.statement], b.value, b.participant, b.statement)
        for b in export.ballots
    ]
    copy_in(
        "deliberation_voteevent (participant_id, statement_id, round_id, value, key, source, "
        "created_at)",
        ["int8", "int8", "int8", "int2", "uuid", "text", "timestamptz"],
        (
            (who, what, round.pk, value, uuid5(_KEYS, f"{prefix}{p}/{s}"), EventSource.IMPORT, now)
            for who, what, value, p, s in cells
        ),
    )
    copy_in(
        "deliberation_vote (participant_id, statement_id, round_id, value, updated_at)",
        ["int8", "int8", "int8", "int2", "timestamptz"],
        ((who, what, round.pk, value, now) for who, what, value, _p, _s in cells),
    )

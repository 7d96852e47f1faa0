"""One's own statements: where each stands, why, and what it was made into."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from deliberation.deck import Deck
from deliberation.models import (
    Appeal,
    ModerationDecision,
    Participant,
    Round,
    Statement,
    StatementLineage,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.statements import LineageKind, Status
from deliberation.selectors.lineage import Past, pasts
from deliberation.selectors.proposing import Votable, votable
from deliberation.services.appeals import may_ask_again


@dataclass(frozen=True, slots=True)
class Successor:
    """What a statement of one's own was made into.

    ``votable`` is None if it does not count, and where nobody asked for it.
    """

    kind: str
    number: int
    text: str
    language: str
    votable: Votable | None

    @property
    def merged(self) -> bool:
        return self.kind == LineageKind.MERGED


@dataclass(frozen=True)
class OwnStatement:
    """A statement of one's own: where it stands, why, and what can still be done.

    ``looked_again`` is the decision that answered the appeal.
    """

    statement: Statement
    latest: ModerationDecision | None
    appeal: Appeal | None
    may_ask_again: bool
    successors: list[Successor]
    # Of the newest rewrite that was taken back: what it had been made into, or made from.
    undone: Past | None

    @property
    def reason(self) -> str:
        """Why it is not shown; empty while it is, and where a wording was taken back."""
        if self.statement.status != Status.REJECTED or self.latest is None:
            return ""
        if self.undone and self.undone.came:
            return ""
        return str(ReasonCode(self.latest.reason).label)

    @property
    def looked_again(self) -> ModerationDecision | None:
        return self.latest if self.appeal and self.appeal.decided_at else None

    @property
    def accepted_again(self) -> bool:
        return self.looked_again is not None and self.looked_again.decision == Decision.ACCEPT


def own_statements(
    *, participant: Participant, round: Round, deck: Deck | None = None
) -> list[OwnStatement]:
    """The participant's own statements, newest first.

    Without a ``deck`` no way to the cards of their successors is looked for.
    """
    own = (
        Statement.objects.filter(round=round, author=participant)
        .select_related("round", "appeal")
        .prefetch_related("decisions")
        .order_by("-number")
    )
    made, past = _successors(own, deck, participant), pasts(own)
    return [_own_statement(one, made.get(one.pk, []), past.get(one.pk, [])) for one in own]


def own_statement(*, participant: Participant, round: Round, number: int) -> OwnStatement | None:
    """One statement of the participant's own; None if there is none of this number."""
    own = Statement.objects.filter(round=round, author=participant, number=number)
    found = own.select_related("round", "appeal").prefetch_related("decisions").first()
    return _own_statement(found, [], []) if found else None


def _own_statement(statement: Statement, made: list[Successor], past: list[Past]) -> OwnStatement:
    latest = max(statement.decisions.all(), key=lambda decision: decision.pk, default=None)
    appeal = getattr(statement, "appeal", None)
    return OwnStatement(
        statement=statement,
        latest=latest,
        appeal=appeal,
        may_ask_again=appeal is None and may_ask_again(statement, latest),
        successors=made,
        undone=_undone(latest, past),
    )


def _undone(latest: ModerationDecision | None, past: list[Past]) -> Past | None:
    """The rewrite that was taken back with the decision that holds: later ones make it old."""
    at = latest.created_at if latest else None
    return next((one for one in past if one.undone_at == at), None) if at else None


def _successors(
    own: Collection[Statement], deck: Deck | None, participant: Participant
) -> dict[int, list[Successor]]:
    """Statement id → what was made from it."""
    lines = list(
        StatementLineage.objects.standing()
        .filter(parent__in=own)
        .select_related("child")
        .order_by("child__number")
    )
    ways = _ways([line.child_id for line in lines], deck, participant)
    found: dict[int, list[Successor]] = {}
    for line in lines:
        child = line.child
        after = Successor(
            line.kind, child.number, child.text, child.language, ways.get(line.child_id)
        )
        found.setdefault(line.parent_id, []).append(after)
    return found


def _ways(children: list[int], deck: Deck | None, participant: Participant) -> dict[int, Votable]:
    """Statement id → the reader's vote on it and the way to its card, if it counts."""
    if deck is None:
        return {}
    counting = [one for pk in children if (one := deck.by_id(pk))]
    ways = votable(counting, deck=deck, participant=participant) if counting else []
    return {way.statement.id: way for way in ways}

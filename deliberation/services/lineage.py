"""Statements in other words: reworded, split or merged. Nothing is edited silently.

New statements are made, and lead back to those that they come from. An original is kept with its
votes, which no longer count, and its author is credited. Statements that seem to say the opposite
of each other are merged only by someone who has been told and says so again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation.figures import listed
from deliberation.models import (
    Claim,
    ModerationDecision,
    Participant,
    Round,
    Statement,
    StatementLineage,
    User,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.statements import LineageKind, Origin, Status
from deliberation.phases import allows
from deliberation.polarity import contrary
from deliberation.routing import initial_weight
from deliberation.texts import fold

from . import locks
from .appeals import answer_appeal
from .audit import record
from .errors import Duplicate, Invalid, WrongPhase
from .guards import in_words
from .statements import checked_text, refuse_duplicate

# More parts or sources than this are no split and no merger any more.
MOST_PARTS: Final = 8
MOST_SOURCES: Final = 12
# Why the text of an original may be kept out of the public log.
HARMFUL: Final = (ReasonCode.PERSONAL_DATA, ReasonCode.ABUSIVE)

_ACTIONS: Final = {
    LineageKind.REWORDED: "statement.reworded",
    LineageKind.SPLIT: "statement.split",
    LineageKind.MERGED: "statements.merged",
}


def rewrite(
    *,
    statement: Statement,
    texts: Sequence[str],
    note: str = "",
    harmful: str = "",
    confirmed: bool = False,
    actor: User | None,
    role: str,
) -> list[Statement]:
    """Put new statements in the place of one: one text rewords it, several split it.

    The author of the original is the author of what comes of it.
    note      : for the public log. harmful : one of ``HARMFUL`` if the original's text must not be
                repeated in public, "" otherwise.
    confirmed : the new words may say the opposite of the old ones.
    Raises WrongPhase, NotAllowed where somebody else should answer the author's appeal, Duplicate
    and Invalid with field "text-0", "text-1", …, "harmful" or "confirmed".
    """
    if not 1 <= len(texts) <= MOST_PARTS:
        raise Invalid(_("Write one to eight statements."), field="text-0")
    if harmful and harmful not in HARMFUL:
        raise Invalid(_("Choose one of these."), field="harmful")
    kind = LineageKind.REWORDED if len(texts) == 1 else LineageKind.SPLIT
    with in_words(), transaction.atomic():
        round, (old,) = _held([statement], role)
        new = _new_texts(texts, old, round)
        if kind == LineageKind.REWORDED and not confirmed:
            _refuse_turning_round(old.text, new[0], round)
        by = _By(actor, role, timezone.now())
        _close([old], by, note, harmful)
        made = [_make(text, at, round, by, old.origin, old.author) for at, text in enumerate(new)]
        _link(made, [old], kind, by)
    return made


def merge(
    *,
    statements: Sequence[Statement],
    text: str,
    note: str = "",
    confirmed: bool = False,
    actor: User | None,
    role: str,
) -> Statement:
    """Put one new statement in the place of several. It has no single author; all are credited.

    confirmed : they are to be merged although some seem to say the opposite of others.
    Raises WrongPhase, NotAllowed, Duplicate and Invalid with field "numbers", "text-0" or
    "confirmed".
    """
    statements = sorted({one.pk: one for one in statements}.values(), key=lambda one: one.number)
    if not 2 <= len(statements) <= MOST_SOURCES:
        raise Invalid(_("Choose two to twelve statements."), field="numbers")
    with in_words(), transaction.atomic():
        round, old = _held(statements, role)
        new = _checked(text, 0, round)
        _refuse_words_of_one(new, old)
        if not confirmed:
            _refuse_opposites(old, round)
        by = _By(actor, role, timezone.now())
        _close(old, by, note)
        panel = any(one.origin == Origin.PANEL for one in old)
        origin = Origin.PANEL if panel else Origin.SEED
        made = _make(new, 0, round, by, origin, None)
        _link([made], old, LineageKind.MERGED, by)
    return made


def may_be_replaced(statement: Statement) -> bool:
    """Whether other words may still take its place: not those that were replaced before."""
    latest = statement.decisions.order_by("-id").first()
    replaced = latest is not None and latest.reason == ReasonCode.REPLACED
    taken_back = latest is not None and latest.reason == ReasonCode.TAKEN_BACK
    return not (replaced or taken_back)


def opposites(statements: Sequence[Statement], language: str) -> list[tuple[int, int]]:
    """Pairs of numbers of statements that seem to say the opposite of each other."""
    return [
        (one.number, other.number)
        for at, one in enumerate(statements)
        for other in statements[at + 1 :]
        if contrary(one.text, other.text, language=language)
    ]


# --- What is refused


def _held(statements: Sequence[Statement], role: str) -> tuple[Round, list[Statement]]:
    """The round under its lock and its statements as they are now. Votes in flight end first."""
    locks.hold(locks.ROUND, statements[0].round_id)
    round = Round.objects.select_related("deliberation").get(pk=statements[0].round_id)
    if not allows(round.stage, role, "moderate"):
        raise WrongPhase(_("The round is closed. Its statements no longer change."))
    keys = [one.pk for one in statements]
    found = Statement.objects.filter(pk__in=keys, round=round).select_related("author")
    here = list(found.order_by("number"))
    if len(here) != len(keys):
        raise Invalid(_("These are not all statements of this round."), field="numbers")
    for one in here:
        if not may_be_replaced(one):
            raise WrongPhase(
                _("Statement %(n)d goes on in other words already, or its author took it back.")
                % {"n": one.number}
            )
    return round, here


def _checked(text: str, at: int, round: Round) -> str:
    try:
        return checked_text(text, round)
    except Invalid as error:
        raise Invalid(error.message, field=f"text-{at}") from error


def _new_texts(texts: Sequence[str], old: Statement, round: Round) -> list[str]:
    """The tidied texts. None says what the original or another of them says."""
    new = [_checked(text, at, round) for at, text in enumerate(texts)]
    earlier = {old.folded: _("This is the statement as it is. Change its words, or go back.")}
    for at, text in enumerate(new):
        if fold(text) in earlier:
            raise Invalid(earlier[fold(text)], field=f"text-{at}")
        earlier[fold(text)] = _("You wrote this twice.")
    return new


def _refuse_words_of_one(text: str, old: Sequence[Statement]) -> None:
    same = next((one for one in old if one.folded == fold(text)), None)
    if same is not None:
        raise Invalid(
            _(
                "This is statement %(n)d, word for word. Reject the others as already here instead:"
                " then statement %(n)d keeps its votes."
            )
            % {"n": same.number},
            field="text-0",
        )


def _refuse_turning_round(old: str, new: str, round: Round) -> None:
    if contrary(old, new, language=round.deliberation.language):
        raise Invalid(
            _("The new words seem to say the opposite of the old ones. Is that meant?"),
            field="confirmed",
        )


def _refuse_opposites(old: Sequence[Statement], round: Round) -> None:
    pairs = opposites(old, round.deliberation.language)
    if pairs:
        named = listed(
            _("%(one)d and %(other)d") % {"one": one, "other": other} for one, other in pairs
        )
        raise Invalid(
            ngettext(
                "These two seem to say the opposite of each other: %(pairs)s. People who agree "
                "with one disagree with the other. Merge them only if you are sure.",
                "These seem to say the opposite of each other: %(pairs)s. People who agree "
                "with one disagree with the other. Merge them only if you are sure.",
                len(pairs),
            )
            % {"pairs": named},
            field="confirmed",
        )


# --- What is written


@dataclass(frozen=True, slots=True)
class _By:
    """Who decides, in which role, and when."""

    actor: User | None
    role: str
    at: datetime


def _close(old: Sequence[Statement], by: _By, note: str, harmful: str = "") -> None:
    """Take the originals out of the vote, and answer appeals that wait."""
    for one in old:
        answer_appeal(statement=one, actor=by.actor, at=by.at)
        one.status = Status.REJECTED
        one.save(update_fields=["status"])
        if harmful:
            _decide(one, by, Decision.REJECT, harmful)
        _decide(one, by, Decision.REJECT, ReasonCode.REPLACED, note)
    Claim.objects.filter(statement__in=old).delete()


def _make(
    text: str, at: int, round: Round, by: _By, origin: str, author: Participant | None
) -> Statement:
    """An accepted statement. ``at`` is its place on the form."""
    try:
        refuse_duplicate(text, round)
    except Duplicate as error:
        error.field = f"text-{at}"
        raise
    highest = round.statements.aggregate(highest=Max("number"))["highest"]
    made = Statement.objects.create(
        round=round,
        number=highest + 1,
        text=text,
        folded=fold(text),
        language=round.deliberation.language,
        origin=origin,
        author=author,
        routing_weight=initial_weight(round.routing),
        status=Status.ACCEPTED,
        created_at=by.at,
    )
    _decide(made, by, Decision.ACCEPT, ReasonCode.FITS)
    return made


def _decide(statement: Statement, by: _By, decision: Decision, reason: str, note: str = "") -> None:
    ModerationDecision.objects.create(
        statement=statement,
        decision=decision,
        reason=reason,
        note=note.strip(),
        actor=by.actor,
        actor_role=by.role,
        created_at=by.at,
    )


def _link(made: Sequence[Statement], old: Sequence[Statement], kind: LineageKind, by: _By) -> None:
    StatementLineage.objects.bulk_create(
        StatementLineage(child=child, parent=parent, kind=kind) for child in made for parent in old
    )
    record(
        deliberation=made[0].round.deliberation,
        actor=by.actor,
        action=_ACTIONS[kind],
        subject=", ".join(f"statement {one.number}" for one in old)[:80],
        into=[one.number for one in made],
    )

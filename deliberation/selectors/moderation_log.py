"""The public log of moderation: what, when, why and by which role, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Min, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.models import Appeal, ModerationDecision, Round, Statement
from deliberation.models.moderation import NOT_BY_A_PERSON, Decision, ReasonCode
from deliberation.models.statements import Origin, Status
from deliberation.selectors.lineage import Past, pasts, withheld

_PER_PAGE: Final = 50
_MOST_DIGITS: Final = 9

# What the log can be narrowed to, in the order of its links.
SHOWN: Final[dict[str, Promise]] = {
    "": _("All"),
    "accepted": _("Accepted"),
    "rejected": _("Not accepted"),
    "replaced": _("In other words"),
    "undone": _("Taken back"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is asked for. ``number`` is of a statement; None for all."""

    only: str = ""
    reason: str = ""
    number: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Wanted:
        """From the address; what it does not know it takes for "all"."""
        number = query.get("n", "")
        fits = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
        only, reason = query.get("only", ""), query.get("reason", "")
        return cls(
            only if only in SHOWN else "",
            reason if reason in ReasonCode.values else "",
            int(number) if fits else None,
        )

    @property
    def query(self) -> str:
        """What it says in an address, with "&" behind it; empty for all."""
        number = "" if self.number is None else str(self.number)
        given = {"only": self.only, "reason": self.reason, "n": number}
        return "".join(f"{urlencode({name: value})}&" for name, value in given.items() if value)

    @property
    def reason_words(self) -> str:
        return str(ReasonCode(self.reason).label) if self.reason else ""


@dataclass(frozen=True)
class LogRow:
    """One public line. ``text`` is None where it must not be repeated.

    outcome       : "accepted", "rejected", "replaced" or "undone".
    lineage_words : where an accepted statement comes from, what a replaced one became, and what
                    it meant that this was taken back; "" where none of it is so.
    """

    when: datetime
    number: int
    text: str | None
    language: str
    outcome: str
    reason: str
    note: str
    role: str
    lineage_words: str

    @property
    def outcome_words(self) -> str:
        return str(SHOWN[self.outcome])


def moderation_log(
    round: Round, *, page: str | None, wanted: Wanted
) -> tuple[Page[ModerationDecision], list[LogRow]]:
    """One page of the log, newest decision first. Five queries at most."""
    found = _narrowed(ModerationDecision.objects.filter(statement__round=round), wanted)
    shown = Paginator(found.select_related("statement").order_by("-id"), _PER_PAGE).get_page(page)
    statements = {line.statement_id: line.statement for line in shown}.values()
    secret, past = withheld(statements), pasts(statements)
    return shown, [
        _row(line, line.statement_id in secret, past.get(line.statement_id, [])) for line in shown
    ]


def _narrowed(lines: QuerySet[ModerationDecision], wanted: Wanted) -> QuerySet[ModerationDecision]:
    match wanted.only:
        case "accepted":
            lines = lines.filter(decision=Decision.ACCEPT)
        case "rejected":
            lines = lines.filter(decision=Decision.REJECT).exclude(reason=ReasonCode.REPLACED)
        case "replaced":
            lines = lines.filter(reason=ReasonCode.REPLACED)
        case "undone":
            lines = lines.filter(decision=Decision.UNDO)
    if wanted.reason:
        lines = lines.filter(reason=wanted.reason)
    return lines if wanted.number is None else lines.filter(statement__number=wanted.number)


def _row(line: ModerationDecision, secret: bool, past: list[Past]) -> LogRow:
    outcome = _outcome(line)
    return LogRow(
        when=line.created_at,
        number=line.statement.number,
        text=None if secret else line.statement.text,
        language=line.statement.language,
        outcome=outcome,
        reason=str(ReasonCode(line.reason).label),
        note="" if secret else line.note,
        role=line.role_words,
        lineage_words=_lineage_words(outcome, line.created_at, past),
    )


def _lineage_words(outcome: str, at: datetime, past: list[Past]) -> str:
    """What this very line has to say; a statement may have been reworded more than once."""
    if outcome == "undone":
        return next((one.undone_words for one in past if one.undone_at == at), "")
    if outcome == "replaced":
        return next((one.words for one in past if not one.came and one.at == at), "")
    return next((one.words for one in past if one.came and outcome == "accepted"), "")


def _outcome(line: ModerationDecision) -> str:
    if line.reason == ReasonCode.REPLACED:
        return "replaced"
    return {Decision.ACCEPT: "accepted", Decision.REJECT: "rejected", Decision.UNDO: "undone"}[
        Decision(line.decision)
    ]


# --- How often, and how soon


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, and how many statements are not shown for it now."""

    code: str
    words: str
    count: int


@dataclass(frozen=True)
class Tally:
    """Where the statements that people proposed stand now.

    first_look : the median time from proposing to the first decision of a person; None if there
                 was none. looked_again : appeals answered, of which ``changed`` were accepted.
    """

    proposed: int
    accepted: int
    waiting: int
    reasons: list[Why]
    first_look: timedelta | None
    asked_again: int
    looked_again: int
    changed: int

    @property
    def rejected(self) -> int:
        return sum(why.count for why in self.reasons)

    @property
    def first_look_minutes(self) -> int:
        """In whole minutes, at least one where there was a look."""
        return max(1, round(self.first_look.total_seconds() / 60)) if self.first_look else 0

    @property
    def first_look_hours(self) -> int:
        return round(self.first_look_minutes / 60)


def tally(round: Round) -> Tally:
    """Counts of one round as they stand now; four queries. Rewritten ones count as proposed once.

    Statements made of others by rewording, splitting or merging are not counted.
    """
    proposed = Statement.objects.filter(round=round, origin=Origin.PANEL, parents=None)
    latest = ModerationDecision.objects.filter(statement=OuterRef("pk")).order_by("-id")
    stands = list(
        proposed.annotate(why=Subquery(latest.values("reason")[:1])).values_list("status", "why")
    )
    by_status = Counter(status for status, _why in stands)
    by_reason = Counter(why for status, why in stands if status == Status.REJECTED)
    appeals = Appeal.objects.filter(statement__round=round)
    answered = appeals.exclude(decided_at=None).values_list("statement__status", flat=True)
    again = Counter(answered)
    return Tally(
        proposed=len(stands),
        accepted=by_status[Status.ACCEPTED],
        waiting=by_status[Status.PENDING],
        reasons=[
            Why(code.value, str(code.label), by_reason[code.value])
            for code in ReasonCode
            if by_reason[code.value]
        ],
        first_look=_first_look(proposed),
        asked_again=appeals.count(),
        looked_again=again.total(),
        changed=again[Status.ACCEPTED],
    )


def _first_look(proposed: QuerySet[Statement]) -> timedelta | None:
    first = (
        ModerationDecision.objects.filter(statement__in=proposed)
        .exclude(reason__in=NOT_BY_A_PERSON)
        .values("statement")
        .annotate(after=Min("created_at") - F("statement__created_at"))
    )
    waits = [row["after"] for row in first]
    return median(waits) if waits else None

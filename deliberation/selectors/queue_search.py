"""Looking for statements in the moderators' queue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone

from deliberation.models import Appeal, Round, Statement
from deliberation.models.statements import Status
from deliberation.moderation_hints import KINDS, hints_for
from deliberation.selectors.queue import tab_statements
from deliberation.texts import fold

_LONGEST = 200


@dataclass(frozen=True)
class Search:
    """What a moderator looks for; an empty one finds everything.

    words    : each of them is in the text; or the number of a statement.
    hint     : a kind of hint, see moderation_hints.KINDS.
    language : of the statement.
    late     : only what waits longer than promised.
    """

    words: str = ""
    hint: str = ""
    language: str = ""
    late: bool = False

    @property
    def query(self) -> str:
        """As it stands in an address; empty if everything is found."""
        asked = {
            "q": self.words,
            "hint": self.hint,
            "language": self.language,
            "late": "1" if self.late else "",
        }
        return urlencode({name: value for name, value in asked.items() if value})


def search_in(query: Mapping[str, str]) -> Search:
    """The search in the query of an address. What makes no sense looks for nothing."""
    hint = query.get("hint", "")
    return Search(
        words=query.get("q", "")[:_LONGEST].replace("\x00", "").strip(),
        hint=hint if hint in KINDS else "",
        language=query.get("language", "")[:12].replace("\x00", ""),
        late=bool(query.get("late")),
    )


def found(round: Round, tab: str, search: Search) -> QuerySet[Statement]:
    """The statements of a tab that the search finds, in the order of the tab."""
    statements = tab_statements(round, tab)
    if search.words:
        statements = statements.filter(_has_words(search.words))
    if search.language:
        statements = statements.filter(language=search.language)
    if search.late:
        due = timezone.now() - timedelta(hours=round.moderation_hours)
        statements = statements.filter(since__lt=due)  # type: ignore[misc]
    if search.hint:
        hints = hints_for(round, list(statements))
        wanted = [pk for pk, of in hints.items() if any(hint.kind == search.hint for hint in of)]
        statements = statements.filter(pk__in=wanted)
    return statements


def _has_words(words: str) -> Q:
    every = Q()
    for word in fold(words).split():
        every &= Q(folded__contains=word)
    bare = words.removeprefix("#")
    number = Q(number=int(bare)) if bare.isascii() and bare.isdigit() and len(bare) < 10 else Q()
    return every | number if number else every


def languages_of(round: Round) -> list[str]:
    """The languages in which statements of the round are written."""
    codes = Statement.objects.filter(round=round).order_by("language")
    return list(codes.values_list("language", flat=True).distinct())


# --- Many at once


def decidable(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """Those on which one may decide together with others: no second looks."""
    asked = Appeal.objects.filter(decided_at=None).values("statement")
    return statements.exclude(pk__in=asked)


def as_seen(statements: QuerySet[Statement]) -> dict[int, str]:
    """Number → state, for services.moderation.moderate_all."""
    return dict(statements.values_list("number", "status"))


def digest(seen: Mapping[int, str]) -> str:
    """Names a list of statements and their states, so that a form can say what it was about."""
    lines = "\n".join(f"{number} {seen[number]}" for number in sorted(seen))
    return hashlib.sha256(lines.encode()).hexdigest()[:32]


def chosen(round: Round, numbers: list[int]) -> QuerySet[Statement]:
    """Statements of the round by number."""
    return Statement.objects.filter(round=round, number__in=numbers).order_by("number")


def any_shown(seen: Mapping[int, str]) -> bool:
    """Whether people can vote on one of them at this moment."""
    return Status.ACCEPTED in seen.values()

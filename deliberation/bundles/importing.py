"""A bundle into a new deliberation, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from aggregation.engine import Plan, PlanError
from deliberation.bundles.people import put_beside
from deliberation.bundles.reading import Bundle
from deliberation.bundles.set_up import OF_DELIBERATION, OF_PANEL
from deliberation.copying import copy_in
from deliberation.engine_words import engine_words
from deliberation.models import (
    Deliberation,
    Exclusion,
    ModerationDecision,
    Participant,
    Round,
    Seat,
    Statement,
    StatementLineage,
    Stratum,
    StratumValue,
    User,
)
from deliberation.models.panels import SeatKind
from deliberation.models.votes import EventSource
from deliberation.services.audit import record
from deliberation.services.deliberations import OF_ROUND, create_deliberation, free_slug
from deliberation.services.errors import Invalid
from deliberation.services.guards import in_words
from deliberation.services.letter_texts import save_letter_text
from deliberation.services.profiles import add_question
from deliberation.services.rounds import close_round, open_round
from deliberation.services.statements import add_seeds
from deliberation.texts import fold

_KEYS = UUID("6d1c3f52-90a7-5b0e-8d7f-1f6f0c2f9a44")
# What stands in the place of words that the bundle does not hold.
_WITHHELD = "–"


def import_bundle(*, bundle: Bundle, owner: User | None, slug: str | None = None) -> Deliberation:
    """A new deliberation from a bundle: in preparation, or closed with its votes.

    Raises Invalid(field "file"), with what does not hold, or Invalid(field "slug").
    """
    try:
        with in_words(), transaction.atomic():
            # A closed round brings its seeds under the numbers they had.
            seeds: dict[str, Any] = {} if bundle.round is None else {"seeds": []}
            deliberation = begin_from(set_up=bundle.set_up | seeds, owner=owner, slug=slug)
            if bundle.round is not None:
                _fill(deliberation, bundle, owner)
            record(
                deliberation=deliberation,
                actor=owner,
                action="deliberation.imported",
                subject=f"bundle {bundle.slug}",
            )
    except (IntegrityError, DataError, ValidationError, PlanError, KeyError, ValueError) as error:
        raise Invalid(
            _("This file cannot be imported. %(why)s") % {"why": _reason(error)}, field="file"
        ) from error
    return deliberation


def begin_from(
    *,
    set_up: dict[str, Any],
    owner: User | None,
    slug: str | None = None,
    title: str | None = None,
) -> Deliberation:
    """A deliberation in preparation with this set-up (bundles/set_up.py). Part of a transaction.

    Raises Invalid, PlanError and ValidationError for what does not hold.
    """
    texts = set_up["deliberation"] | ({"title": title} if title else {})
    if texts.get("time_zone", "UTC") not in available_timezones():
        raise Invalid(_("There is no time zone “%(name)s”.") % {"name": texts["time_zone"]})
    of_round = {name: set_up["round"][name] for name in sorted(OF_ROUND) if name in set_up["round"]}
    plan = Plan.from_dict(of_round.pop("plan"))
    _check_columns(of_round)
    of_panel = {name: v for name, v in set_up.get("panel", {}).items() if name in OF_PANEL}
    deliberation = create_deliberation(
        owner=owner,
        slug=slug or free_slug(texts["title"]),
        title=texts["title"],
        description=texts.get("description", ""),
        language=texts["language"],
        visibility=texts.get("visibility", "public"),
        plan=plan,
        **{"open_link": False} | of_panel | of_round,
    )
    for name in (*OF_DELIBERATION, "two_people"):
        setattr(deliberation, name, texts.get(name, getattr(deliberation, name)))
    deliberation.full_clean(exclude=["slug"])
    deliberation.save()
    for question in set_up.get("questions", []):
        add_question(deliberation=deliberation, actor=owner, **question)
    _strata(deliberation, set_up.get("strata", []))
    _letters(deliberation, set_up.get("letters", []), owner)
    seeds = [" ".join(seed["text"].split()) for seed in set_up.get("seeds", [])]
    if seeds:
        add_seeds(round=deliberation.rounds.get(), texts=seeds, actor=owner)
    return deliberation


def _check_columns(of_round: dict[str, Any]) -> None:
    """What the forms would refuse is refused here, too."""
    others = {field.name for field in Round._meta.fields} - set(of_round)
    Round(**of_round).clean_fields(exclude=others | {"consent_text"})


def _strata(deliberation: Deliberation, strata: Iterable[dict[str, Any]]) -> None:
    for number, given in enumerate(strata, start=1):
        stratum = Stratum.objects.create(
            panel=deliberation.panel, number=number, name=given["name"]
        )
        StratumValue.objects.bulk_create(
            StratumValue(stratum=stratum, number=place, **value)
            for place, value in enumerate(given["values"], start=1)
        )


def _letters(
    deliberation: Deliberation, letters: Iterable[dict[str, Any]], by: User | None
) -> None:
    """Organisers' own words, by the rules of the page on which they are written."""
    for given in letters:
        try:
            save_letter_text(deliberation=deliberation, actor=by, **given)
        except Invalid as error:
            which = f"{given['kind']}, {given['language']}"
            raise ValidationError({which: error.message}) from error


def _fill(deliberation: Deliberation, bundle: Bundle, owner: User | None) -> None:
    """People, statements, decisions and votes, through a round that opens and closes."""
    facts, records = bundle.round or {}, bundle.records
    round = deliberation.rounds.get()
    people = _people(deliberation, records["participants.jsonl"])
    statements = _statements(round, records["statements.jsonl"], people)
    _decisions(records["decisions.jsonl"], statements)
    StatementLineage.objects.bulk_create(
        StatementLineage(
            child_id=statements[one["child"]],
            parent_id=statements[one["parent"]],
            kind=one["kind"],
            undone_at=_moment(one["undone_at"]) if "undone_at" in one else None,
        )
        for one in records["lineage.jsonl"]
    )
    if not round.consent_text.strip():
        Round.objects.filter(pk=round.pk).update(consent_text=_("Imported votes."))
        round.refresh_from_db()
    put_beside(round, records)
    open_round(round=round, actor=owner, phase="vote")
    _votes(round, records["votes.jsonl"], people, statements)
    close_round(round=round, actor=owner)
    source = _("Bundle of “%(slug)s”, whose round was open from %(opened)s to %(closed)s.")
    deliberation.source = source % {
        "slug": bundle.slug,
        "opened": str(facts["opened_at"])[:10],
        "closed": str(facts["closed_at"])[:10],
    }
    deliberation.save(update_fields=["source"])


def _people(deliberation: Deliberation, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Number → key of each participant."""
    now = timezone.now()
    seats = Seat.objects.bulk_create(
        Seat(panel=deliberation.panel, number=row["number"], kind=SeatKind.IMPORTED, taken_at=now)
        for row in rows
    )
    people = Participant.objects.bulk_create(
        Participant(deliberation=deliberation, seat=seat, number=seat.number, joined_at=now)
        for seat in seats
    )
    keys = {one.number: one.pk for one in people}
    Exclusion.objects.bulk_create(
        Exclusion(participant_id=keys[row["number"]], reason=row["excluded"])
        for row in rows
        if row.get("excluded")
    )
    return keys


def _statements(round: Round, rows: list[dict[str, Any]], people: dict[int, int]) -> dict[int, int]:
    """Number → key of each statement."""
    for row in rows:
        if row["text"] is None and row["status"] == "accepted":
            raise ValueError(_("An accepted statement has no words."))
    made = Statement.objects.bulk_create(
        Statement(
            round=round,
            number=row["number"],
            text=row["text"] or _WITHHELD,
            folded=fold(row["text"] or _WITHHELD),
            language=row["language"],
            origin=row["origin"],
            author_id=people.get(row.get("author") or 0),
            status=row["status"],
            created_at=_moment(row["created_at"]),
        )
        for row in rows
    )
    return {one.number: one.pk for one in made}


def _decisions(rows: list[dict[str, Any]], statements: dict[int, int]) -> None:
    ModerationDecision.objects.bulk_create(
        ModerationDecision(
            statement_id=statements[row["statement"]],
            decision=row["decision"],
            reason=row["reason"],
            note=row.get("note", ""),
            actor_role=row.get("role", ""),
            created_at=_moment(row["at"]),
        )
        for row in rows
    )


def _votes(
    round: Round,
    rows: list[dict[str, Any]],
    people: dict[int, int],
    statements: dict[int, int],
) -> None:
    """One event and one vote each. When votes were cast is in no bundle."""
    now = timezone.now()
    prefix = f"{round.deliberation_id}/{round.number}/"
    cells = [
        (
            people[row["participant"]],
            statements[row["statement"]],
            row["value"],
            row.get("important", False),
            uuid5(_KEYS, f"{prefix}{row['participant']}/{row['statement']}"),
        )
        for row in rows
    ]
    copy_in(
        "deliberation_voteevent (participant_id, statement_id, round_id, value, important, key, "
        "source, created_at)",
        ["int8", "int8", "int8", "int2", "bool", "uuid", "text", "timestamptz"],
        (
            (who, what, round.pk, value, matters, key, EventSource.IMPORT, now)
            for who, what, value, matters, key in cells
        ),
    )
    copy_in(
        "deliberation_vote (participant_id, statement_id, round_id, value, important, updated_at)",
        ["int8", "int8", "int8", "int2", "bool", "timestamptz"],
        ((who, what, round.pk, value, matters, now) for who, what, value, matters, _k in cells),
    )


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None or found.tzinfo is None:
        raise ValueError(_("“%(text)s” is no moment in time.") % {"text": text})
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(
            f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
        )
    if isinstance(error, KeyError):
        return _("It speaks of number %(n)s, which it does not hold.") % {"n": error}
    if isinstance(error, (IntegrityError, DataError)):
        return _("Its parts contradict each other.")
    if isinstance(error, PlanError):
        return engine_words(error)
    return str(error)

"""A deliberation into the bytes of a bundle. The same rows give the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, Final

from deliberation.bundles import FORMAT, MANIFEST, ROUND, SET_UP, VERSION
from deliberation.bundles.people import recognisable, records_of
from deliberation.bundles.set_up import set_up_of
from deliberation.models import (
    Deliberation,
    ModerationDecision,
    Participant,
    Round,
    Statement,
    StatementLineage,
    Vote,
)
from deliberation.models.rounds import Phase
from deliberation.selectors.lineage import WITHHELD

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can say


def bundle(deliberation: Deliberation, round: Round, *, everything: bool = False) -> bytes:
    """The whole deliberation once its round is closed; before that the set-up alone.

    everything : with the votes, also where answers beside them could tell whose they are. That is
    for whoever runs the site, who can read the database; no page asks for it.
    """
    members = {SET_UP: _json(set_up_of(deliberation, round))}
    if takes_votes_along(round, everything=everything):
        members |= _closed(deliberation, round)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "slug": deliberation.slug,
        "members": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(members.items())
        ],
    }
    return _zipped({MANIFEST: _json(manifest)} | members)


def takes_votes_along(round: Round, *, everything: bool = False) -> bool:
    """Votes leave only with a closed round, and only if nobody could be found among them."""
    return round.phase == Phase.CLOSED and (everything or not recognisable(round))


def _closed(deliberation: Deliberation, round: Round) -> dict[str, bytes]:
    people = Participant.objects.of_round(round.closed_at).filter(deliberation=deliberation)
    return {
        ROUND: _json(
            {
                "number": round.number,
                "kind": round.kind,
                "opened_at": _time(round.opened_at),
                "closed_at": _time(round.closed_at),
                "plan_hash": round.plan_hash,
                "frozen_hash": round.frozen_hash,
                "amendments": [
                    {
                        "number": one.number,
                        "kind": one.kind,
                        "reason": one.reason,
                        "before": one.before,
                        "after": one.after,
                        "at": _time(one.created_at),
                    }
                    for one in round.amendments.order_by("number")
                ],
            }
        ),
        "participants.jsonl": _lines(
            {"number": number, **({"excluded": reason} if reason else {})}
            for number, reason in people.order_by("number").values_list(
                "number", "exclusion__reason"
            )
        ),
        "statements.jsonl": _lines(_statements(round, set(people.values_list("pk", flat=True)))),
        "decisions.jsonl": _lines(_decisions(round)),
        "lineage.jsonl": _lines(
            {"child": child, "parent": parent, "kind": kind}
            | ({"undone_at": _time(undone_at)} if undone_at else {})
            for child, parent, kind, undone_at in StatementLineage.objects.filter(
                child__round=round
            )
            .order_by("child__number", "parent__number")
            .values_list("child__number", "parent__number", "kind", "undone_at")
        ),
        "votes.jsonl": _lines(
            {"participant": who, "statement": what, "value": value, "important": important}
            for who, what, value, important in Vote.objects.filter(
                round=round, participant__in=people
            )
            .order_by("participant__number", "statement__number")
            .values_list("participant__number", "statement__number", "value", "important")
            .iterator(chunk_size=20_000)
        ),
        **{name: _lines(rows) for name, rows in records_of(round).items()},
    }


def _statements(round: Round, people: set[int]) -> Iterator[dict[str, Any]]:
    withheld = _withheld(round)
    for one in Statement.objects.filter(round=round).select_related("author").order_by("number"):
        known = one.author is not None and one.author.pk in people
        yield {
            "number": one.number,
            "text": None if one.pk in withheld else one.text,
            "language": one.language,
            "origin": one.origin,
            "status": one.status,
            "author": one.author.number if known and one.author else None,
            "created_at": _time(one.created_at),
        }


def _withheld(round: Round) -> set[int]:
    """Statements whose words are not public: what the log withholds, and what nobody decided on."""
    undecided = Statement.objects.filter(round=round, status="pending").values_list("pk", flat=True)
    rejected = ModerationDecision.objects.filter(
        statement__round=round, statement__status="rejected", reason__in=WITHHELD
    )
    return set(undecided) | set(rejected.values_list("statement", flat=True))


def _decisions(round: Round) -> Iterator[dict[str, Any]]:
    rows = ModerationDecision.objects.filter(statement__round=round).order_by("pk")
    for one in rows.select_related("statement"):
        yield {
            "statement": one.statement.number,
            "decision": one.decision,
            "reason": one.reason,
            "note": one.note,
            "role": one.actor_role,
            "at": _time(one.created_at),
        }


def _time(at: Any) -> str | None:
    return at.isoformat() if at else None


def _json(what: Any) -> bytes:
    return (json.dumps(what, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    written = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    return "".join(f"{line}\n" for line in written).encode()


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compresslevel=9)
    return buffer.getvalue()

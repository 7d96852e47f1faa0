"""The complete record of a version as JSON; its SHA-256 is the version's digest.

UTF-8, keys sorted, two spaces, one final line feed. Described by
schemas/folkmoot-constitution-1.schema.json. It holds only what is frozen when the version is
published, so it never changes afterwards: no comparison, no ratification, no role that may pass
to somebody else, and the title as it was at drafting. It names no person.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from constitutions.models import Version
from constitutions.selectors import (
    Edit,
    GroupVotes,
    PrincipleRecord,
    Removed,
    Source,
    VersionRecord,
    read_version,
)
from deliberation.models import Amendment

FORMAT: Final = "folkmoot-constitution"
FORMAT_VERSION: Final = 1
SCHEMA: Final = f"{FORMAT}-{FORMAT_VERSION}.schema.json"


def build(version: Version) -> bytes:
    """The bytes of the record. Same rows, same bytes."""
    return dump(document(read_version(version)))


def dump(content: dict[str, Any]) -> bytes:
    """Canonical bytes of a JSON document. Raises ValueError for NaN and infinities."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def document(record: VersionRecord) -> dict[str, Any]:
    """The record as plain data, as the schema describes it."""
    version = record.version
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "schema": SCHEMA,
        "status": "draft" if version.is_draft else "published",
        "title": record.constitution.title,
        "version": version.number,
        "published_at": _time(version.published_at),
        "preamble": version.preamble,
        "deliberation": {
            "slug": record.deliberation.slug,
            "language": record.deliberation.language,
        },
        "round": _round(record),
        "run": _run(record),
        "selection": {
            "rule": record.rule,
            "rule_index": version.rule_index,
            "params": record.params,
            "selected": len(record.principles) + len(record.removed),
        },
        "groups": [{"label": group.label, "size": group.size} for group in record.groups],
        "principles": [_principle(principle) for principle in record.principles],
        "left_out": [_removed(removed) for removed in record.removed],
        "preamble_edits": [_edit(edit) for edit in record.preamble_edits],
        "disclosure": _disclosure(record),
    }


def _round(record: VersionRecord) -> dict[str, Any]:
    """``amendments`` is there if there are any, so that records without keep their digest."""
    round = record.round
    amendments = [_amendment(amendment) for amendment in record.amendments]
    return ({"amendments": amendments} if amendments else {}) | {
        "number": round.number,
        "kind": round.kind,
        "question": round.question,
        "plan": round.plan,
        "plan_hash": round.plan_hash,
        "frozen_hash": round.frozen_hash,
        "opened_at": _time(round.opened_at),
        "closed_at": _time(round.closed_at),
    }


def _amendment(amendment: Amendment) -> dict[str, Any]:
    return {
        "number": amendment.number,
        "kind": amendment.kind,
        "at": _time(amendment.created_at),
        "role": amendment.actor_role,
        "reason": amendment.reason,
        "before": amendment.before,
        "after": amendment.after,
        "hash_before": amendment.hash_before,
        "hash_after": amendment.hash_after,
    }


def _run(record: VersionRecord) -> dict[str, Any]:
    """``plan`` is null where the run used the plan of the round."""
    run = record.run
    return {
        "plan": None if record.uses_plan_of_round else run.plan,
        "plan_hash": run.plan_hash,
        "seed": run.seed,
        "input_digest": run.input_digest,
        "outcome_digest": run.outcome_digest,
        "engine_version": run.engine_version,
    }


def _principle(principle: PrincipleRecord) -> dict[str, Any]:
    return {
        "key": principle.key,
        "number": principle.number,
        "text": principle.text,
        "machine_worded": principle.machine_worded,
        "lineage": [_source(source) for source in principle.sources],
        "edits": [_edit(edit) for edit in principle.edits],
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "statement": {
            "number": source.number,
            "text": source.text,
            "language": source.language,
            "origin": source.origin,
        },
        "rule": source.rule,
        "params": source.params,
        "rank": source.rank,
        "score": source.score,
        "votes": {
            "agree": source.agree,
            "disagree": source.disagree,
            "pass": source.passed,
        },
        "consensus": {
            "gac_polis": source.gac_polis,
            "gac_raw": source.gac_raw,
            "min_group": source.min_group,
        },
        "by_group": [_group_votes(votes) for votes in source.groups],
    }


def _group_votes(votes: GroupVotes) -> dict[str, Any]:
    return {
        "group": votes.label,
        "agree": votes.agree,
        "disagree": votes.disagree,
        "pass": votes.passed,
        "agree_share": votes.share,
        "agree_share_low": votes.share_low,
        "agree_share_high": votes.share_high,
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "at": _time(edit.at),
        "by": edit.by,
        "before": edit.before,
        "after": edit.after,
        "reason": edit.reason,
    }


def _removed(removed: Removed) -> dict[str, Any]:
    return {
        "key": removed.key,
        "statement": {"number": removed.number, "text": removed.statement},
        "reason": removed.reason,
        "edits": [_edit(edit) for edit in removed.edits],
    }


def _disclosure(record: VersionRecord) -> dict[str, Any]:
    """What a reader must know before trusting the rest."""
    return {
        "simulated_votes": record.deliberation.simulated,
        "imported_from": record.deliberation.source or None,
        "plan_fixed_before_voting": record.plan_fixed_before_voting,
        "principles_worded_by_machine_only": record.machine_worded,
        "principles_edited_by_people": len(record.principles) - record.machine_worded,
        "selected_but_left_out": len(record.removed),
    }


def _time(moment: datetime | None) -> str | None:
    """UTC to the microsecond, with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

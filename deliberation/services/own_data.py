"""Everything that is stored about one participant, for them to take along.

``format`` is "folkmoot-own-data-1". Times are ISO 8601 in UTC; votes are 1 agree, -1 disagree,
0 pass, null taken back; statements go by round and number, their public name.

deliberation       title, address, questions of its rounds
participant        your number (the pseudonym), when you joined, how the seat came to you
consent            version, text, SHA-256 and time of what you agreed to
votes              as they stand: statement, text, value, in words, important, when
vote_events        every vote, change and withdrawal, in the order they came
exposures          every card you were shown: when, and with which probability it was drawn
statements         your own: text, status, decisions with reasons, your appeal
about_you          your answers to questions about yourself
email_subscription address, language, since when, when it was last to be confirmed and when it
                   was (null: not yet), letters sent
contact            the address by which you were invited, if one is kept
vendor_reference   the name by which a recruitment vendor knows you
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from deliberation.models import Appeal, ConsentText, Participant, Seat, Statement
from deliberation.models.votes import Choice

FORMAT: Final = "folkmoot-own-data-1"

_WORDS: Final = {Choice.AGREE: "agree", Choice.DISAGREE: "disagree", Choice.PASS: "pass"}


def own_data(*, participant: Participant) -> dict[str, Any]:
    """What is stored about this participant, ready for JSON. Nobody else's data is in it."""
    deliberation, seat = participant.deliberation, participant.seat
    return {
        "format": FORMAT,
        "made_at": _time(timezone.now()),
        "deliberation": {
            "title": deliberation.title,
            "address": deliberation.slug,
            "rounds": [
                {"number": round.number, "question": round.question, "phase": round.phase}
                for round in deliberation.rounds.order_by("number")
            ],
        },
        "participant": {
            "number": participant.number,
            "joined_at": _time(participant.joined_at),
            "seat": seat.kind,
        },
        "consent": _consent(participant),
        "votes": _votes(participant),
        "vote_events": _events(participant),
        "exposures": _exposures(participant),
        "statements": [_statement(one) for one in participant.statements.order_by("pk")],
        "about_you": [
            {"question": answer.question.text, "answer": answer.option}
            for answer in seat.profile_answers.select_related("question").order_by("question")
        ],
        **_kept_apart(seat),
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _value(value: int | None) -> dict[str, Any]:
    """A vote as number and word."""
    word = "taken back" if value is None else _WORDS[Choice(value)]
    return {"value": value, "vote": word}


def _consent(participant: Participant) -> dict[str, Any]:
    text = ConsentText.objects.filter(
        deliberation=participant.deliberation_id, sha256=participant.consent_hash
    ).first()
    return {
        "version": text.version if text else None,
        "text": text.text if text else None,
        "sha256": participant.consent_hash,
        "agreed_at": _time(participant.consented_at),
    }


def _votes(participant: Participant) -> list[dict[str, Any]]:
    votes = participant.votes.select_related("statement", "round")
    return [
        {
            "round": vote.round.number,
            "statement": vote.statement.number,
            "text": vote.statement.text,
            **_value(vote.value),
            "important": vote.important,
            "at": _time(vote.updated_at),
        }
        for vote in votes.order_by("round__number", "statement__number")
    ]


def _events(participant: Participant) -> list[dict[str, Any]]:
    events = participant.vote_events.select_related("statement", "round").order_by("pk")
    return [
        {
            "round": event.round.number,
            "statement": event.statement.number,
            **_value(event.value),
            "important": event.important,
            "before": event.previous,
            "source": event.source,
            "at": _time(event.created_at),
        }
        for event in events
    ]


def _exposures(participant: Participant) -> list[dict[str, Any]]:
    shown = participant.exposures.select_related("statement", "round").order_by("pk")
    return [
        {
            "round": exposure.round.number,
            "statement": exposure.statement.number,
            "probability": exposure.probability,
            "drawn": exposure.drawn,
            "at": _time(exposure.shown_at),
        }
        for exposure in shown
    ]


def _statement(statement: Statement) -> dict[str, Any]:
    appeal = Appeal.objects.filter(statement=statement).first()
    return {
        "round": statement.round.number,
        "number": statement.number,
        "text": statement.text,
        "language": statement.language,
        "status": statement.status,
        "written_at": _time(statement.created_at),
        "decisions": [
            {
                "decision": decision.decision,
                "reason": decision.reason,
                "note": decision.note,
                "by": decision.actor_role,
                "at": _time(decision.created_at),
            }
            for decision in statement.decisions.order_by("pk")
        ],
        "appeal": {
            "text": appeal.text,
            "at": _time(appeal.created_at),
            "decided_at": _time(appeal.decided_at),
        }
        if appeal
        else None,
    }


def _kept_apart(seat: Seat) -> dict[str, Any]:
    """What hangs on the seat beside the ballot."""
    contact, reference = _one(seat, "contact"), _one(seat, "vendor_reference")
    return {
        "email_subscription": _subscription(seat),
        "contact": {
            "name": contact.name,
            "email": contact.email,
            "reference": contact.reference,
            "since": _time(contact.created_at),
            "deleted_on": str(seat.panel.delete_contacts_on or "") or None,
        }
        if contact
        else None,
        "vendor_reference": reference.xid if reference else None,
    }


def _subscription(seat: Seat) -> dict[str, Any] | None:
    subscription = _one(seat, "subscription")
    if subscription is None:
        return None
    return {
        "email": subscription.email,
        "language": subscription.language,
        "since": _time(subscription.created_at),
        "asked_to_confirm_at": _time(subscription.asked_at),
        "confirmed_at": _time(subscription.confirmed_at),
        "letters": [
            {"about": notice.moment, "state": notice.state, "at": _time(notice.updated_at)}
            for notice in subscription.notices.order_by("pk")
        ],
    }


def _one(seat: Seat, name: str) -> Any:
    """The one row of that kind that hangs on the seat, or None."""
    try:
        return getattr(seat, name)
    except ObjectDoesNotExist:
        return None

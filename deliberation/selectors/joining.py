"""What the join page reads: the text now in force, and the one agreed to before."""

from __future__ import annotations

from dataclasses import dataclass

from deliberation.models import ConsentText, Deliberation, Participant, Round
from deliberation.services.consent import text_hash


@dataclass(frozen=True)
class Consent:
    """The text now in force. ``version`` is None for one that was never kept (imported)."""

    text: str
    sha256: str
    version: ConsentText | None
    before: ConsentText | None


def consent(round: Round, participant: Participant | None = None) -> Consent:
    """The consent text of a round; ``before`` is what the participant agreed to, if another."""
    now = text_hash(round.consent_text)
    agreed = participant.consent_hash if participant else now
    return Consent(
        text=round.consent_text,
        sha256=now,
        version=_version(round.deliberation, now),
        before=_version(round.deliberation, agreed) if agreed != now else None,
    )


def _version(deliberation: Deliberation, sha256: str) -> ConsentText | None:
    return ConsentText.objects.filter(deliberation=deliberation, sha256=sha256).first()

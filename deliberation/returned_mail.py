"""Reading a letter that came back: which one it was, and why (RFC 3464). No tables."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from deliberation.mailing import read_message_id


@dataclass(frozen=True, slots=True)
class Returned:
    """A delivery report. ``outgoing`` is the primary key of our letter, None if it is none.

    ``action`` is "failed", "delayed", "delivered", "relayed" or "expanded"; "" where the message
    is no delivery report. ``problem`` is what the mail server said.
    """

    outgoing: int | None
    action: str
    problem: str

    @property
    def for_good(self) -> bool:
        """Whether the letter will never arrive: later tries of the server are not at an end."""
        return self.action == "failed"


def read_returned(data: bytes) -> Returned:
    """What a message says of one of our letters. Never raises for what stands in it."""
    message = message_from_bytes(data, policy=policy.default)
    action, problem = "", ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            action, problem = _status(part)
            break
    return Returned(_of_ours(message), action, problem)


def _status(part: EmailMessage) -> tuple[str, str]:
    """Action and reason of the first recipient; the first block is about the whole message."""
    for block in _inside(part):
        action = _plain(block.get("Action", "")).lower()
        if action:
            said = _plain(block.get("Diagnostic-Code", "")).partition(";")[2]
            return action, said.strip() or _plain(block.get("Status", ""))
    return "", ""


def _of_ours(message: EmailMessage) -> int | None:
    """Our letter lies within the report, whole or as its headers; the report may name it, too."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            found = read_message_id("".join(_plain(m.get("Message-ID")) for m in _inside(part)))
        elif kind == "text/rfc822-headers":
            found = read_message_id(_text(part))
        else:
            continue
        if found is not None:
            return found
    for header in ("In-Reply-To", "References"):
        found = read_message_id(_plain(message.get(header, "")))
        if found is not None:
            return found
    return None


def _inside(part: EmailMessage) -> list[Message]:
    """The messages, or blocks of headers, that this part consists of."""
    payload = part.get_payload()
    parts = payload if isinstance(payload, list) else []
    return [one for one in parts if isinstance(one, Message)]


def _text(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""


def _plain(value: object) -> str:
    """A header in one line, without signs that cannot be stored."""
    return " ".join(str(value or "").replace("\0", "").split())

"""What stands on a printed slip: the seat, its link, and the link as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(link: str) -> SafeString:
    """The link as SVG that stands in the page, dark on light in both schemes, of any size."""
    code = segno.make(link, error="m", micro=False)
    drawn = code.svg_inline(
        border=2, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by segno, holds no text of ours


def to_type(link: str) -> str:
    """The link as someone types it, without the part that browsers add."""
    parts = urlsplit(link)
    return f"{parts.netloc}{parts.path}" if parts.scheme == "https" else link


@dataclass(frozen=True, slots=True)
class Slip:
    """One seat link on paper."""

    number: int
    link: str

    @property
    def code(self) -> SafeString:
        """A square for the camera."""
        return qr_code(self.link)

    @property
    def to_type(self) -> str:
        """The link for who has no camera."""
        return to_type(self.link)

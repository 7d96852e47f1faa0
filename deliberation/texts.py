"""How text is tidied before it is stored, and folded before it is compared."""

from __future__ import annotations

import unicodedata

# Marks that make two equal sentences look different to a program only.
_INVISIBLE = {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"}
_TRAILING = " .!?…。！？،؛;"


def clean(text: str) -> str:
    """NFC, control characters dropped, every run of white space one space, trimmed."""
    normal = unicodedata.normalize("NFC", text)
    kept = (c if not unicodedata.category(c).startswith("C") else " " for c in normal)
    return " ".join("".join(c for c in kept).split())


def fold(text: str) -> str:
    """The form in which exact duplicates are equal.

    Unicode compatibility (NFKC), case, white space, invisible marks and closing punctuation
    are folded. Words and their order are not touched.
    """
    visible = "".join(c for c in text if c not in _INVISIBLE)
    return clean(unicodedata.normalize("NFKC", visible)).casefold().rstrip(_TRAILING)


def direction(text: str) -> str:
    """ "rtl" if the first letter that has a direction runs from right to left, else "ltr"."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


_ISOLATE, _END = "\u2068", "\u2069"


def isolated(text: str, around: str) -> str:
    """``text`` to be put into a sentence that may run the other way.

    Without the marks, full stops and brackets of the sentence would jump to the wrong side
    (Unicode UAX 9, first strong isolate). They are added only where the directions differ.
    around : "rtl" or "ltr", the direction of the sentence.
    """
    return f"{_ISOLATE}{text}{_END}" if direction(text) != around else text

"""Gentle hints on a statement before it is sent: personal data, several ideas, a question. Pure.

These are patterns, not knowledge. They point something out and never refuse anything, so a false
alarm costs more than a miss, for names above all. Words for people are in hint_words.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deliberation import name_cues

PersonalKind = Literal["email", "url", "handle", "phone", "address", "name"]
HintKind = Literal[PersonalKind, "several_ideas", "question"]


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that looks like personal data: ``text[start:end] == found``."""

    kind: PersonalKind
    start: int
    end: int
    found: str


def personal_data(text: str) -> list[Hint]:
    """What looks like personal data, in the order of the text; no two overlap."""
    hints: list[Hint] = []
    for kind, start, end in _candidates(text):
        if all(end <= hint.start or start >= hint.end for hint in hints):
            hints.append(Hint(kind, start, end, text[start:end]))
    return sorted(hints, key=lambda hint: hint.start)


def _candidates(text: str) -> Iterator[tuple[PersonalKind, int, int]]:
    """Spans by kind; where two overlap, the earlier kind holds."""
    for kind, patterns in _PATTERNS:
        for pattern in patterns:
            for match in pattern.finditer(text):
                yield kind, match.start(), match.end()
    for match in _NUMBER.finditer(text):
        if _is_phone(match.group()):
            yield "phone", match.start(), match.end()
    for start, end in name_cues.names(text):
        yield "name", start, end


# --- E-mail, links, handles, addresses ---------------------------------------------------------

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"”»)]{2,200}[^\s<>\"”»).,;:!?،؛؟]"
    r"|(?<![\w.@-])(?:[\w-]{1,63}\.){1,4}(?:com|org|net|edu|gov|info|io|eu|de|fr|es|uk|ch|at)"
    r"(?:/[^\s<>\"”»)]{0,200}[^\s<>\"”»).,;:!?،؛؟])?(?![\w@-]|\.\w)",
    re.I,
)
_HANDLE = re.compile(r"(?<![\w@./])@[^\W\d][\w.]{1,29}(?<!\.)(?!@)")

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NO_AMOUNT = (
    r"(?![\w%€$]|[.,]\d|\s*(?:%|€|Prozent|Euro|Stunden?|Minuten?|Tage?n?|Wochen?|Monate?n?|Jahren?"
    r"|Jahre|Leute|Menschen|Mal|Millionen|ans|jours|años|días|metros|Meter|km)\b)"
)
_ADDRESSES = (
    # Berliner Straße 12, Hauptstr. 5a, Marktplatz 7
    re.compile(
        rf"(?:\b{_CAPITAL}[\w-]{{1,30}}\s)?\b(?!(?:Arbeits|Ausbildungs|Studien|Park|Sitz|Um|Aus|Rück"
        rf"|Kita|Therapie|Spiel|Listen)(?:platz|weg)){_CAPITAL}[\w-]{{1,30}}"
        rf"(?:straße|strasse|str\.|gasse|weg|platz|allee|damm)\s\d{{1,3}}\s?[a-h]?{_NO_AMOUNT}"
    ),
    re.compile(
        rf"\b{_CAPITAL}\w{{2,30}}er\s(?:Straße|Strasse|Str\.|Platz|Allee|Weg|Ring)\s\d{{1,3}}\b"
    ),
    # 12 Long Lane, 221b Baker Street
    re.compile(
        rf"\b\d{{1,5}}[a-z]?\s(?:{_CAPITAL}[\w'’]{{0,30}}\s){{1,3}}"
        r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Terrace|Crescent|Close)\b"
    ),
    # 12 bis, rue de la Paix
    re.compile(
        r"\b\d{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|bd|chemin|impasse|allée|quai)\s"
        r"(?:de\sla\s|de\sl['’]|du\s|des\s|de\s|d['’])?[\w-]{2,30}"
    ),
    # calle Mayor 5, avenida de la Paz, 12
    re.compile(
        r"(?:\b(?:[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo)|\b[Aa]vda\.|\b[Cc]/)\s?"
        rf"(?:de\s(?:la\s|las\s|los\s)?|del\s)?{_CAPITAL}[\w-]{{1,30}}(?:\s{_CAPITAL}[\w-]{{1,30}}){{0,2}}"
        r",?\s(?:n[.º°]{1,2}\s?|número\s)?\d{1,4}\b"
    ),
    # شارع النيل رقم 5
    re.compile(r"\bشارع\s\w{2,20}(?:\s\w{2,20}){0,2}?\s?،?\s?(?:رقم\s)?\d{1,4}\b"),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"),  # British postcodes
    re.compile(r"\b(?:P\.?\s?O\.?\sBox|Postfach|BP|Apartado)\s\d[\d ]{0,7}\d\b"),
)
_PATTERNS: tuple[tuple[PersonalKind, tuple[re.Pattern[str], ...]], ...] = (
    ("email", (_EMAIL,)),
    ("url", (_URL,)),
    ("handle", (_HANDLE,)),
    ("address", _ADDRESSES),
)

# --- Telephone numbers -------------------------------------------------------------------------

# Digits in groups, each group set off by at most two signs.
_NUMBER = re.compile(
    r"(?<![\w.,/:+-])(?:\+\s?|\()?\d(?:[ \u00a0().\-–/]{0,2}\d){6,16}(?![\w]|[.,:]\d)"
)
_DATE = re.compile(r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
_LOCAL = (
    re.compile(r"0[1-9]\d{6,11}"),  # most of Europe and the Arab world: 0, then the area
    re.compile(r"[6-9]\d{8}"),  # Spain
)
_SPANISH_GROUPS = re.compile(
    r"\d{3}\D\d{3}\D\d{3}|\d{3}(?:\D\d\d){3}|\d\d\D\d{3}\D\d\d\D\d\d|\d{9}"
)
_NORTH_AMERICAN = re.compile(r"\(?[2-9]\d\d(?:\)\s?|[ .\-–])[2-9]\d\d[ .\-–]\d{4}")


def _is_phone(found: str) -> bool:
    """Whether digits in groups are written and begin as a telephone number does."""
    plain = "".join(str(int(c)) if c.isdecimal() else c for c in found)
    digits = re.sub(r"\D", "", plain)
    if plain.startswith("+") or digits.startswith("00"):
        return 8 <= len(digits.lstrip("0")) <= 15
    if _DATE.search(plain) or len(set(digits)) < 3:
        return False
    if _NORTH_AMERICAN.fullmatch(plain) or _LOCAL[0].fullmatch(digits):
        return True
    amount = digits.endswith("000") or plain.count(".") > 1
    return bool(_LOCAL[1].fullmatch(digits) and _SPANISH_GROUPS.fullmatch(plain)) and not amount


# --- Several ideas, a question -----------------------------------------------------------------

_DEMAND = {
    "en": r"should(?:n't)?|must(?:n't)?|ought|shall|has to|have to|needs? to",
    "de": r"soll(?:en|te|ten)?|muss|müssen|darf|dürfen",
    "fr": r"doi(?:t|vent)|devrai(?:t|ent)|faut|faudrait",
    "es": r"deben?|deber[ií]an?|tienen? que|hay que",
    "ar": r"[وف]?(?:يجب|ينبغي|عليه|لابد|لا بد)",
}
_JOIN = {
    "en": r"(?:and|but|also|plus)\b",
    "de": r"(?:und|aber|außerdem|zudem)\b",
    "fr": r"(?:et|mais|aussi|de plus)\b",
    "es": r"(?:y|e|pero|además|también)\b",
    "ar": r"(?:و|كما|أيضا)",
}
_ADDED = {
    "en": r"\b(?:and also|as well as|in addition|furthermore|moreover)\b",
    "de": r"\b(?:und außerdem|und zudem|darüber hinaus)\b",
    "fr": r"\b(?:et aussi|et de plus|en outre|par ailleurs)\b",
    "es": r"\b(?:y además|y también|por otra parte)\b",
    "ar": r"(?:كما يجب|كما ينبغي|بالإضافة إلى ذلك|وأيضا)",
}
_SENTENCE_END = re.compile(r"(?<=[.!?؟;؛])\s+")
_WORDS_OF_A_SENTENCE = 3
# A second sentence often gives the reason of the first; a third seldom does.
_MOST_SENTENCES = 2


def several_ideas(text: str, language: str) -> bool:
    """Whether a text seems to demand more than one thing.

    So it does with three sentences, with two demands ("should … and must"), or with "and also".
    In languages other than English, German, French, Spanish and Arabic only sentences are counted.
    """
    sentences = [s for s in _SENTENCE_END.split(text) if len(s.split()) >= _WORDS_OF_A_SENTENCE]
    if len(sentences) > _MOST_SENTENCES:
        return True
    primary = re.split("[-_]", language.lower(), maxsplit=1)[0]
    if primary not in _DEMAND:
        return False
    demand = rf"\b(?:{_DEMAND[primary]})\b"
    demanding = sum(bool(re.search(demand, sentence, re.I)) for sentence in sentences)
    # The second demand follows its joining word closely, or belongs to a clause of the first.
    twice = rf"{demand}.*\b{_JOIN[primary]}\s?(?:\w+ ){{0,3}}?(?:{_DEMAND[primary]})\b"
    return (
        demanding > 1
        or re.search(_ADDED[primary], text, re.I) is not None
        or any(re.search(twice, sentence, re.I) for sentence in sentences)
    )


_ASKS = re.compile(
    r"¿"
    r"|(?:why|how come|wieso|warum|weshalb|pourquoi|est-ce que?|por qué)\b(?!.*[,.])"
    r"|(?:should|can|could|does|do|is|are|will|would) (?:the|an|a|ai|it|we|they|you|i)\b(?!.*[,.])"
    r"|(?:هل|لماذا)\b",
    re.I,
)


def is_question(text: str) -> bool:
    """Whether a text asks instead of saying something; with or without a question mark."""
    bare = text.strip(" \t\r\n\"'“”„«»()!")
    quoted_inside = text.rstrip().endswith(('"', "”", "“", "»")) and text.lstrip()[0] not in '"“„«'
    return bool(_ASKS.match(bare)) or (bare.endswith(("?", "？", "؟")) and not quoted_inside)

"""From a statement to the first wording of a principle: "Choose the response that …".

Pure. A rule applies only where it cannot change the meaning; everything else is quoted whole.
Whatever a rule makes is a machine suggestion and is labelled so; people edit it freely.

The rules in words: cut off "I think that …", find "the AI should …" (or must, needs to …), then

    be kind       → is most kind              not be rude  → is least rude
    be a guide    → comes closest to being …  not be a spy → is not a spy
    ask back      → asks back                 not lie      → does not lie
    ask and wait  → does the most to ask …    never lie    → never lies

A condition in front ("If …, the AI should …") stays in front. As a last check the result must
deny as often as the statement does; if it does not, the statement is quoted.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from .english import ADJECTIVES, NO_VERB, VERBS, is_adverb, third_person

STEM: Final = "Choose the response that"
RULES: Final = (
    "quality",
    "negated-quality",
    "being",
    "negated-being",
    "action",
    "action-list",
    "negated-action",
    "never-action",
    "already-worded",
    "quoted",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A suggested principle and the rule (one of RULES) that made it."""

    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a statement asks for. ``polarity`` is "", "not" or "never"."""

    polarity: str
    condition: str
    rest: str


_KIND_OF_AI = r"assistant|system|model|chatbot|bot|tool|program|agent"
_SUBJECT = (
    r"(?:(?:(?:the|an|a|any|every|our|my|your|this)\s+)?"
    rf"(?:(?:ai|a\.i\.|al|artificial\s+intelligence)(?:\s+(?:{_KIND_OF_AI})s?)?"
    rf"|ais|assistant|chat\s?bot|bot|response|answer)|it|they)"
)
_NEVER = (
    r"(?:should|must|shall|will|may|can|could|ought\s+to|needs?\s+to|has\s+to|have\s+to)\s+never"
)
# "can" and "may" give permission; only their negation is a demand.
_NOT = (
    r"(?:should|must|shall|will|may|can|could)\s+not|cannot"
    r"|(?:should|must|ca|wo|could)n['’]t|ought\s+not(?:\s+to)?"
)
_PLAIN = r"should|must|shall|ought\s+to|needs?\s+to|has\s+to|have\s+to|will"
_OPINION = (
    r"(?:(?:please|also|and|personally|ideally|in\s+my\s+(?:opinion|view))[,:]?\s+)?"
    r"(?:(?:i|we)\s+(?:really\s+|strongly\s+)?(?:think|believe|feel|say|hope)\s+(?:that\s+)?)?"
)
_CONDITION = (
    r"(?:(?P<condition>(?:if|when|whenever|unless)\s+[^,;:]{3,160}),\s+(?:then\s+)?"
    r"|(?P<topic>(?:on|in|for|with|about|during)\s+(?:[\w'’-]+\s+){0,3}?[\w'’-]+),?\s+)?"
)
_DEMAND = re.compile(
    rf"{_OPINION}{_CONDITION}(?:(?P<subject>{_SUBJECT})\s+)?"
    rf"(?:(?P<never>{_NEVER})|(?P<negated>{_NOT})|(?P<plain>{_PLAIN}))\s+(?P<rest>\S.*)",
    re.IGNORECASE,
)
_WISH = re.compile(
    rf"{_OPINION}(?:i|we)(?P<negated>\s+do\s+not|\s+don['’]t)?"
    r"(?:\s+(?:really\s+)?(?:want|expect|need|would\s+like)|['’]d\s+like)"
    rf"\s+{_SUBJECT}\s+"
    r"(?:to\s+(?P<inner>not|never)|(?P<outer>not|never)\s+to|to)\s+(?P<rest>\S.*)",
    re.IGNORECASE,
)
_ALREADY = re.compile(r"choose the (?:response|answer) (?:that|which)\s+(\S.*)", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:not|never|cannot|least|no|nobody|none|nothing|nowhere|neither|nor|without)\b|n['’]t\b",
    re.IGNORECASE,
)
_SECOND_DEMAND = re.compile(r"\b(?:should|must|shall|ought)(?:n['’]t)?\b", re.IGNORECASE)
_UNCLEAR_DENIAL = re.compile(
    r"^(?:only|just|merely|simply|solely|have to|need to)\b"
    r"|\b(?:but|instead|rather)\b|(?:\band|,) (?:be|always|do)\b",
    re.IGNORECASE,
)
_ABOUT_THE_WORLD = re.compile(r"be \S+ (?:for|to|that|if)\b", re.IGNORECASE)
_JOINED = re.compile(
    r"(?:[,/&]|\band\b|\bor\b|\bthen\b)\s*(?:(?:and|or)\s+)?([\w'’-]+)", re.IGNORECASE
)
_QUOTES = "\"“”„«»'‘’`"


def suggest(statement: str, *, language: str = "en") -> Wording:
    """The first wording of the principle that ``statement`` calls for.

    Never empty, never of the opposite meaning: what no rule fits is quoted unchanged.
    """
    text = _tidy(statement)
    made = _by_rule(text) if language.split("-")[0].lower() == "en" else None
    if made is not None and _denials(made.text) == _denials(text):
        return made
    return Wording(f"{STEM} best fits this principle: “{_for_quoting(statement)}”.", "quoted")


def critique_request(principle: str) -> str:
    """What a model is asked in order to criticise its own answer by ``principle``."""
    return (
        f"Read your last response again with this principle in mind:\n\n{principle.strip()}\n\n"
        "Name each way in which the response falls short of it, "
        "and each way in which it already follows it."
    )


def revision_request(principle: str) -> str:
    """What a model is asked after the critique, to rewrite its answer by ``principle``."""
    return (
        "Rewrite your last response so that it follows this principle as well as it can:\n\n"
        f"{principle.strip()}\n\n"
        "Keep what already follows it, and answer the person directly."
    )


def _denials(text: str) -> int:
    return len(_DENIAL.findall(text))


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _tidy(statement: str) -> str:
    """One line without quotes around it or stops behind it, and not all in capitals."""
    text = _one_line(statement).rstrip(" .!…;,")
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip().rstrip(" .!…;,")
    if text.isupper() and len(text) > 8:
        text = re.sub(r"\bai\b", "AI", text.lower())
    return text


def _for_quoting(statement: str) -> str:
    """The statement as it stands, on one line, with inner quotes that do not end the outer."""
    text = _one_line(statement).strip('"“”„«» ').rstrip(" .;,")
    return text.replace("“", "‘").replace("”", "’") or "…"


def _by_rule(text: str) -> Wording | None:
    if "?" in text or re.search(r"[.!;:]\s", text):
        return None
    if already := _ALREADY.fullmatch(text):
        return Wording(f"{STEM} {already[1]}.", "already-worded")
    demand = _wish(text) or _demand(text)
    if demand is None or _unclear(demand):
        return None
    words = demand.rest.split(" ")
    made = _quality(words, demand.polarity) or _action(words, demand.polarity)
    if made is None:
        return None
    lead = f"{STEM}, {demand.condition}," if demand.condition else STEM
    return Wording(f"{lead} {made.text}.", made.rule)


def _wish(text: str) -> _Demand | None:
    """ "I want the AI to …", "We don't want it to …"."""
    found = _WISH.fullmatch(text)
    if not found:
        return None
    inner = (found["inner"] or found["outer"] or "").lower()
    if found["negated"] and inner:
        return None
    return _Demand("not" if found["negated"] else inner, "", _lower_first(found["rest"]))


def _demand(text: str) -> _Demand | None:
    """ "The AI should …", "It must never …", "If …, an assistant ought to …", "Should be …"."""
    found = _DEMAND.fullmatch(text)
    if not found:
        return None
    condition = found["condition"] or found["topic"] or ""
    subject, rest = (found["subject"] or "").lower(), _lower_first(found["rest"])
    if condition and not subject:
        return None
    if subject == "it" and _ABOUT_THE_WORLD.match(rest):
        return None  # "It should be easy to …" is not about the AI
    polarity = "never" if found["never"] else "not" if found["negated"] else ""
    return _Demand(polarity, _lower_first(condition), rest)


def _lower_first(text: str) -> str:
    """``Be kind`` → ``be kind``; ``AI`` and ``I`` stay."""
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first[1:].islower() else text


def _unclear(demand: _Demand) -> bool:
    """Two demands in one sentence, or a denial whose reach cannot be seen."""
    if _SECOND_DEMAND.search(demand.rest) or _DENIAL.match(demand.rest):
        return True
    return bool(demand.polarity and _UNCLEAR_DENIAL.search(demand.rest))


def _second_verb(words: list[str]) -> bool:
    """False where "and", "or" and commas surely join no second verb that shares the modal."""
    joined = {word.lower() for word in _JOINED.findall(" ".join(words))}
    return not joined <= ADJECTIVES | NO_VERB


def _quality(words: list[str], polarity: str) -> Wording | None:
    """ "be kind", "always be kind", "be very kind", "be as kind as possible", "be a friend"."""
    adverb = ""
    if len(words) > 2 and is_adverb(words[0].lower()):
        adverb, words = f"{words[0].lower()} ", words[1:]
    if len(words) < 2 or words[0].lower() != "be" or _second_verb(words):
        return None
    what, first, *_ = " ".join(words[1:]), *[word.lower().strip(",") for word in words[1:]]
    second = words[2].lower().strip(",") if len(words) > 2 else ""
    if first in ("a", "an") and not adverb:
        return _one_of(polarity, f"comes closest to being {what}", f"is not {what}", what, "being")
    if first in ADJECTIVES and not adverb:
        return _one_of(polarity, f"is most {what}", f"is least {what}", what, "quality")
    graded = first in ("as", "more", "too", "so", "very") or is_adverb(first)
    if first in ADJECTIVES or (graded and second in ADJECTIVES):
        return _one_of(polarity, f"is {adverb}{what}", f"is not {adverb}{what}", what, "quality")
    return None


def _one_of(polarity: str, plain: str, negated: str, what: str, rule: str) -> Wording:
    if polarity == "never":
        return Wording(f"is never {what}", f"negated-{rule}")
    return Wording(negated, f"negated-{rule}") if polarity else Wording(plain, rule)


def _action(words: list[str], polarity: str) -> Wording | None:
    """ "ask back", "always ask back", "say so and stop"; also "be kind and say so"."""
    place = 1 if len(words) > 1 and is_adverb(words[0].lower()) else 0
    verb, phrase = words[place].lower().strip(","), " ".join(words)
    after = words[place + 1].lower().strip(",") if len(words) > place + 1 else ""
    if verb == "be":
        wanted = after in ADJECTIVES and not polarity
        return Wording(f"does the most to {phrase}", "action-list") if wanted else None
    if verb not in VERBS:
        return None
    if polarity == "not":
        return Wording(f"does not {phrase}", "negated-action")
    if _second_verb(words):
        if polarity:
            return Wording(f"does not ever {phrase}", "negated-action")
        return Wording(f"does the most to {phrase}", "action-list")
    inflected = " ".join([*words[:place], third_person(verb), *words[place + 1 :]])
    return (
        Wording(f"never {inflected}", "never-action") if polarity else Wording(inflected, "action")
    )

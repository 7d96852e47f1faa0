"""Does one sentence say the contrary of another? Pure; no model, only cues.

Embeddings put "should" and "should not" side by side, so nothing may be merged on similarity
alone. Three cues are read, each of which turns a sentence round once:

1. a negation of what is demanded ("must not", "never", "no …");
2. a verb that demands the absence of something ("refuse", "avoid", "leave out");
3. between two sentences, a pair of opposite words ("truth" here, "lie" there).

An odd number of turns means contrary. A negation inside a condition or a relative clause ("if it
does not know, it should …") is not about the demand and is left aside.

Those are for English. For German, French, Spanish and Arabic there are only a few plain words of
the first two kinds, and no pairs of opposite words. For other languages there is nothing, and
nothing is ever called contrary.

This is a cue for a person who decides, not a judgement; tests/deliberation/test_similarity.py says
how often it errs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
# "When …," and "If …," before the demand, and clauses that hang on it afterwards.
_OPENING_CONDITION = re.compile(
    r"^(?:if|when|whenever|where|wherever|unless|although|because|since|while)\b[^,]*,\s*"
)
_HANGING_CLAUSE = re.compile(
    r",?\s+(?:(?:just |even )?(?:if|when|whenever|because|unless|although|whatever|while)"
    r"|instead of|rather than|and not|but not|not just|not only)\b.*$"
)
# "… and not a machine" names what is not meant; the demand stands before it.
_CONTRAST = re.compile(r"\b(?:and|but) not (?:to |for )?(?:an? |the )?[^\W\d_]+")
_TEMPLATE = re.compile(r"^(?:choose|select|pick|prefer) the response (?:that|which) ")

# What is demanded stands right after one of these.
_DEMAND = re.compile(
    r"\b(?:should|must|ought|shall|may|needs?|has|have|wants?|like|let|deserves)(?:n't)?\b"
)
_ORDER = re.compile(r"(?:don't|do not|never|no|stop|keep|leave|let)\b")
_REACH = 4  # words after the demand in which a negation still belongs to it
_NEGATION = re.compile(
    r"not|never|no|nor|none|nobody|nothing|neither|cannot|without|least|less|\w+n't"
)
_ABSENCE = re.compile(
    r"\b(?:refus\w+|avoid\w*|declin\w+|forbid\w*|ban|bans|banned|prohibit\w*|prevent\w*"
    r"|(?<!full )stops?|reject\w*|discourag\w+|oppos\w+|spare|omit\w*|free of|off limits"
    r"|out of the question|hold back|(?:stay|keep) away|steer clear"
    r"|keep (?:its|their|your) hands off|(?:kept|keep|leave|leaves|left)(?: \w+){0,3} out\b)"
)
# Either side of a pair, as patterns over whole words.
_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        (r"truth\w*|true|honest\w*", r"lie|lies|lying|deceiv\w+|mislead\w*|false\w*"),
        (r"machine|robot|program|computer", r"human|human being|real person"),
        (r"short\w*|brief\w*|concise\w*", r"long\w*|detailed|lengthy"),
        (
            r"same (?:\w+ )?rules?|universal|everywhere",
            r"customs?|(?:local|own)(?: local)? (?:rules?|ways|laws?)",
        ),
        (
            r"neutral\w*|impartial\w*|(?:opinions?|views?) to (?:itself|themselves)",
            r"(?:take|takes|taking) (?:a side|sides|a stand)|(?:say|tell|give)s? (?:\w+ )?opinion",
        ),
        (
            r"secrets?|confidential\w*|private|stays? with",
            r"report\w*|alert\w*|police|authorities|tell on|pass\w* on|able to read",
        ),
        (r"protect\w*|safe\w*|guard\w*", r"harm\w*|hurt\w*|endanger\w*|injur\w+"),
        (r"agree\w*|flatter\w*|praise\w*", r"contradict\w*|disagree\w*|criticis\w+"),
        (r"admit\w*|own up", r"hid\w+|bluff\w*|cover up|den(?:y|ies)"),
        (r"polite\w*|courteous|respect\w*|kind\w*", r"rude\w*|insult\w*|mock\w*|make fun|bully\w*"),
        (r"allow\w*|permit\w*|free to", r"punish\w*|illegal|outlaw\w*"),
        (r"equal\w*|same", r"worse|discriminat\w+|unequal\w*"),
        (r"more", r"fewer"),
        (r"all|everything|everyone|always", r"hardly|rarely|seldom"),
        (r"public\w*|open\w*", r"secret\w*|behind closed doors"),
    )
)


@dataclass(frozen=True, slots=True)
class _Cues:
    """Negation in a language. ``aside`` is taken out before the two others are looked for."""

    aside: re.Pattern[str]
    negation: re.Pattern[str]
    absence: re.Pattern[str]


_OTHER_CUES = {
    "de": _Cues(
        aside=re.compile(
            r"(?:^|, ?)(?:auch |nur )?(?:wenn|falls|sobald|weil|obwohl)\b[^,]*,?"
            r"|\b(?:und|aber) nicht\b[^,.]*|\bnicht nur\b"
        ),
        negation=re.compile(
            r"\b(?:nicht|kein(?:e[mnrs]?)?|nie|niemals|niemand(?:em|en)?|nichts)\b"
        ),
        absence=re.compile(
            r"\b(?:verb[io]e?t\w*|verboten\w*|vermeid\w+|verzicht\w+|verweiger\w+|ablehn\w*|tabu)\b"
        ),
    ),
    "fr": _Cues(
        aside=re.compile(
            r"(?:^|,? )(?:quand|lorsqu|si|s'il|parce qu|puisqu)\w*\b[^,]*,?"
            r"|\bet (?:non|pas)\b[^,.]*|\b(?:pas|non) seulement\b|\bun pas\b"
        ),
        negation=re.compile(r"\b(?:pas|jamais|aucune?|rien|n(?:e |')\w+ (?:plus|personne))\b"),
        absence=re.compile(
            r"\b(?:refus\w+|évit\w+|interdi\w+|renonc\w+|s'absten\w+|s'abstienne)\b"
        ),
    ),
    "es": _Cues(
        aside=re.compile(
            r"(?:^|,? )(?:cuando|si|porque|aunque)\b[^,]*,?"
            r"|\b(?:y|pero) no\b[^,.]*|\bno s[oó]lo\b|\bno solamente\b"
        ),
        negation=re.compile(r"\b(?:no|nunca|jamás|ning[uú]n(?:[oa]s?)?|nada|nadie|tampoco)\b"),
        absence=re.compile(
            r"\b(?:negarse|se niegu?e|rechaz\w+|evit\w+|prohib\w+|abstenerse|renunci\w+)\b"
        ),
    ),
    "ar": _Cues(
        aside=re.compile(
            r"\b(?:إذا|اذا|عندما|حين|حينما|لأن|لو)\b.*?(?:،|(?=\bف(?:علي|يجب|ينبغي|لا)\w*)|$)"
            r"|\bو(?:ليس|ليست|لا)\b[^،.]*|\b(?:لا|ليس) فقط\b"
        ),
        negation=re.compile(r"\b(?:لا|ليس|ليست|ألا|لن|لم|عدم|(?:يجب|ينبغي) الا)\b"),
        absence=re.compile(
            r"\b(?:ي?رفض|ت?رفض|[يت]?تجنب|[يت]متنع|الامتناع|ممنوعة?|[يت]?منع|[يت]?حظر)\b"
        ),
    ),
}
_ARABIC_VOWELS = re.compile("[\u064b-\u0652\u0640]")


def contrary(a: str, b: str, *, language: str) -> bool:
    """Whether the cues of a language say that ``b`` demands the contrary of ``a``. Symmetric.

    language : a tag as in ``lang``, "fr" or "fr-CA"; False for those without cues.
    """
    primary = re.split("[-_]", language.lower(), maxsplit=1)[0]
    if primary == "en":
        return polarity_flip(a, b)
    cues = _OTHER_CUES.get(primary)
    return cues is not None and _turned(a, cues) != _turned(b, cues)


def _turned(text: str, cues: _Cues) -> bool:
    plain = " ".join(_ARABIC_VOWELS.sub("", text.lower().replace("’", "'")).split())
    plain = cues.aside.sub(" ", plain)
    return bool(cues.negation.search(plain)) != bool(cues.absence.search(plain))


def polarity_flip(a: str, b: str) -> bool:
    """Whether the English cues say that ``b`` demands the contrary of ``a``. Symmetric."""
    left, right = _demand(a), _demand(b)
    turns = _turns(left) + _turns(right)
    turns += any(_faces(one, other, left, right) for one, other in _OPPOSITES)
    return turns % 2 == 1


def _plain(text: str) -> str:
    text = " ".join(text.lower().replace("’", "'").replace("-", " ").split())
    return _CONTRAST.sub("", text)


def _faces(one: re.Pattern[str], other: re.Pattern[str], left: str, right: str) -> bool:
    """One side of the pair stands only in one text, the other side only in the other."""
    sides = [(bool(one.search(text)), bool(other.search(text))) for text in (left, right)]
    return sorted(sides) == [(False, True), (True, False)]


def _turns(demand: str) -> int:
    """How often a demand is turned round: 0, 1 or 2."""
    return int(_negated(demand)) + int(bool(_ABSENCE.search(demand)))


@lru_cache(maxsize=8192)
def _demand(text: str) -> str:
    """The sentence that demands something (else the first), in lower case, without conditions."""
    sentences = [_TEMPLATE.sub("", s) for s in _SENTENCE_END.split(_plain(text))]
    sentences = [_OPENING_CONDITION.sub("", s) for s in sentences]
    demanding = [s for s in sentences if _ORDER.match(s) or _DEMAND.search(s)]
    if not demanding:
        return _HANGING_CLAUSE.sub("", sentences[0].split(",")[0])
    return _HANGING_CLAUSE.sub("", demanding[0])


def _negated(demand: str) -> bool:
    words = _WORD.findall(demand)
    at = next((i for i, word in enumerate(words) if _DEMAND.fullmatch(word)), None)
    near = words if at is None else words[:1] + words[max(at - 1, 0) : at + 1 + _REACH]
    return any(_NEGATION.fullmatch(word) for word in near)

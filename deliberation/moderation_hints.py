"""What a moderator may want to look at in a statement. Hints never act by themselves.

Near duplicates and opposites within the round (near.py, polarity.py), personal data, questions
and several ideas (hints.py), another language (language_guess.py), coarse words (profanity.py),
and length. Each is a guess, and labelled as one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, cast

from django.db.models import Count, Max
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from deliberation import hints, language_guess
from deliberation.hint_words import hint_words
from deliberation.models import Round, Statement
from deliberation.models.statements import Status
from deliberation.near import RoundTexts, nearest, read_texts
from deliberation.polarity import contrary
from deliberation.profanity import coarse_words
from deliberation.similarity import is_warm, warm_soon

Kind = Literal[hints.HintKind, "same", "near", "opposite", "coarse", "language", "short"]

# Kinds in words, for a filter, in the order in which hints are shown.
KINDS: Final[dict[Kind, object]] = {
    "same": gettext_lazy("Says the same, word for word"),
    "near": gettext_lazy("Much like another"),
    "opposite": gettext_lazy("Seems to say the opposite of another"),
    "coarse": gettext_lazy("A coarse word"),
    "language": gettext_lazy("Another language"),
    "email": gettext_lazy("An e-mail address"),
    "phone": gettext_lazy("A telephone number"),
    "address": gettext_lazy("A postal address"),
    "name": gettext_lazy("The name of a person"),
    "handle": gettext_lazy("A name on a social network"),
    "url": gettext_lazy("A link"),
    "several_ideas": gettext_lazy("Several ideas"),
    "question": gettext_lazy("A question"),
    "short": gettext_lazy("Very short"),
}

# From this score on two statements are named as alike. On the pairs of similar_pairs.toml, in the
# tests, no unrelated one comes near it.
NEAR: Final = 0.6
# Fewer words than this can hardly be voted on.
LEAST_WORDS: Final = 3
_TOP = 3
_LOOKED_AT = 12  # the nearest texts; some of them may be rejected
_ROUNDS_KEPT = 8
# A page does not wait longer than this for word vectors that are being loaded.
_PATIENCE = 0.15


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to look at in a statement.

    kind   : a key of ``KINDS``.
    words  : what to tell the moderator, in the language that is active.
    others : the statements it is about, most alike first; only for "same", "near", "opposite".
    found  : the part of the text it is about, if it is about one.
    """

    kind: Kind
    words: str
    others: list[Statement] = field(default_factory=list)
    found: str = ""


def hints_for(round: Round, statements: Sequence[Statement]) -> dict[int, list[Hint]]:
    """The hints on each statement, by primary key; an empty list where there is none.

    statements : of this round. Each is compared with all others of the round that are not
    rejected. Two queries. The texts of a round are read once in a process. Word vectors and the
    guess of languages are loaded with the first call: until they are there, letters alone decide
    what is alike, and nothing is said of another language.
    """
    if not statements:
        return {}
    language_guess.warm_soon()
    others = _others(round, statements)
    return {one.pk: others[one.pk] + _about_text(one, round) for one in statements}


# --- The text alone


def _about_text(statement: Statement, round: Round) -> list[Hint]:
    language = round.deliberation.language
    found = [
        Hint(kind, _words(kind, what), found=what) for kind, what in _seen(statement.text, language)
    ]
    if language_guess.is_ready() and (other := _other_language(statement.text, language)):
        found.insert(0, Hint("language", _words("language", other)))
    return found


def _words(kind: Kind, found: str) -> str:
    match kind:
        case "short":
            return _("This is very short. Others may not see what is meant.")
        case "coarse":
            return _("This has words from the list of coarse words. Does it insult anyone?")
        case "language":
            return _("This seems to be in another language: %(language)s.") % {
                "language": _language_name(found)
            }
    return hint_words(cast(hints.HintKind, kind))


def _language_name(code: str) -> str:
    """The language in the words of the active one; its code where Django knows no name."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


@lru_cache(maxsize=20_000)
def _seen(text: str, language: str) -> tuple[tuple[Kind, str], ...]:
    """What the text alone shows: kinds, and the part of it that shows them."""
    seen: list[tuple[Kind, str]] = [("coarse", word) for word in coarse_words(text, language)]
    seen += [(hint.kind, hint.found) for hint in hints.personal_data(text)]
    if hints.several_ideas(text, language):
        seen.append(("several_ideas", ""))
    if hints.is_question(text):
        seen.append(("question", ""))
    if len(text.split()) < LEAST_WORDS:
        seen.append(("short", ""))
    return tuple(seen)


@lru_cache(maxsize=20_000)
def _other_language(text: str, language: str) -> str:
    return language_guess.other_language(text, language)


# --- The other statements of the round


@dataclass(frozen=True, slots=True)
class _Known:
    """A round's statements as they were read: ``places`` leads from a key to a row of ``texts``."""

    stamp: tuple[object, ...]
    keys: tuple[int, ...]
    places: dict[int, int]
    texts: RoundTexts


_known: OrderedDict[int, _Known] = OrderedDict()
_known_lock = threading.Lock()


def _others(round: Round, statements: Sequence[Statement]) -> dict[int, list[Hint]]:
    """Hints that name other statements, by primary key."""
    known = _read(round)
    asked = [one for one in statements if one.pk in known.places]
    places = [known.places[one.pk] for one in asked]
    scores = known.texts.scores(places)
    near = {
        one.pk: [
            known.keys[found]
            for found, _score in nearest(row, own=place, least=NEAR, top=_LOOKED_AT)
        ]
        for one, place, row in zip(asked, places, scores, strict=True)
    }
    wanted = {key for keys in near.values() for key in keys}
    shown = Statement.objects.filter(pk__in=wanted).exclude(status=Status.REJECTED).in_bulk()
    language = round.deliberation.language
    return {
        one.pk: _alike(one, [shown[key] for key in near.get(one.pk, []) if key in shown], language)
        for one in statements
    }


def _alike(statement: Statement, near: Sequence[Statement], language: str) -> list[Hint]:
    same = [one for one in near if one.folded == statement.folded]
    rest = [one for one in near if one.folded != statement.folded]
    turned = [one for one in rest if contrary(statement.text, one.text, language=language)]
    alike = [one for one in rest if one not in turned]
    kinds: list[tuple[Kind, str, list[Statement]]] = [
        ("same", _("This says the same as another, word for word."), same),
        ("near", _("This is much like another. Is it the same idea?"), alike),
        (
            "opposite",
            _("This seems to say the opposite of another. Do not take them for one."),
            turned,
        ),
    ]
    return [Hint(kind, words, others[:_TOP]) for kind, words, others in kinds if others]


def _read(round: Round) -> _Known:
    """The round's texts, from memory if no statement was added since."""
    language = round.deliberation.language
    here = Statement.objects.filter(round=round)
    # Texts do not change and no statement is deleted, so these two say whether one is missing.
    size = here.aggregate(n=Count("pk"), last=Max("pk"))
    stamp = (language, is_warm(), size["n"], size["last"])
    with _known_lock:
        known = _known.get(round.pk)
    if known is not None and known.stamp == stamp:
        return known
    rows = list(here.order_by("pk").values_list("pk", "text"))
    texts = [text for _pk, text in rows]
    warm_soon(texts, language=language)
    keys = tuple(pk for pk, _text in rows)
    places = {pk: place for place, pk in enumerate(keys)}
    known = _Known(stamp, keys, places, read_texts(texts, language=language, patience=_PATIENCE))
    with _known_lock:
        _known[round.pk] = known
        _known.move_to_end(round.pk)
        while len(_known) > _ROUNDS_KEPT:
            _known.popitem(last=False)
    return known

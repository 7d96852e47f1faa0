"""How alike two texts look, letter by letter, in any language. Pure; numpy only, no model.

A text is cut into runs of 3 to 5 letters inside its words, so that "Schutz" and "schützen" or
"مصدر" and "مصادرها" still share some. Runs are hashed into a fixed number of buckets, and those
that many candidates share weigh less. Words that only hold a demand together ("the AI should") say
nothing of what it is about and are left out, for the languages of which we know them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.texts import fold

Grams = NDArray[np.int32]

SIZES = (3, 4, 5)
_BITS = 16
BUCKETS = 1 << _BITS
# Weights behave as if this many other statements stood beside the candidates, so that three
# candidates do not decide what is a common word.
BACKGROUND = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing, Knuth, TAOCP 3, 6.4

_WORD = re.compile(r"[^\W\d_]+")
_ARABIC_PREFIX = re.compile(r"^(?:[وفبك]?ال|لل)(?=\w{3})")
_ARABIC_FORMS = str.maketrans({"ى": "ي", "ة": "ه"})

# Without marks and in lower case, as ``content_words`` compares them.
_FRAME_WORDS = {
    "en": """a about ai all also always an and any are as at be because but by can do does
        every for from has have how i if in is it its just like make me must my never no not of
        on one only or ought our people person shall should so some than that the
        their them there they this to too us very we what when where which who will with
        would you your assistant model system chatbot""",
    "de": """aber alle allen alles als also am an auch auf aus bei beim bin bis da damit darf das
        dass dem den der des die dies diese dieser durfen ein eine einem einen einer eines er es
        etwas fur gibt hat haben ich ihr ihre ihrem ihren ihrer im immer in ist ja jede jedem
        jeden jeder jedes kann kein keine keinen keiner ki konnen man mehr mein meine mich mir
        mit muss mussen nach nicht nie niemals noch nur ob oder sehr sein seine sich sie sind so
        soll sollen sollte sollten uber um und uns unter vom von vor wann was weder wenn wer
        werden wie wird wir wo zu zum zur""",
    "fr": """a afin ai au aucun aucune aussi aux avec avoir c ca ce ces cette chaque comme d dans
        de des devrait devraient doit doivent donc du elle elles en est et etre eux faut il ils
        ia j jamais je l la le les leur leurs lui m ma mais me mes moi mon n ne ni non nos notre
        nous on ont ou par pas peut plus pour qu quand que qui s sa sans se ses si soit son sont
        sur ta te tes toujours tous tout toute toutes tres tu un une vos votre vous y""",
    "es": """a al algo aunque cada como con cual cuando de debe deben deberia deberian del donde
        e el ella ellas ellos en era es esa ese eso esta este esto estos hay ha ia jamas la las
        le les lo los mas me mi mis muy nada ni ningun ninguna no nos nuestra nuestro nunca o
        para pero por puede pueden que quien se sea ser si siempre sin sobre son su sus tambien
        tan te tener tiene tienen todas todo todos tu un una uno unos y ya yo""",
    "ar": """الذكاء الاصطناعي ذكاء اصطناعي يجب ينبغي لا الا ان لن ليس ليست لم على عليه عليها في من
        الي عن مع هو هي هذا هذه ذلك تلك التي الذي كل اي او ثم اذا كان كانت يكون تكون عند عندما
        حتي بعد قبل بين ما لا غير بدون ايضا جدا ابدا دائما يمكن يجوز له لها لهم لنا لي به بها
        فعليه فيه كيف كما قد""",
}
_FRAMES = {language: frozenset(words.split()) for language, words in _FRAME_WORDS.items()}


def content_words(text: str, language: str) -> list[str]:
    """The words that say what a text is about, folded and without marks; all if none would be left.

    language : a tag as in ``lang``, "de" or "de-AT". Unknown languages have no words to leave out.
    """
    words = [_bare(word) for word in _WORD.findall(plain(text))]
    frame = _FRAMES.get(primary(language), frozenset())
    return [word for word in words if word not in frame] or words


def primary(language: str) -> str:
    """ "de" of "de-AT"."""
    return re.split("[-_]", language.lower(), maxsplit=1)[0]


def grams(words: Sequence[str]) -> Grams:
    """The buckets of a text's runs of letters, int32, sorted, each once."""
    line = " " + " ".join(words) + " "
    letters = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    gaps = letters == ord(" ")
    found = [_runs(letters.astype(np.uint64), gaps, size) for size in SIZES]
    return np.unique(np.concatenate(found)).astype(np.int32)


def likeness(text: Grams, candidates: Sequence[Grams]) -> NDArray[np.float64]:
    """Cosine in [0, 1] of a text with each candidate, runs weighted by how rare they are."""
    if not candidates:
        return np.zeros(0)
    counts = np.fromiter((len(own) for own in candidates), dtype=np.int64)
    owner = np.repeat(np.arange(len(candidates)), counts)
    everything = np.concatenate(candidates)
    frequency = np.bincount(everything, minlength=BUCKETS)
    weights = np.log1p((len(candidates) + BACKGROUND) / (frequency + 1)) ** 2
    wanted = np.zeros(BUCKETS)
    wanted[text] = weights[text]
    shared = np.bincount(owner, weights=wanted[everything], minlength=len(candidates))
    squared = np.bincount(owner, weights=weights[everything], minlength=len(candidates))
    scores: NDArray[np.float64] = shared / np.sqrt(np.maximum(squared * wanted.sum(), 1e-12))
    return scores


def plain(text: str) -> str:
    """Folded, without accents, vowel signs and other marks: "é" is "e", "أ" is "ا"."""
    letters = unicodedata.normalize("NFKD", fold(text))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return bare.translate(_ARABIC_FORMS)


def _bare(word: str) -> str:
    """An Arabic word without its article."""
    return _ARABIC_PREFIX.sub("", word)


def _runs(letters: NDArray[np.uint64], gaps: NDArray[np.bool_], size: int) -> NDArray[np.uint64]:
    """Hashes of all runs of a size that reach over no gap, but may begin or end with one."""
    number = len(letters) - size + 1
    if number <= 0:
        return np.zeros(0, dtype=np.uint64)
    hashes = np.full(number, size, dtype=np.uint64)
    crossing = np.zeros(number, dtype=np.bool_)
    for at in range(size):
        hashes = (hashes ^ letters[at : at + number]) * _MULTIPLIER
        if 0 < at < size - 1:
            crossing |= gaps[at : at + number]
    return hashes[~crossing] >> np.uint64(64 - _BITS)

"""Personal data is pointed out in five languages, and ordinary statements are left alone.

On 3,206 statements of open deliberations, mostly in English and not part of this repository, there
were 9 hints: 7 names (at least 5 of them false: shops, places, a party), 1 link and 1 handle
(false). Words and prepositions were added to name_cues.py after a look at these statements, so
others will give more false alarms. German, French, Spanish and Arabic were tried on the tables
below only. How many names are missed was not measured.
"""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from django.utils.translation import override
from hypothesis import example, given
from hypothesis import strategies as st

from deliberation.hint_words import hint_words
from deliberation.hints import HintKind, PersonalKind, is_question, personal_data, several_ideas

LANGUAGES = ("en", "de", "fr", "es", "ar")

FOUND: list[tuple[str, PersonalKind, str]] = [
    ("Write to bob.miller+x@mail.example.org.", "email", "bob.miller+x@mail.example.org"),
    ("Meine Adresse: müller@beispiel.de!", "email", "müller@beispiel.de"),
    ("راسلني على alice@example.com، شكرا", "email", "alice@example.com"),
    ("See https://example.org/a?b=1.", "url", "https://example.org/a?b=1"),
    ("Siehe www.beispiel.de/seite, dort steht es.", "url", "www.beispiel.de/seite"),
    ("It is all on example.com already.", "url", "example.com"),
    ("Ask @bob_miller about it.", "handle", "@bob_miller"),
    ("Demandez à @charlie.", "handle", "@charlie"),
    ("Call me at +44 20 7946 0123 now.", "phone", "+44 20 7946 0123"),
    ("Call (202) 555-0143 now.", "phone", "(202) 555-0143"),
    ("Call 202-555-0143 now.", "phone", "202-555-0143"),
    ("Ruf 030/1234567 an.", "phone", "030/1234567"),
    ("Ruf 0176 12345678 an.", "phone", "0176 12345678"),
    ("Ruf 0049 30 1234567 an.", "phone", "0049 30 1234567"),
    ("Mon numéro est le 06 12 34 56 78.", "phone", "06 12 34 56 78"),
    ("Mi número es 612 345 678.", "phone", "612 345 678"),
    ("Mi número es 612345678.", "phone", "612345678"),
    ("رقمي ٠١٠١٢٣٤٥٦٧٨ للتواصل", "phone", "٠١٠١٢٣٤٥٦٧٨"),
    ("I live at 12 Long Lane in town.", "address", "12 Long Lane"),
    ("Send it to SW1A 1AA please.", "address", "SW1A 1AA"),
    ("Ich wohne in der Hauptstraße 12a in Bonn.", "address", "Hauptstraße 12a"),
    ("Ich wohne in der Berliner Straße 5.", "address", "Berliner Straße 5"),
    ("J'habite 12 bis, rue de la Gare à Lyon.", "address", "12 bis, rue de la Gare"),
    ("Vivo en la calle Mayor 5 de mi pueblo.", "address", "calle Mayor 5"),
    ("أسكن في شارع النيل رقم 5 هنا", "address", "شارع النيل رقم 5"),
    ("It should listen to my neighbour Bob Miller.", "name", "Bob Miller"),
    ("The mayor is Alice Cooperman and she lies.", "name", "Alice Cooperman"),
    ("Mr. Miller should not decide.", "name", "Mr. Miller"),
    ("It must not ask Dr. X. Brown for help.", "name", "Dr. X. Brown"),
    ("Herr Müller soll das nicht allein entscheiden.", "name", "Herr Müller"),
    ("Das hat Frau Dr. Schulze-Berg gesagt.", "name", "Frau Dr. Schulze-Berg"),
    ("Mme Dupont ne doit pas décider seule.", "name", "Mme Dupont"),
    ("Il faut écouter M. Dupont.", "name", "M. Dupont"),
    ("Mon voisin Paul ment toujours.", "name", "Paul"),
    ("La Sra. García no debe decidir.", "name", "Sra. García"),
    ("Mi vecina Lucía dice que sí.", "name", "Lucía"),
    ("يجب ألا يقرر السيد محمد وحده", "name", "السيد محمد"),
    ("جاري أحمد يكذب دائما", "name", "جاري أحمد"),
]

LEFT_ALONE = [
    "By 2030 it should use 30,000 kWh less than in 2024.",
    "Between 1990-2024 a lot has changed, and 2020/2021 was hard.",
    "Count 1-2-3 before you answer, or 10-20-30.",
    "It costs 1 000 000 euros, or 2.500.000, or 3,000,000.",
    "Since 01.02.2024 and 2024-02-01 the law has changed.",
    "Pi is 3.14159265358979, and 0.00000012 is small.",
    "Trust it at 99.9 % of the time, 24/7.",
    "The ISBN is 978-3-16-148410-0.",
    "Payer 900 000 000 d'euros, c'est trop.",
    "It should follow the United Nations and the European Union.",
    "It should obey the Supreme Court of New York.",
    "Artificial Intelligence should respect Human Rights.",
    "It should know African American history and Middle Eastern food.",
    "It is on Baker Row and in the Old Mill, not at Fresh Bread in town.",
    "The AI Should Always Tell The Truth",
    "It must be fair, e.g. to old people. Never rude.",
    "It should answer my friend and my doctor alike.",
    "My boss Monday to Friday is a machine.",
    "Every Miss Right joke is out.",
    "Version 4.0 is better than 3.5.",
    "There are 5 roads, and 2 streets lead to 12 houses.",
    "Die Künstliche Intelligenz soll Menschen und Tieren helfen.",
    "Die KI soll Frauen und Männer gleich behandeln.",
    "Wenn eine Frau Kinder bekommt, soll die KI sie nicht schlechter bewerten.",
    "Jede Frau Mitte vierzig soll gleich behandelt werden.",
    "Herr Bundeskanzler und Frau Ministerin sollen zuhören.",
    "Auf dem Arbeitsplatz 4.0 darf die KI nicht allein entscheiden.",
    "Ein Arbeitsplatz 2 Stunden weit weg ist zu weit.",
    "Mein Nachbar Hunde hin oder her: Die KI soll Tiere schützen.",
    "Die KI soll Europäische Werte und Deutsche Gesetze achten.",
    "L'IA doit respecter les Nations Unies et l'Union Européenne.",
    "L'IA doit connaître la Sécurité Sociale et la Croix Rouge.",
    "Il y a 3 rues et 12 places de parc.",
    "Mon ami et ma voisine ont raison.",
    "La IA debe respetar los Derechos Humanos y las Naciones Unidas.",
    "Mi vecino no quiere la Inteligencia Artificial.",
    "Hay 3 calles y 12 plazas.",
    "يجب أن يحترم الذكاء الاصطناعي السيد الرئيس والمواطن",
    "يجب أن يساعد الدكتور في المستشفى عام 2024",
    "Share it @ home, at 5 p.m. or 8 a.m.",
    "It should say and/or, yes.No matter what.",
]


@pytest.mark.parametrize(("text", "kind", "found"), FOUND)
def test_personal_data_is_found_with_its_exact_place(
    text: str, kind: PersonalKind, found: str
) -> None:
    [hint] = personal_data(text)
    assert (hint.kind, hint.found) == (kind, found)
    assert text[hint.start : hint.end] == found


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_ordinary_statements_are_left_alone(text: str) -> None:
    assert personal_data(text) == []


def test_several_hints_come_in_order_and_do_not_overlap() -> None:
    text = "Ask Dr. Brown (bob@example.org, +44 20 7946 0123) or https://example.org/@bob"
    assert [hint.kind for hint in personal_data(text)] == ["name", "email", "phone", "url"]


LETTERS = st.sampled_from(
    [*"abZÄéñ @.+-/0123456789(),:?¿!'’\n", "Herr ", "Mme ", "my friend ", "Bob ", "www.", "السيد "]
)


@given(st.text() | st.lists(LETTERS).map("".join), st.sampled_from([*LANGUAGES, "pt", ""]))
@example("\ud800@a.bc", "en")
@example("\u0661" * 400, "ar")
@example("a." * 2000 + "@", "en")
@example("A b " * 1000, "fr")
def test_any_text_gets_hints_inside_it(text: str, language: str) -> None:
    hints = personal_data(text)
    for hint in hints:
        assert 0 <= hint.start < hint.end <= len(text)
        assert text[hint.start : hint.end] == hint.found
        assert hint.kind in get_args(PersonalKind)
    assert all(one.end <= other.start for one, other in pairwise(hints))
    assert several_ideas(text, language) in (True, False)
    assert is_question(text) in (True, False)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It should be honest and it must be kind."),
        ("en", "It should cite its sources. It must also protect children."),
        ("en", "Be short and clear. That will save my time. Do not talk about war."),
        ("en", "Protect children and also save electricity."),
        ("de", "Die KI soll ehrlich sein und sie muss Kinder schützen."),
        ("de", "Die KI soll ehrlich sein. Firmen dürfen keine Daten verkaufen."),
        ("fr", "L'IA doit être honnête et elle doit protéger les enfants."),
        ("es", "La IA debe ser honesta y tiene que proteger a los niños."),
        ("ar", "يجب أن يكون صادقا ويجب أن يحمي الأطفال."),
        ("pt", "A IA deve ser honesta. Ela deve ser gentil. Ela deve ser breve."),
    ],
)
def test_several_ideas_are_noticed(language: str, text: str) -> None:
    assert several_ideas(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It should be honest and kind."),
        ("en", "It should cite its sources. Otherwise nobody can check it."),
        ("en", "If it does not know, it should say so."),
        ("en", "People who must work should be helped."),
        ("de", "Die KI soll ehrlich und freundlich sein."),
        ("de", "Die KI soll Quellen nennen. Sonst kann das niemand prüfen."),
        ("fr", "L'IA doit être honnête et aimable."),
        ("es", "La IA debe ser honesta y amable."),
        ("ar", "يجب أن يكون صادقا ولطيفا."),
        ("pt", "A IA deve ser honesta e deve ser gentil."),
        ("en", ""),
    ],
)
def test_one_idea_is_left_alone(language: str, text: str) -> None:
    assert not several_ideas(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Should it be allowed to lie?",
        "Should the AI be allowed to lie",
        "Why does it lie",
        "“Who decides?”",
        "Soll die KI lügen dürfen? ",
        "Warum lügt die KI",
        "L'IA doit-elle mentir ?",
        "Est-ce que l'IA peut mentir",
        "¿Debe mentir la IA?",
        "¿Debe mentir la IA",
        "هل يجوز له أن يكذب؟",
        "هل يجوز له أن يكذب",
    ],
)
def test_questions_are_noticed(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "It should answer questions.",
        "Should the AI not know, it must say so.",
        "It should answer “Are you human?” honestly.",
        "It should always answer “Are you human?”",
        "What matters is honesty.",
        "Do not lie.",
        "Why it decided so must be explained.",
        "Honest? Always.",
        "Sollte die KI es nicht wissen, muss sie es sagen.",
        "Quand elle ne sait pas, elle le dit.",
        "Que diga siempre la verdad.",
        "يجب ألا يكذب.",
        "",
        "   ",
    ],
)
def test_statements_are_no_questions(text: str) -> None:
    assert not is_question(text)


def test_every_kind_of_hint_has_words_of_its_own() -> None:
    kinds = get_args(HintKind)
    with override("en"):
        words = {kind: hint_words(kind) for kind in kinds}
    assert len(set(words.values())) == len(kinds) == 8
    assert words["email"] == "This looks like an e-mail address."

"""What looks like the name of a person. Pure; patterns and short word lists, no model.

Three cues: a title ("Herr Müller", "Mme Dupont"), a person of one's own ("my neighbour Bob"), and
two capitalised words inside a sentence that are no known place, people or institution. German
capitalises its nouns, so there only titles count. Arabic has no capitals, so there only a common
given name after a title or a person of one's own counts. Much is missed, on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NAME = rf"{_CAPITAL}[a-zß-öø-ÿ'’]+(?:-{_CAPITAL}[a-zß-öø-ÿ]+|{_CAPITAL}[a-zß-öø-ÿ]+)?"
# "Bob Miller", "Ludwig van der Berg"; a title may be followed by an initial.
_NAMES = rf"{_NAME}(?:\s(?:(?:van|von|de|del|della|al|ben|bin|der|den|la)\s){{0,2}}{_NAME}){{0,2}}"

# After these a title is an office or a manner of speaking.
_OFFICES = (
    r"(?!(?:Präsident|Bundes|Kanzler|Minister|Direktor|Doktor|Professor|Richter|Gott|President"
    r"|Speaker|Chair|Justice|Right|Wrong|Perfect|Robot|Roboto|Président|Ministre|Tout|Presidente"
    r"|Google|Who|Evil|Nobody)\w*)"
)
# "eine Frau Kinder bekommt" is no Mrs Kinder.
_BEFORE_A_WOMAN = """
    eine einer jede jeder keine keiner die der diese dieser als meine meiner seine seiner ihre ihrer
"""
_TITLES = (
    rf"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Mme|Mlle|Sra?|Srta|Dra)\.?\s{_OFFICES}(?:{_CAPITAL}\.\s)?{_NAMES}",
    rf"\b(?:Miss|Madame|Monsieur|Mademoiselle|[Ss]eñora?|Don|Doña)\s{_OFFICES}{_NAMES}",
    rf"(?<![\w.])M\.\s{_OFFICES}{_NAMES}",
    "".join(rf"(?<!\b(?i:{word}) )" for word in _BEFORE_A_WOMAN.split())
    + rf"\b(?:Herrn?|Frau)\s(?:(?:Dr|Prof)\.\s){{0,2}}{_OFFICES}{_NAMES}",
)
_OWN_PEOPLE = (
    r"\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir)\s(?:\w+\s)?(?:neighbou?r|boss|teacher|doctor|friend"
    r"|colleague|landlord|husband|wife|son|daughter|brother|sister|uncle|aunt|cousin|girlfriend"
    rf"|boyfriend|partner|mayor|nurse|therapist)s?,?\s(?P<one>{_NAMES})",
    r"\b(?:[Mm]on|[Mm]a|[Nn]otre)\s(?:voisine?|chef|collègue|ami|amie|mari|femme|fils|fille|frère"
    rf"|sœur|oncle|tante|cousine?|patronn?e?|médecin|prof|maire),?\s(?P<two>{_NAMES})",
    r"\b(?:[Mm]i|[Nn]uestr[oa])\s(?:vecin[oa]|jef[ea]|compañer[oa]|amig[oa]|marido|mujer|hij[oa]"
    rf"|herman[oa]|tí[oa]|prim[oa]|profesora?|médic[oa]|alcalde|alcaldesa),?\s(?P<three>{_NAMES})",
)
_ARABIC = (
    r"\b(?:السيدة?|الدكتورة?|الأستاذة?|الشيخ|د\.|جاري|جارتي|صديقي|صديقتي|مديري|أخي|أختي|زوجي|زوجتي"
    r"|ابني|ابنتي)\s(?:محمد|أحمد|احمد|محمود|علي|عمر|عثمان|حسن|حسين|إبراهيم|ابراهيم|يوسف|خالد|سعيد"
    r"|عبد\s?الله|عبد\s?الرحمن|مصطفى|طارق|سامي|كريم|ياسر|فاطمة|عائشة|خديجة|مريم|زينب|سارة|ليلى"
    r"|نور|هدى|سلمى|أمينة|رانيا|منى|سعاد)\b"
)
_CUES = tuple(re.compile(pattern) for pattern in (*_TITLES, *_OWN_PEOPLE, _ARABIC))

# Inside a sentence: after a small letter or a comma.
_PAIR = re.compile(rf"(?<=[a-zß-öø-ÿ,]\s)(?P<first>{_NAME})\s(?P<last>{_NAME})(?![\w-])")
_WORD = re.compile(r"[^\W\d_]+")
_CAPITALISED = re.compile(rf"{_CAPITAL}\w*")
# Nobody says "the Bob Miller", or "on Bob Miller" of a street; "with" and "of" may be persons.
_NO_PERSON_BEFORE = re.compile(
    r"\b(?:the|an?|at|in|on|near|along|through|from|past|across|onto|off|to|into|between|our|this|any"
    r"|les?|la|un|une|à|aux?|dans|des|du|en|cette|notre"
    r"|el|l[oa]s|una|unos|unas|del|al|nuestr[oa])\s$"
)
# A capitalised word beside the pair makes it part of a longer title.
_NEAR = 40  # letters
_LONGER = (re.compile(rf"{_CAPITAL}[\w'’-]*,?\s$"), re.compile(rf"\s{_CAPITAL}"))

# Small words that tell languages apart.
_GERMAN_WORDS = """
    der das und nicht soll sollte sollen sollten ist eine einen einem einer ein mit für den dem
    im zu auf sich kein keine muss müssen darf dürfen wenn ki mein meine ich sie wir alle von bei
    über auch wie was sind werden wird hat haben dass oder aber nur
"""
_OTHER_WORDS = """
    the and should not is to of for must with my our that this be or who from ask has are was by
    la le les des une un et doit pas est dans pour que qui sur avec du ne il elle aux par
    el los las una y debe no es en por con del como se su mi se ha lo al
"""
# Places, peoples, offices, institutions, days, products, and how sentences begin.
_KNOWN_WORDS = """
    AI IA KI Internet Web Open Source Free Software Big Tech Data Artificial Intelligence
    Machine Learning Human Rights Right Bill Act Law Convention Constitution Constitutional Supreme
    High Court Justice Ministry Department Office Parliament Congress Senate House Commons Lords
    Representatives Assembly Council Commission Committee Agency Authority Board Bank Union
    United Nations States Kingdom European Europe Africa America Asia Australia African American
    Asian Arab Latin Black White Native First Second Third World Cold Great War Peace Health
    Organization Organisation Association Foundation Institute University College School Academy
    Church Catholic Orthodox Holy Bible Quran Torah Red Cross Crescent Green Party Labour Social
    Democratic Republican Christian Muslim Jewish Hindu Buddhist Islamic National International
    Federal State City County Street Park Prime Minister President King Queen Prince Princess Pope
    Saint San Santa Santo Los Las El La New Old North South East West Northern Southern Eastern
    Western Central Middle Upper Lower Bay Coast Island Islands River Lake Mount Sea Ocean Gulf Hong
    Kong Sri Lanka Saudi Arabia Costa Rica Puerto Rico Buenos Aires Rio Cape Town Tel Aviv Abu Dhabi
    Sierra Leone Burkina Faso Wall Silicon Valley Google Apple Microsoft Amazon Meta Facebook
    Twitter Wikipedia Windows Siri Alexa Chat Gemini Claude Copilot Maps News Times Post Journal
    Christmas Easter Eve Day Year Ramadan Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    January February March April May June July August September October November December
    English British French German Spanish Italian Russian Chinese Japanese Indian Turkish Greek
    Roman Golden Rule Middle Ages General Global Public Private Digital Services Data Protection
    Regulation Declaration Universal Charter Rights Code Santa Claus Star Wars Trek
    Nations Unies Union Européenne États Unis Royaume Cour Suprême Conseil Parlement Assemblée
    Nationale République Sécurité Sociale Croix Rouge Moyen Orient Afrique Amérique Nord Sud Est
    Intelligence Artificielle Éducation Premier Ministre Internet Noël Histoire Grande Bretagne
    Naciones Unidas Unión Europea Estados Unidos Reino Unido Tribunal Supremo Corte Suprema Consejo
    Parlamento Asamblea República Seguridad Cruz Roja Oriente Medio América Norte Sur Inteligencia
    Artificial Derechos Humanos Gobierno Ministerio Nueva York Semana Santa Gran Bretaña
    Road Rd St Ave Avenue Lane Ln Blvd Drive Way Co Square Center Centre Elementary Hospital Museum
    Garden Gardens Ordinance Program Programme Education Government Security Service Company Inc Ltd
    The This That These It If When What Who Why How Should Must Please Yes No Not
"""
_GERMAN, _OTHERS, _KNOWN = (
    frozenset(words.lower().split()) for words in (_GERMAN_WORDS, _OTHER_WORDS, _KNOWN_WORDS)
)


def names(text: str) -> Iterator[tuple[int, int]]:
    """What looks like a person's name, with its title. They may overlap; longest first."""
    yield from sorted(_spans(text), key=lambda span: span[0] - span[1])


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for cue in _CUES:
        for match in cue.finditer(text):
            group = match.lastgroup or 0
            first = match.group(group).split()[0]
            if group == 0 or first.lower() not in _KNOWN:
                yield match.span(group)
    if _capitals_tell_names(text):
        yield from _pairs(text)


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    for match in _PAIR.finditer(text):
        before = text[max(match.start() - _NEAR, 0) : match.start()]
        no_person = _LONGER[0].search(before) or _LONGER[1].match(text, match.end())
        no_person = no_person or _NO_PERSON_BEFORE.search(before)
        if not no_person and not {match["first"].lower(), match["last"].lower()} & _KNOWN:
            yield match.span()


def _capitals_tell_names(text: str) -> bool:
    """Whether a text is in a language, and written in a way, where capitals mean names."""
    words = _WORD.findall(text)
    small = [word.lower() for word in words]
    german, others = (sum(w in own for w in small) for own in (_GERMAN, _OTHERS))
    capitalised = sum(bool(_CAPITALISED.fullmatch(word)) for word in words)
    return others > german and capitalised * 2 <= len(words)

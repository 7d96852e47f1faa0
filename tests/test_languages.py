"""Every language says everything, and what the program reads is what translators wrote."""

from __future__ import annotations

import gettext
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache

import polib
import pytest
from django.conf import settings

from deploy import catalogs

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
_PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
# Names, abbreviations, terms of the field, values in files of data, and words of English wordings
# that are quoted as such.
_KEPT_IN_ARABIC = frozenset(
    """
    AGPL CSV Folkmoot IP JSON JavaScript Markdown Polis QR SHA TOML URL UTC UTF https kmeans llm
    swarm xid example name org
    and be being closest comes do does is least most never not should the to
    red dwarf Wilson Chamberlin Courant Phragm Monroe Schulze Copeland Borda Kemeny Bradley Terry
    ranked pairs minimax EJR means silhouette bootstrap stratified left out txt
    agree disagree pass panel seed selected enough evidence
    ZIP Leximin Maximin round manage py import bundle Python draw json plan toml ar en Enter Shift
    stratum value share min max true false DL DIN
    """.split()  # noqa: SIM905
)
_SAME_IN_ARABIC = {"%(name)s: %(value)s", "%(number)s\u00a0%%", "“%(text)s”"}


@cache
def texts_of(language: str) -> polib.POFile:
    return polib.pofile(str(catalogs.catalogue(language)))


def said(entry: polib.POEntry) -> dict[int, str]:
    """Form → text. Entries without a plural have one form, 0."""
    return dict(entry.msgstr_plural) if entry.msgid_plural else {0: entry.msgstr}


def every_form(language: str) -> Iterator[tuple[polib.POEntry, int, str]]:
    """All translated texts of a language, form by form."""
    for entry in texts_of(language).translated_entries():
        for form, text in said(entry).items():
            yield entry, form, text


def forms_of_one_number(language: str) -> set[int]:
    """Plural forms that stand for a single number: these may put it in words."""
    rule = re.search(r"plural=(.*?);?$", texts_of(language).metadata["Plural-Forms"])[1]
    form_of = gettext.c2py(rule)
    numbers: dict[int, int] = {}
    for n in range(2000):
        numbers[form_of(n)] = numbers.get(form_of(n), 0) + 1
    return {form for form, count in numbers.items() if count == 1}


def test_every_language_of_the_menu_has_a_catalogue_and_no_other():
    assert catalogs.languages() == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_nothing_is_untranslated_or_in_doubt(self, language):
        entries = texts_of(language)
        todo = [*entries.untranslated_entries(), *entries.fuzzy_entries()]
        assert [entry.msgid for entry in todo] == []

    def test_every_plural_form_is_there(self, language):
        forms = texts_of(language).metadata["Plural-Forms"]
        wanted = set(range(int(re.search(r"nplurals=(\d+)", forms)[1])))
        plural = [e for e in texts_of(language).translated_entries() if e.msgid_plural]
        assert plural
        assert [e.msgid for e in plural if set(e.msgstr_plural) != wanted] == []

    def test_placeholders_are_those_of_the_original(self, language):
        """A form for one number only may leave out that number, and nothing else."""
        in_words = forms_of_one_number(language)
        wrong = []
        for entry, form, text in every_form(language):
            wanted = sorted(_PLACE.findall(entry.msgid_plural or entry.msgid))
            found = sorted(_PLACE.findall(text))
            if form == 0 and found == sorted(_PLACE.findall(entry.msgid)):
                continue
            missing = [place for place in wanted if place not in found]
            free = 1 if entry.msgid_plural and form in in_words else 0
            if not set(found) <= set(wanted) or len(missing) > free:
                wrong.append((entry.msgid, form, text))
        assert wrong == []

    def test_tags_are_those_of_the_original(self, language):
        wrong = [
            (entry.msgid, text)
            for entry, _, text in every_form(language)
            if sorted(_TAG.findall(text)) != sorted(_TAG.findall(entry.msgid_plural or entry.msgid))
        ]
        assert wrong == []

    def test_white_space_at_the_ends_is_that_of_the_original(self, language):
        def ends(text: str) -> tuple[bool, bool]:
            return text[:1].isspace(), text[-1:].isspace()

        forms = every_form(language)
        assert [e.msgid for e, _, text in forms if ends(text) != ends(e.msgid)] == []

    def test_the_compiled_file_is_what_the_catalogue_compiles_to(self, language):
        stored = catalogs.catalogue(language).with_suffix(".mo").read_bytes()
        # Not by "==" of the bytes: pytest would look for the difference for minutes.
        same = stored == catalogs.compiled(language)
        assert same, f"{language}: run deploy/catalogs.py compile"

    def test_the_header_holds_no_dates_and_no_names(self, language):
        metadata = texts_of(language).metadata
        assert metadata["Language"] == language
        assert not {"PO-Revision-Date", "POT-Creation-Date", "Last-Translator"} & set(metadata)


def test_arabic_texts_are_in_arabic():
    wrong = []
    for entry, _, text in every_form("ar"):
        words = set(_LATIN.findall(_TAG.sub("", _PLACE.sub("", text)))) - _KEPT_IN_ARABIC
        if words or (not _ARABIC.search(text) and entry.msgid not in _SAME_IN_ARABIC):
            wrong.append((entry.msgid, text))
    assert wrong == []


def test_the_catalogues_hold_every_text_of_the_program_and_no_other():
    if shutil.which("xgettext") is None:
        reason = "No GNU gettext here. Get it with: apt-get install -y gettext"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    def keys(entries: polib.POFile) -> set[tuple[str, str, str]]:
        return {(e.msgctxt or "", e.msgid, e.msgid_plural) for e in entries}

    for language, text in catalogs.refreshed().items():
        assert keys(texts_of(language)) == keys(polib.pofile(text)), (
            f"{language}: run deploy/catalogs.py update"
        )

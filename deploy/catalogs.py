"""Catalogues of texts: ``uv run deploy/catalogs.py update`` and ``… compile``.

``update`` reads every text of the program (needs GNU gettext) and puts new ones into the
catalogue of each language; texts that are gone leave it, and texts that only changed a little
keep their old translation, marked ``fuzzy``. ``compile`` writes the files that the program
reads. They are committed, since a machine that only runs Folkmoot has no gettext, and hold the
same bytes wherever they are made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "deliberation" / "locale"
SOURCES = ("aggregation", "constitutions", "deliberation", "deploy", "templates")
_NOT_SOURCES = shutil.ignore_patterns("__pycache__", "static", "locale", "migrations")
# Lines of a header that would change with each run or name a person.
_UNSTEADY = {
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Last-Translator",
    "Language-Team",
    "Report-Msgid-Bugs-To",
}


def languages() -> list[str]:
    """Every language that has a catalogue. English needs none: it is in the program."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def catalogue(language: str) -> Path:
    """Where the texts of a language are."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def refreshed() -> dict[str, str]:
    """The text each catalogue ought to have now, by language. Writes nothing here.

    Works on a copy of the sources, so that a run that breaks off leaves no trace.
    Raises CalledProcessError where gettext is missing or a text cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for source in SOURCES:
            shutil.copytree(ROOT / source, copy / source, ignore=_NOT_SOURCES)
        shutil.copytree(LOCALE, copy / "locale")
        named = [option for language in languages() for option in ("--locale", language)]
        command = [sys.executable, "-m", "django", "makemessages", *named]
        command += ["--no-wrap", "--add-location", "file", "--no-obsolete"]
        # Our settings name the catalogues of the checkout; here the copy's are meant.
        alone = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, env=alone, check=True, capture_output=True)
        return {
            language: steady((copy / "locale" / language / "LC_MESSAGES" / "django.po").read_text())
            for language in languages()
        }


def steady(text: str) -> str:
    """A catalogue in the form we keep: long lines, no dates and no names in its header."""
    entries = polib.pofile(text, wrapwidth=0)
    entries.metadata = {k: v for k, v in entries.metadata.items() if k not in _UNSTEADY}
    return f"{entries}"


def compiled(language: str) -> bytes:
    """What the program reads, from the catalogue as it is. Fuzzy texts stay out."""
    made: bytes = polib.pofile(str(catalogue(language))).to_binary()
    return made


def update() -> None:
    for language, text in refreshed().items():
        catalogue(language).write_text(text)
        entries = polib.pofile(text)
        todo = len(entries.untranslated_entries()) + len(entries.fuzzy_entries())
        sys.stdout.write(f"{language}: {len(entries)} texts, {todo} to translate\n")


def compile_all() -> None:
    for language in languages():
        catalogue(language).with_suffix(".mo").write_bytes(compiled(language))
        sys.stdout.write(f"{language}: compiled\n")


def main() -> None:
    match sys.argv[1:]:
        case ["update"]:
            update()
        case ["compile"]:
            compile_all()
        case _:
            sys.exit("Say what to do: update or compile.")


if __name__ == "__main__":
    main()

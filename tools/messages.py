"""The texts of pages and refusals, and the catalogues of their translations.

    python tools/messages.py           # brings src/augderm/web/locales/*.po up to date with the code
    python tools/messages.py --check   # says what is missing, empty or fuzzy; exit status 1 where anything is

Catalogues are compiled when the clinic starts (augderm/web/language.py), so there is nothing else to build.
"""

from __future__ import annotations

import copy
import io
import json
import shutil
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from machine_texts import machine_texts

from augderm.domain.anamnesis import QUESTIONS
from augderm.formats.body_map_page import all_words
from augderm.web.language import MACHINE
from augderm.web.sentences import PLACE

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("src/augderm/clinic", "src/augderm/web")
LOCALES = ROOT / "src/augderm/web/locales"
NEW = LOCALES / "new"
LANGUAGES = ("ar", "de", "es", "fr", "pt")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "N_": None,
    **dict.fromkeys(
        (
            "Conflict", "NeedsConfirmation", "NoSuchPage", "NotFound", "NotPermitted", "NotSignedIn",
            "OtherDraft", "ProviderFailed", "Refused", "SignedMeanwhile", "TooMany", "Unexpected",
            "WrongLogin", "WrongRequest",
        ),
    ),
    "AgainstOutcome": (2,),
    "Contradicted": (2,),
    "InvalidEntry": (2,),
}  # fmt: skip
"""Functions and refusals, and which of their arguments is a text; a new kind of refusal is added here."""


def extracted() -> Catalog:
    """All texts of the code, each with the files that it stands in."""
    found = Catalog(project="augderm", charset="utf-8", fuzzy=False)
    for source in SOURCES:
        for name, _line, text, _comments, _context in extract_from_dir(
            ROOT / source,
            method_map=METHODS,
            keywords=KEYWORDS,
            options_map={"templates/**.html": {"silent": "false"}},
        ):
            # Without line numbers: a catalogue changes where a text does, and not with each edit above it.
            found.add(text, locations=[(f"{source}/{name}", 0)])
    # Words that lower layers keep, which know no languages.
    for source, texts in (
        ("src/augderm/formats/body_map_page.py", all_words()),
        ("src/augderm/domain/anamnesis.py", [question.words for question in QUESTIONS.values()]),
    ):
        for text in texts:
            found.add(text, locations=[(source, 0)])
    for text, sources in machine_texts().items():
        found.add(text, locations=[(source, 0) for source in sources], context=MACHINE)
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue as it lies there; an empty one where there is none."""
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, project="augderm", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def faults(language: str, texts: Catalog) -> list[str]:
    """What a catalogue lacks, for a person; empty where it is complete."""
    have = catalogue(language)
    found = []
    for message in texts:
        if not message.id:
            continue
        held = have.get(message.id, message.context)
        strings = () if held is None else held.string if isinstance(held.string, tuple) else (held.string,)
        if held is None:
            found.append(f"{language}: missing: {message.id}")
        elif held.fuzzy or not strings or not all(strings):
            found.append(f"{language}: empty or fuzzy: {message.id}")
        elif message.context == MACHINE:
            if set(PLACE.findall(str(message.id))) != set(PLACE.findall(str(held.string))):
                found.append(f"{language}: other places than in the text: {message.id}")
        else:
            found += [f"{language}: {error}: {message.id}" for error in held.check(have)]
    known = {(message.id, message.context) for message in texts}
    found += [
        f"{language}: of no text any more: {message.id}"
        for message in have
        if (message.id, message.context) not in known
    ]
    return found


def update(language: str, texts: Catalog) -> None:
    """Write the catalogue anew: translations that are there stay, new texts are empty, old ones go."""
    have = catalogue(language)
    # A copy: the catalogue takes the very objects, and what is written into one would be every language's.
    have.update(copy.deepcopy(texts), no_fuzzy_matching=True)
    have.obsolete.clear()
    for text, translations in brought().items():
        for held in filter(None, (have.get(text), have.get(text, MACHINE))):
            if not any(held.string if isinstance(held.string, tuple) else (held.string,)):
                string = translations[language]
                held.string = tuple(string) if isinstance(string, list) else string
    for said in (each for each in have if each.context == MACHINE):
        # "80 % of" is no place for a value; the places of these texts are checked by `faults`.
        said.flags.discard("python-format")
        said.string = said.string or borrowed(have, str(said.id), language)
    buffer = io.BytesIO()
    write_po(
        buffer, have, width=110, no_location=False, include_lineno=False, sort_output=True, omit_header=False
    )
    LOCALES.mkdir(exist_ok=True)
    kept = [
        line
        for line in buffer.getvalue().splitlines()
        if not line.startswith((b'"POT-Creation', b'"PO-Revision'))
    ]
    (LOCALES / f"{language}.po").write_bytes(b"\n".join(kept) + b"\n")


def borrowed(have: Catalog, text: str, language: str) -> str:
    """The translation of a word of the machine that a page has too, such as a question or a diagnosis.

    German alone writes nouns within a sentence as at its beginning.
    """
    same, label = have.get(text), have.get(text[0].upper() + text[1:])
    if same is not None and same.string:
        return str(same.string)
    if label is None or not label.string:
        return ""
    words = str(label.string)
    return words if language == "de" else words[0].lower() + words[1:]


def brought() -> dict[str, dict[str, str | list[str]]]:
    """Translations of `locales/new`, by text and language."""
    found: dict[str, dict[str, str | list[str]]] = {}
    for path in sorted(NEW.glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Update, or check."""
    texts = extracted()
    if "--check" not in sys.argv[1:]:
        for language in LANGUAGES:
            update(language, texts)
    if "--merged" in sys.argv[1:]:
        shutil.rmtree(NEW, ignore_errors=True)
    found = [fault for language in LANGUAGES for fault in faults(language, texts)]
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

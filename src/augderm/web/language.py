"""Languages: English is written in the code, the others stand in `locales/*.po`.

The catalogues are read as text when a language is first asked for, some ten milliseconds each: so there is no
compiled file that could be older than its source, and nothing to build.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel import Locale
from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "pt": "Português",
        "ar": "العربية",
    }
)
"""By code, each in its own language."""
SOURCE = "en"
LOCALES = Path(__file__).parent / "locales"
MACHINE = "machine"
"""Context of the machine's own sentences in the catalogues; see `augderm.web.sentences`."""
MAX_ACCEPTED = 20
"""Languages of a browser's wish list that are looked at."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language of `LANGUAGES`."""
    if language == SOURCE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def machine_texts(language: str) -> Mapping[str, str]:
    """The translations of what the machine says, by its templates and terms; none of English."""
    if language == SOURCE:
        return MappingProxyType({})
    return MappingProxyType(
        {
            str(message.id): str(message.string)
            for message in _catalogue(language)
            if message.context == MACHINE and message.string
        }
    )


@cache
def _catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def locale_of(language: str) -> Locale:
    """Babel's facts of a language: dates, numbers, direction."""
    return Locale.parse(language)


def chosen(preferred: str | None, accept_language: str) -> str:
    """The language of a page.

    Args:
        preferred: what the person chose, if anything.
        accept_language: the header of the browser.
    """
    if preferred in LANGUAGES:
        return str(preferred)
    wishes: list[tuple[float, str]] = []
    for place, part in enumerate(accept_language.split(",")[:MAX_ACCEPTED]):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), f"{place:02d}{name}"))
        except ValueError:
            continue
    wanted = [name[2:].replace("-", "_") for _, name in sorted(wishes)]
    return negotiate_locale(wanted, list(LANGUAGES)) or SOURCE

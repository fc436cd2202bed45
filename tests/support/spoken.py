"""What an assessment says to a person, in whatever part of it, and what of it no catalogue translates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from augderm.web.language import LANGUAGES
from augderm.web.sentences import told

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")
SPOKEN = frozenset(
    ("sentence", "reason", "evidence", "limits", "words", "origin", "action", "answer", "notes", "no_colours")
)
"""Keys of `augderm.assessment/1` and of a comparison whose texts pages show."""


def spoken(content: Any, key: str = "") -> Iterator[str]:
    """Every text that is said, by the keys that hold one."""
    if isinstance(content, dict):
        for name, part in content.items():
            # Of a score the source is said; that of a finding or of a scale is a code.
            yield from spoken(part, "words" if name == "source" and "limits" in content else name)
    elif isinstance(content, list):
        for part in content:
            yield from spoken(part, key)
    elif isinstance(content, str) and content and key in SPOKEN:
        yield content


def left_english(texts: Iterable[str], names: Collection[str] = ()) -> set[tuple[str, str]]:
    """By language what stays English in these texts, without names that every language leaves as they are."""
    return {
        (language, part.text)
        for language in TRANSLATED
        for text in texts
        for part in told(text, language)
        if part.english and part.text.strip() not in names
    }


def numbers(text: str) -> list[str]:
    """The numbers in a text, decimals after a point, in their order of size."""
    return sorted(each.replace(",", ".") for each in re.findall(r"\d+(?:[.,]\d+)?", text))

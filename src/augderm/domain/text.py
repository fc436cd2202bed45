"""Foreign text, such as file names, made safe to show and to store."""

from __future__ import annotations

import unicodedata

_UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def storable(text: str) -> str:
    """Text with the bytes that are no text spelt out, so that it is valid UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def visible(text: str) -> str:
    """Foreign text (a file name) with every character that would act instead of show spelt out.

    Control characters, bidirectional overrides and bytes that are no text become their escapes, so
    that a name cannot reorder or hide what stands around it.
    """
    return "".join(
        _escaped(letter) if unicodedata.category(letter) in _UNPRINTED else letter for letter in text
    )


def _escaped(letter: str) -> str:
    return (
        letter.encode("ascii", "backslashreplace").decode() if ord(letter) > 126 else f"\\x{ord(letter):02x}"
    )

"""A signed case's report as a PDF of A4 pages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from augderm.formats.letter.content import Letter
from augderm.formats.report.pdf import CARRIED_SYMBOLS, FIRST_LETTER_BEYOND, MAIN, typeset

TEMPLATE = "letter.typ"
ARABIC_FONT = "Noto Naskh Arabic"
ARABIC = (range(0x0600, 0x0700), range(0x0750, 0x0780), range(0xFE70, 0xFE75), range(0xFE76, 0xFEFD))
"""Letters of the font for Arabic; the extended ones for African languages are left out."""


def letter_pdf(letter: Letter, fonts: Sequence[Path] = ()) -> bytes:
    """Typeset it.

    Args:
        letter: of letters that the fonts have: see `letters_beyond`.
        fonts: folders with `ARABIC_FONT`, needed for Arabic letters.

    Returns:
        A tagged PDF.

    Raises:
        OutputRefused: the system's folder for temporary files is full or not writable.
    """
    files = {MAIN: _template(), "letter.json": json.dumps(_plain(letter), ensure_ascii=False).encode()}
    files |= {f"photograph-{number}.jpg": each.jpeg for number, each in enumerate(letter.photographs)}
    if letter.body_map:
        files["map.svg"] = letter.body_map.svg.encode()
    return typeset(files, fonts)


def letters_beyond(letter: Letter, *, arabic: bool) -> str:
    """The letters that no font has, each once, at most 20: paper would show boxes in their place, which in a
    name could be anybody's.

    Args:
        arabic: whether the font for Arabic is there.
    """
    text = json.dumps(_plain(letter), ensure_ascii=False)
    missing = {
        each
        for each in text
        if not (
            ord(each) < FIRST_LETTER_BEYOND
            or ord(each) in CARRIED_SYMBOLS
            or (arabic and any(ord(each) in letters for letters in ARABIC))
        )
    }
    return "".join(sorted(missing)[:20])


@cache
def _template() -> bytes:
    return resources.files(__package__).joinpath("templates", TEMPLATE).read_bytes()


def _plain(letter: Letter) -> dict[str, Any]:
    """Without its pictures, which are files of their own."""
    plain = dataclasses.asdict(letter)
    for each in plain["photographs"]:
        del each["jpeg"]
    if plain["body_map"]:
        del plain["body_map"]["svg"]
    return plain

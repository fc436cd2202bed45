"""The contact sheet shows the worst mistakes first, and nothing that was right."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from augderm.domain.taxonomy import CODES
from augderm.learn.mistakes import TILES_ACROSS, contact_sheet, worst_mistakes
from augderm.learn.records import Record

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.05, 0.95], [0.3, 0.7]])


def test_the_worst_come_first_and_what_was_right_or_unlabelled_is_left_out() -> None:
    labels = np.array([0, 0, 1, 0, -1])
    assert worst_mistakes(PROBABILITIES, labels, 10).tolist() == [3, 1, 2]
    assert worst_mistakes(PROBABILITIES, labels, 1).tolist() == [3]
    assert not len(worst_mistakes(PROBABILITIES, np.array([0, 1, 0, 1, 1]), 10))


def test_the_sheet_has_a_tile_for_each_and_is_a_picture_even_without_any() -> None:
    record = Record(
        folder=Path("d"),
        image="a.png",
        dataset="d",
        group="g",
        fold=1,
        aspect=4 / 3,
        label=CODES.index("mel"),
    )
    pixels = np.full((32, 32, 3), 90, np.uint8)
    said = np.full((7, len(CODES)), 1 / len(CODES))
    with Image.open(io.BytesIO(contact_sheet([pixels] * 7, [record] * 7, said))) as sheet:
        seven = sheet.size
    with Image.open(io.BytesIO(contact_sheet([], [], said[:0]))) as sheet:
        none = sheet.size
    assert seven[1] == 2 * none[1]
    assert seven[0] % TILES_ACROSS == 0

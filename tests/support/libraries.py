"""Small libraries of made-up cases, without images or a network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.nearest import unit
from augderm.domain.assessment import ModelName
from augderm.domain.similar import KnownCase
from augderm.domain.taxonomy import CODES
from augderm.library.segment import Row
from augderm.library.writer import LibraryWriter

MODEL = ModelName("toy", "1.2.3", "ab" * 32)
SIZE = 8


@cache
def webp(level: int = 120, side: int = 24) -> bytes:
    """A plain thumbnail."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (level, level, level)).save(buffer, "WEBP")
    return buffer.getvalue()


def case(number: int = 0, **changes: Any) -> KnownCase:
    """A case with everything said of it."""
    code = changes.pop("code", CODES[number % len(CODES)])
    values: dict[str, Any] = {
        "image": f"images/{number}.png",
        "dataset": "made",
        "group": f"made:g{number}",
        "sha256": f"{number:064x}",
        "diagnosis": code or "scc",
        "code": code,
        "malignant": code in {"mel", "bcc"},
        "modality": "dermoscopic",
        "confirmed_by": "histopathology",
        "age_years": 50.0,
        "sex": "female",
        "site": "back",
        "fold": 1,
    }
    return KnownCase(**{**values, **changes})


def vectors(count: int, size: int = SIZE, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors (count, size)."""
    return np.stack([unit(v) for v in np.random.default_rng(seed).normal(size=(count, size))])


def rows(count: int, size: int = SIZE, seed: int = 0, first: int = 0) -> list[Row]:
    """Cases numbered on from `first`."""
    return [
        Row(case(first + number), vector, webp(number % 200 + 20))
        for number, vector in enumerate(vectors(count, size, seed))
    ]


def write_library(
    folder: Path, held: Sequence[Row], size: int = SIZE, model: ModelName = MODEL, index_from: int = 10**9
) -> Path:
    """A finished library of these rows."""
    with LibraryWriter.create(folder, model, size) as writer:
        for row in held:
            writer.add(row)
        writer.name_source("made", "Made up <b>for</b> tests. Licence: none.")
        writer.commit()
        writer.extend_index(lambda _: None, index_from=index_from)
        writer.finish()
    return folder

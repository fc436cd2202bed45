"""Phantoms as files: images that say that they are synthetic, and their truth."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from augderm.analysis.phantom import draw_phantom, phantom_series
from augderm.domain.errors import OutputRefused

OUTLINE_STEP = 20
"""Every so many-th of the outline's points is written: 180 of 3,600."""
SYNTHETIC_NOTE = "Synthetic phantom drawn by augderm: not a patient"


def write_phantoms(folder: Path, *, count: int, seed: int) -> list[Path]:
    """Draw a series into a folder: phantom-NNN.png, and truth.jsonl with a line for each.

    The truth holds the measures and the outline, x and y in pixels. A mask would be one more image
    in the folder, and be read as one.

    Returns:
        the paths of the images.

    Raises:
        OutputRefused: the folder cannot be written.
    """
    images = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "truth.jsonl").open("w", encoding="utf-8") as truths:
            for index, spec in enumerate(phantom_series(count, seed), 1):
                drawn = draw_phantom(spec)
                path = folder / f"phantom-{index:03d}.png"
                note = PngInfo()
                note.add_text("Description", SYNTHETIC_NOTE)
                Image.fromarray(drawn.pixels).save(path, pnginfo=note)
                outline = [[round(x, 2), round(y, 2)] for x, y in drawn.outline[::OUTLINE_STEP].tolist()]
                truth = {"image": path.name, "synthetic": True, **asdict(drawn.truth), "outline": outline}
                truths.write(json.dumps(truth) + "\n")
                images.append(path)
    except OSError as error:
        raise OutputRefused(f"{folder} cannot be written ({error.strerror}); give another folder") from None
    return images

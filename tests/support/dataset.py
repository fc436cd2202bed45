"""A miniature training set of phantoms, in the layout of `index.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.taxonomy import CODES

COLUMNS = ["image", "mask", "dataset", "group_id", "fold", "diagnosis", "modality", "width", "height"]
COLOURS = ("red", "light_brown", "dark_brown", "white", "black", "dark_brown", "blue_grey")
"""One for each class: something that a network can learn in a few steps."""


def write_dataset(folder: Path, *, images: int = 70, dataset: str = "mini") -> None:
    """Draw `images` phantoms of 160 x 120 pixels, classes and folds in turn, and their index."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for index in range(images):
            label = index % len(CODES)
            spec = PhantomSpec(
                width_px=160,
                height_px=120,
                long_axis_px=60 + index % 11 * 3,
                short_axis_px=56,
                angle_deg=index * 17 % 180,
                colours=((COLOURS[label], 1.0),),
                seed=index,
            )
            drawn = draw_phantom(spec)
            Image.fromarray(drawn.pixels).save(folder / "images" / f"{index}.png")
            Image.fromarray(drawn.mask).save(folder / "masks" / f"{index}.png")
            row = [f"images/{index}.png", f"masks/{index}.png", dataset, f"g{index}"]
            writer.writerow([*row, index // len(CODES) % 5, CODES[label], "dermoscopic", 160, 120])


def write_config(path: Path, **changes: object) -> Path:
    """A config of a run that takes seconds, on the dataset in the folder `data` beside it."""
    settings: dict[str, object] = {
        "name": "mini",
        "version": "0.0.1",
        "data": "data",
        "datasets": ["mini"],
        "validation_fold": 0,
        "calibration_fold": 4,
        "calibration_share": 0.99,
        "encoder": "lite0",
        "input_size_px": 64,
        "embedding_size": 16,
        "epochs": 1,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "weight_decay": 0.02,
        "warmup_epochs": 0.5,
        "moving_average": 0.9,
        "dropout": 0.1,
        "label_smoothing": 0.0,
        "balance_power": 0.5,
        "border_weight": 1.0,
        "seed": 1,
        **changes,
    }
    lines = [f"{name} = {_toml(value)}" for name, value in settings.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)

"""A miniature training set of phantoms, in the layout of `index.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES

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
            drawn = phantom_of(label, index)
            Image.fromarray(drawn.pixels).save(folder / "images" / f"{index}.png")
            Image.fromarray(drawn.mask).save(folder / "masks" / f"{index}.png")
            row = [f"images/{index}.png", f"masks/{index}.png", dataset, f"g{index}"]
            writer.writerow([*row, index // len(CODES) % 5, CODES[label], "dermoscopic", 160, 120])


def phantom_of(label: int, index: int) -> Phantom:
    """A phantom of 160 x 120 pixels in the colour of its class; another index, another lesion."""
    spec = PhantomSpec(
        width_px=160,
        height_px=120,
        long_axis_px=60 + index % 11 * 3,
        short_axis_px=56,
        angle_deg=index * 17 % 180,
        colours=((COLOURS[label], 1.0),),
        seed=index,
    )
    return draw_phantom(spec)


def write_labels(folder: Path, *, images: int = 70) -> None:
    """Structures and artefacts for every third image, in turn; the index gets ids to join them by."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        ids = ["isic_id", *(f"ISIC_{index}" for index in range(len(rows) - 1))]
        csv.writer(file).writerows([*row, name] for row, name in zip(rows, ids, strict=True))
    for table, names in (("structures.csv", STRUCTURES), ("artefacts.csv", ARTEFACTS)):
        with (folder / table).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["isic_id", *names])
            for index in range(0, images, 3):
                writer.writerow(
                    [f"ISIC_{index}", *((index // 3 + column) % 2 for column in range(len(names)))]
                )


AUGMENT = {
    "zoom_in": 0.7,
    "zoom_out": 1.1,
    "colour": 1.0,
    "sharpness": 0.5,
    "noise": 4.0,
    "constancy_share": 0.1,
    "hair_share": 0.1,
    "corner_share": 0.1,
    "erase_share": 0.1,
}


def config_values(**changes: object) -> dict[str, object]:
    """Settings of a run that takes seconds, on the dataset in the folder `data` beside the config."""
    return {
        "name": "mini",
        "version": "0.0.1",
        "sources": [{"dataset": "index", "path": "data", "keep": ["mini"]}],
        "validation_fold": 0,
        "calibration_fold": 4,
        "calibration_share": {"dermoscopic": 0.99, "clinical": 0.99},
        "encoder": "lite0",
        "input_size_px": 96,
        "embedding_size": 16,
        "frozen_blocks": 0,
        "stages": [{"side_px": 64, "epochs": 1}],
        "batch_size": 16,
        "learning_rate": 1e-3,
        "weight_decay": 0.02,
        "warmup_epochs": 0.5,
        "moving_average": 0.9,
        "dropout": 0.1,
        "label_smoothing": 0.0,
        "balance": "square_root",
        "mixup": 0.2,
        "twins_weight": 0.0,
        "border_weight": 1.0,
        "structures_weight": 0.5,
        "artefacts_weight": 0.5,
        "modality_weight": 0.1,
        "seed": 1,
        "augment": AUGMENT,
        **changes,
    }


def write_config(path: Path, **changes: object) -> Path:
    """Write `config_values` as TOML."""
    lines = [f"{name} = {to_toml(value)}" for name, value in config_values(**changes).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def to_toml(value: object) -> str:
    """A value in TOML, tables inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {to_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)

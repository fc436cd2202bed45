"""The training images: records from `index.csv`, their split, and a decoded cache."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import AugDermError, InvalidDataset
from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image

CACHE_MARGIN = 8 / 7
"""Side of a cached image over the network's input, so that zooming in still finds detail."""

_COLUMNS = ("image", "mask", "dataset", "group_id", "fold", "diagnosis", "modality", "width", "height")


def stored_size_px(input_size_px: int) -> int:
    """Side of the square that images are decoded to for a network of this input size."""
    return round(input_size_px * CACHE_MARGIN)


@dataclass(frozen=True, slots=True)
class Record:
    """One image with its labels. Paths are relative to the dataset's folder."""

    image: str
    mask: str
    dataset: str
    group: str
    fold: int
    label: int  # index into taxonomy.CODES
    aspect: float  # width / height of the file


@dataclass(frozen=True, slots=True)
class Split:
    """Three sets of records that share no group (patient, lesion or near-duplicate)."""

    train: list[Record]
    calibration: list[Record]
    validation: list[Record]


def read_index(folder: Path, datasets: Sequence[str]) -> list[Record]:
    """The dermoscopic records with a mask of the named datasets, in file order.

    Raises:
        InvalidDataset: no index, a missing column, an unknown dataset, a diagnosis outside the
            taxonomy, a number that is none, or one group in two folds.
    """
    path = folder / "index.csv"
    rows = _dermoscopic_rows(path)
    known = {row["dataset"] for row in rows}
    if unknown := sorted(set(datasets) - known):
        raise InvalidDataset(f"{path}: no dataset {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    records = [_record(path, row) for row in rows if row["dataset"] in datasets and row["mask"]]
    _check_groups(path, records)
    return records


def _dermoscopic_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if missing := sorted(set(_COLUMNS) - set(reader.fieldnames or ())):
                raise InvalidDataset(f"{path}: no column {', '.join(missing)}; see its README")
            return [row for row in reader if row["modality"] == "dermoscopic"]
    except FileNotFoundError:
        raise InvalidDataset(f"{path}: no such file; set `data` to the folder that holds index.csv") from None
    except UnicodeDecodeError as error:
        raise InvalidDataset(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None


def dermoscopic_datasets(folder: Path) -> list[str]:
    """Names of the datasets in `index.csv` that hold dermoscopic images, sorted.

    Raises:
        InvalidDataset: no index, or a missing column.
    """
    return sorted({row["dataset"] for row in _dermoscopic_rows(folder / "index.csv")})


def index_hash(folder: Path) -> str:
    """sha256 of `index.csv`: which data a network was trained on."""
    return hashlib.sha256((folder / "index.csv").read_bytes()).hexdigest()


def _record(path: Path, row: dict[str, str]) -> Record:
    if row["diagnosis"] not in CODES:
        raise InvalidDataset(
            f"{path}: {row['image']}: diagnosis {row['diagnosis']!r} is none of {', '.join(CODES)}"
        )
    try:
        return Record(
            image=row["image"],
            mask=row["mask"],
            dataset=row["dataset"],
            group=row["group_id"],
            fold=int(row["fold"]),
            label=CODES.index(row["diagnosis"]),
            aspect=int(row["width"]) / int(row["height"]),
        )
    except (ValueError, ZeroDivisionError):
        raise InvalidDataset(
            f"{path}: {row['image']}: fold, width and height are {row['fold']!r}, {row['width']!r} and "
            f"{row['height']!r}; give whole numbers, sizes above 0"
        ) from None


def _check_groups(path: Path, records: Sequence[Record]) -> None:
    folds: dict[str, int] = {}
    for record in records:
        if folds.setdefault(record.group, record.fold) != record.fold:
            raise InvalidDataset(
                f"{path}: group {record.group} is in folds {folds[record.group]} and {record.fold}; a split "
                "that tears a lesion apart measures memory: give each group one fold"
            )


def split_records(
    records: Sequence[Record], *, validation_fold: int, calibration_fold: int, calibration_share: float
) -> Split:
    """Split by fold, and take a fixed share of one fold's groups for calibration.

    A group's place follows from a hash of its name, so it stays the same when images are added.
    """

    def calibrates(record: Record) -> bool:
        draw = int.from_bytes(hashlib.sha256(record.group.encode()).digest()[:8]) / 2**64
        return record.fold == calibration_fold and draw < calibration_share

    rest = [record for record in records if record.fold != validation_fold]
    return Split(
        train=[record for record in rest if not calibrates(record)],
        calibration=[record for record in rest if calibrates(record)],
        validation=[record for record in records if record.fold == validation_fold],
    )


@dataclass(frozen=True, slots=True)
class CachedImages:
    """Decoded images of some records, memory-mapped: a row of each array is a record.

    images: (N, S, S, 3) uint8 sRGB, squashed to a square. masks: (N, S, S) uint8, 0 or 255.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    row_of: dict[str, int]


def cache_images(
    folder: Path,
    records: Sequence[Record],
    *,
    input_size_px: int,
    cache: Path,
    on_progress: Callable[[int, int], None],
) -> CachedImages:
    """Decode every record once into `cache`, or open what an earlier run left there.

    Raises:
        InvalidDataset: an image or mask is missing or broken; the message names the file.
    """
    size = stored_size_px(input_size_px)
    names = "\n".join(_fingerprint(folder, record) for record in records)
    key = hashlib.sha256(f"{folder}\n{size}\n{names}".encode()).hexdigest()[:16]
    images_path, masks_path = cache / f"{key}-images.npy", cache / f"{key}-masks.npy"
    if not masks_path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _fill_cache(folder, records, size, images_path, masks_path, on_progress)
    return CachedImages(
        images=np.load(images_path, mmap_mode="r"),
        masks=np.load(masks_path, mmap_mode="r"),
        row_of={record.image: row for row, record in enumerate(records)},
    )


def _fingerprint(folder: Path, record: Record) -> str:
    """Names, sizes and times of a record's files: a changed file makes another cache."""
    try:
        stats = [(name, (folder / name).stat()) for name in (record.image, record.mask)]
    except OSError as error:
        raise InvalidDataset(
            f"{error.filename}: {error.strerror}; restore the file or drop its row from index.csv"
        ) from None
    return " ".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)


def _fill_cache(
    folder: Path,
    records: Sequence[Record],
    size: int,
    images_path: Path,
    masks_path: Path,
    on_progress: Callable[[int, int], None],
) -> None:
    # Written under another name and renamed last: an interrupted run leaves no half-filled cache.
    partials = [path.with_suffix(".partial") for path in (images_path, masks_path)]
    count = len(records)
    images = np.lib.format.open_memmap(partials[0], mode="w+", dtype=np.uint8, shape=(count, size, size, 3))
    masks = np.lib.format.open_memmap(partials[1], mode="w+", dtype=np.uint8, shape=(count, size, size))
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        decoded = pool.map(partial(_decode, folder, size), records, chunksize=32)
        for row, (image, mask) in enumerate(decoded):
            images[row], masks[row] = image, mask
            on_progress(row + 1, count)
    images.flush()
    masks.flush()
    partials[0].rename(images_path)
    partials[1].rename(masks_path)


def _decode(folder: Path, size: int, record: Record) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    try:
        image = decode_image((folder / record.image).read_bytes()).pixels
        with Image.open(folder / record.mask) as file:
            mask = file.convert("L").resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, AugDermError) as error:
        raise InvalidDataset(f"{record.image}: {error}; restore the file or drop its row") from None
    squashed = Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(squashed), np.where(np.asarray(mask) >= 128, 255, 0).astype(np.uint8)

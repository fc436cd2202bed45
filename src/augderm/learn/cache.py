"""Every record decoded once, squashed to a square, in memory-mapped arrays."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import AugDermError, InvalidDataset, OutputRefused
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.masks import usable_mask
from augderm.learn.images_hash import files_of, missing_file
from augderm.learn.records import Record

CACHE_MARGIN = 8 / 7
"""Side of a cached image over the network's input, so that zooming in still finds detail."""

PARTIAL = "partial-"
"""Begins the name of a folder that is being filled."""


def stored_size_px(input_size_px: int) -> int:
    """Side of the square that images are decoded to for a network of this input size."""
    return round(input_size_px * CACHE_MARGIN)


@dataclass(frozen=True, slots=True)
class CachedImages:
    """Decoded images of some records: a row of each array is a record.

    images: (N, S, S, 3) uint8 sRGB, squashed to a square. masks: (N, S, S) uint8, 0 or 255; all 0
    where a record has no mask. row_of: by a record's path.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    row_of: dict[Path, int]

    def rows(self, records: Sequence[Record]) -> list[int]:
        return [self.row_of[record.path] for record in records]


def cache_images(
    records: Sequence[Record], *, stored_px: int, cache: Path, on_progress: Callable[[int, int], None]
) -> CachedImages:
    """Decode every record once into `cache`, or open what an earlier run left there.

    Args:
        records: what to decode.
        stored_px: side of the stored square.
        cache: folder; its files are named by what they hold, so several runs may share it, also at once:
            the second waits until the first has filled it.
        on_progress: called with the number done and the number of all.

    Raises:
        InvalidDataset: an image or mask is missing or broken, or a mask is empty or of another shape than its
            image; the message names the file. Or the system ended a process that decodes.
        OutputRefused: the disk is full.
    """
    prints = "\n".join(_fingerprint(record) for record in records)
    key = hashlib.sha256(f"{stored_px}\n{prints}".encode()).hexdigest()[:16]
    images_path, masks_path = cache / f"{key}-images.npy", cache / f"{key}-masks.npy"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "lock"):
            if not masks_path.exists():
                _fill(records, stored_px, images_path, masks_path, on_progress)
    except OSError as error:
        raise OutputRefused(
            f"{cache}: the decoded images cannot be written ({error}); they take "
            f"{len(records) * stored_px**2 * 4 / 1e9:.1f} GB: free some disk, or give another --cache"
        ) from None
    return CachedImages(
        images=np.load(images_path, mmap_mode="r"),
        masks=np.load(masks_path, mmap_mode="r"),
        row_of={record.path: row for row, record in enumerate(records)},
    )


def _fingerprint(record: Record) -> str:
    """Names, sizes and times of a record's files: a changed file makes another cache."""
    try:
        stats = [(path, path.stat()) for path in files_of(record)]
    except OSError as error:
        raise missing_file(error) from None
    # The image's own name too: many images may lie in one HDF5 file.
    return f"{record.image} " + " ".join(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)


def _fill(
    records: Sequence[Record],
    stored_px: int,
    images_path: Path,
    masks_path: Path,
    on_progress: Callable[[int, int], None],
) -> None:
    """Decode into a folder of its own, renamed out of at the end: an interrupted run leaves no half cache."""
    cache = images_path.parent
    for left in cache.glob(f"{PARTIAL}*"):
        shutil.rmtree(left)  # of a run that was killed: who holds the lock is alone
    with tempfile.TemporaryDirectory(dir=cache, prefix=PARTIAL) as scratch:
        partials = Path(scratch) / "images.npy", Path(scratch) / "masks.npy"
        square = (len(records), stored_px, stored_px)
        images = np.lib.format.open_memmap(partials[0], mode="w+", dtype=np.uint8, shape=(*square, 3))
        masks = np.lib.format.open_memmap(partials[1], mode="w+", dtype=np.uint8, shape=square)
        for array, path in zip((images, masks), partials, strict=True):
            _reserve(path, array.nbytes)
        try:
            with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
                decoded = pool.map(partial(_decode, stored_px), records, chunksize=32)
                for row, (image, mask) in enumerate(decoded):
                    images[row], masks[row] = image, mask
                    on_progress(row + 1, len(records))
        except BrokenProcessPool:
            raise InvalidDataset(
                "the system ended a process that decodes images, most often for want of memory: free some; "
                "or `augderm data check` finds the file that ends it"
            ) from None
        images.flush()
        masks.flush()
        partials[0].rename(images_path)
        partials[1].rename(masks_path)


def _reserve(path: Path, size: int) -> None:
    """Take the disk for a file of `size` bytes now: with a full disk a later write to the mapped array, which
    is sparse until then, would end the process without a word.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    elif shutil.disk_usage(path.parent).free < size:  # macOS cannot reserve: as good as can be told
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _decode(stored_px: int, record: Record) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    size = (stored_px, stored_px)
    try:
        image = decode_image(load_image(record)).pixels
    except AugDermError as error:
        raise InvalidDataset(
            f"{record.path}: {error}; restore the file or drop its row (`augderm data check` finds all)"
        ) from None
    squashed = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    mask = np.zeros(size, np.uint8)
    if record.mask:
        whole = usable_mask(record.folder / record.mask, image.shape[1] / image.shape[0])
        mask = np.asarray(whole.resize(size, Image.Resampling.BILINEAR))
    return np.asarray(squashed), np.where(mask > mask.max() / 2, 255, 0).astype(np.uint8)

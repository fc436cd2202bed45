"""The second read: a photograph in, an assessment out. All doors call this one function."""

from __future__ import annotations

import hashlib
import math
import time
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.border import clean_mask, enlarge, outline
from augderm.analysis.measures import measure_lesion
from augderm.analysis.quality import check_quality
from augderm.domain.assessment import Assessment, Border, Pictures, Quality
from augderm.domain.dermoscopy import Dermoscopy
from augderm.domain.errors import AugDermError
from augderm.formats.raster import decode_image, from_array, read_file
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
from augderm.reader.calibrated import read_diagnosis, read_malignancy
from augderm.reader.network import Network, NetworkRead

Source = str | Path | bytes | NDArray[np.uint8]

MIN_OUTLINE_POINTS = 8
"""Fewest points of an outline that can be measured."""


@cache
def default_network() -> Network:
    """The shipped bundle's network, loaded once a process."""
    return Network(load_bundle(DEFAULT_BUNDLE))


def assess(
    source: Source,
    *,
    network: Network | None = None,
    name: str | None = None,
    mm_per_px: float | None = None,
) -> Assessment:
    """Read one dermoscopic image.

    Args:
        source: a path; the bytes of a JPEG, PNG, TIFF, WebP, BMP or HEIC file; or decoded pixels,
            (H, W, 3) uint8, sRGB, upright.
        network: the model; the shipped one where None.
        name: what the assessment calls the image; the path as given where None.
        mm_per_px: millimetres per pixel of the image as stored, > 0, where known. Lengths are then
            given in millimetres too.

    Returns:
        An assessment. An image that cannot be read gives status "failed", one that is unfit
        "abstained", both with a `reason` and without a diagnosis.

    Raises:
        TypeError, ValueError: the array has another dtype or shape, or mm_per_px is not above 0.
        ModelMismatch: the shipped model is missing or was changed.

    Example:
        >>> from augderm import assess
        >>> assess("lesion.jpg").diagnosis.probabilities["mel"]  # doctest: +SKIP
        0.07
    """
    if mm_per_px is not None and not (math.isfinite(mm_per_px) and mm_per_px > 0):
        raise ValueError(f"mm_per_px is {mm_per_px}; give millimetres per pixel, above 0")
    network = network or default_network()
    name = name if name is not None else _name(source)
    started = time.perf_counter()
    data = b""
    try:
        if isinstance(source, np.ndarray):
            image = from_array(source, mm_per_px=mm_per_px)
        else:
            data = source if isinstance(source, bytes) else read_file(Path(source))
            image = decode_image(data, mm_per_px=mm_per_px)
    except AugDermError as error:
        sha256 = hashlib.sha256(data).hexdigest() if data else None
        return Assessment(name, sha256, network.bundle.name, "failed", reason=str(error))
    timings = {"decode": (time.perf_counter() - started) * 1000}
    return _read(image, name, network, timings)


def _name(source: Source) -> str:
    if isinstance(source, np.ndarray):
        return "<array>"
    return "<bytes>" if isinstance(source, bytes) else str(source)


def _read(image: Dermoscopy, name: str, network: Network, timings: dict[str, float]) -> Assessment:
    clock = _Clock(timings)
    seen = network.read(image.pixels)
    clock.lap("network")
    height, width = image.pixels.shape[:2]
    probability = enlarge(seen.border, width, height)
    mask = clean_mask(probability)
    edge = outline(mask)
    found = len(edge) >= MIN_OUTLINE_POINTS
    border = _border(mask, probability) if found else None
    measures = None
    if found:
        measures = measure_lesion(
            image.pixels, mask, edge, reduction=image.reduction, mm_per_px=image.mm_per_px
        )
    clock.lap("measures")
    quality = check_quality(
        image.pixels,
        min(image.width_px, image.height_px),
        touches_frame=measures.touches_frame if measures else None,
        notes=image.notes,
    )
    clock.lap("quality")
    reason = _why_not(quality, found)
    return Assessment(
        image=name,
        sha256=image.sha256,
        model=network.bundle.name,
        status="abstained" if reason else "ok",
        reason=reason,
        quality=quality,
        border=border,
        measures=measures,
        diagnosis=None if reason else read_diagnosis(seen.logits, network.bundle.calibration),
        malignancy=None if reason else read_malignancy(seen.logits, network.bundle.calibration),
        pictures=_pictures(image, mask, edge, seen),
        timings_ms=timings,
    )


class _Clock:
    def __init__(self, timings: dict[str, float]) -> None:
        self._timings, self._last = timings, time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._timings[step] = (now - self._last) * 1000
        self._last = now


def _why_not(quality: Quality, found: bool) -> str:
    reasons = [check.sentence for check in quality.checks if check.verdict == "unfit"]
    if not found:
        reasons.append("No lesion was found in the image; centre it in the field of view.")
    return " ".join(reasons)


def _border(mask: NDArray[np.bool_], probability: NDArray[np.float32]) -> Border:
    height, width = mask.shape
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    in_rows, in_columns = mask.sum(axis=1), mask.sum(axis=0)
    area = int(in_rows.sum())
    return Border(
        area_fraction=area / mask.size,
        box=(
            float(columns[0] / width),
            float(rows[0] / height),
            float((columns[-1] + 1) / width),
            float((rows[-1] + 1) / height),
        ),
        centroid=(
            float(np.dot(in_columns, np.arange(width) + 0.5) / area / width),
            float(np.dot(in_rows, np.arange(height) + 0.5) / area / height),
        ),
        confidence=float(probability[mask].mean()),
    )


def _pictures(
    image: Dermoscopy, mask: NDArray[np.bool_], edge: NDArray[np.float64], seen: NetworkRead
) -> Pictures:
    return Pictures(
        pixels=image.pixels,
        mask=mask,
        outline=edge,
        attention=seen.attention,
        size_px=(image.width_px, image.height_px),
        embedding=seen.embedding,
    )

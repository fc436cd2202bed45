"""The second read: a photograph in, an assessment out. All doors call this one function."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.border import clean_mask, enlarge, outline
from augderm.analysis.hair import hair_mask_of
from augderm.analysis.lesion_view import LesionView, view_lesion
from augderm.analysis.measures import MAX_HIDDEN, measure_lesion
from augderm.analysis.quality import check_quality
from augderm.analysis.ruler import find_ruler
from augderm.analysis.small import Small
from augderm.analysis.structures.find import find_structures, look_for_nothing
from augderm.domain.anamnesis import Anamnesis
from augderm.domain.assessment import Assessment, Border, ModalityRead, Novelty, Pictures, Quality
from augderm.domain.capture import Capture
from augderm.domain.dermoscopy import Dermoscopy
from augderm.domain.errors import AugDermError
from augderm.domain.structures import ANSWERED_BY, LIKELY, StructureFinding
from augderm.domain.taxonomy import ARTEFACTS
from augderm.evidence.advice import Policy, advise, story_facts
from augderm.evidence.advice.default import default_policy
from augderm.evidence.anamnesis import with_anamnesis
from augderm.evidence.scores import read_scores
from augderm.formats.capture import capture_of
from augderm.formats.raster import decode_image, from_array, read_file
from augderm.reader.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from augderm.reader.calibrated import (
    IN_DOUBT,
    read_checklist,
    read_lesion,
    read_modality,
    read_presence,
)
from augderm.reader.joined import join_photographs
from augderm.reader.network import Network, NetworkRead
from augderm.reader.places import read_places
from augderm.reader.views import VIEWS

Source = str | Path | bytes | NDArray[np.uint8]

MIN_OUTLINE_POINTS = 8
"""Fewest points of an outline that can be measured."""
RULER_POSSIBLE = 0.05
"""Least calibrated probability of a ruler at which its ticks are looked for. The lowest at which a ruler was
found in 1,200 images is 0.14 (docs/explain/scale-and-artefacts.md)."""
NOT_CALIBRATED = {
    "clinical": "This is a clinical photograph, and the model has no calibration for those; photograph "
    "the lesion through a dermatoscope.",
    "dermoscopic": "This is a dermoscopic image, and the model has no calibration for those; use a model "
    "that has.",
}
NOT_RECOGNISED = {
    "clinical": "This model cannot tell a clinical photograph from a dermoscopic image: it takes every image "
    "for clinical.",
    "dermoscopic": "This model cannot tell a dermoscopic image from a clinical photograph: it takes every "
    "image for dermoscopic, and reads a plain photograph wrongly.",
}
IN_DOUBT_NOT_CALIBRATED = (
    "It is in doubt whether this is a dermoscopic image or a clinical photograph, and the model has a "
    "calibration for one of them alone; photograph the lesion through a dermatoscope."
)


@cache
def default_network() -> Network:
    """The shipped bundle's network, loaded once a process."""
    return Network(load_bundle(DEFAULT_BUNDLE))


def assess(
    source: Source | Sequence[Source],
    *,
    network: Network | None = None,
    name: str | None = None,
    mm_per_px: float | None = None,
    views: int = 1,
    hairless_view: bool = False,
    novelty_limit: float | None = None,
    anamnesis: Anamnesis | None = None,
    policy: Policy | None = None,
) -> Assessment:
    """Read one image, or several photographs of one lesion.

    Args:
        source: a path; the bytes of a JPEG, PNG, TIFF, WebP, BMP or HEIC file; or decoded pixels,
            (H, W, 3) uint8, sRGB, upright. A list of such: photographs of one lesion, read each and joined
            (`reader.joined` says how); `photographs` holds each one's own assessment.
        network: the model; the shipped one where None.
        name: what the assessment calls the image or lesion; the path as given where None (of the first
            photograph).
        mm_per_px: millimetres per pixel of the image as stored, > 0, where known. Lengths are then
            given in millimetres too; so they are where a ruler's ticks are found in a dermoscopic image.
        views: 1 to 8 flips and quarter turns of the image that are read and averaged: steadier, and as
            many times slower.
        hairless_view: whether an image with dark hair is read again with that painted over, and the logits of
            both averaged. What is shown and measured is the image as it is (docs/explain/doubt.md has what it
            changes); twice as slow where there is hair.
        novelty_limit: the novelty score above which nothing is diagnosed; the model's own where None,
            `math.inf` for images that are meant to be unlike any that it learned from, such as phantoms.
        anamnesis: what the patient told. It stands beside the read with what follows from it (`risk`,
            `story`), and changes nothing of what the image says; the advice builds on both. Told of the
            lesion: it counts for the joined read of several photographs, not for that of each.
        policy: the rules of the advice; the shipped ones where None.

    Returns:
        An assessment. An image that cannot be read gives status "failed"; one that is unfit, or unlike
        what the model learned from, "abstained"; both with a `reason` and without a diagnosis. Several
        photographs give "ok" where one of them can be read.

    Raises:
        TypeError, ValueError: the array has another dtype or shape, a number is out of its range, or the
            list is empty.
        ModelMismatch: the shipped model is missing or was changed.

    Example:
        >>> from augderm import assess
        >>> assess("lesion.jpg").diagnosis.probabilities["mel"]  # doctest: +SKIP
        0.07
    """
    if mm_per_px is not None and not (math.isfinite(mm_per_px) and mm_per_px > 0):
        raise ValueError(f"mm_per_px is {mm_per_px}; give millimetres per pixel, above 0")
    if not 1 <= views <= len(VIEWS):
        raise ValueError(f"views is {views}; give 1 to {len(VIEWS)}")
    if novelty_limit is not None and not novelty_limit > 0:
        raise ValueError(f"novelty_limit is {novelty_limit}; give a number above 0, or math.inf")
    network = network or default_network()
    how = _How(network, mm_per_px, views, hairless_view, novelty_limit)
    policy = policy or default_policy()
    if isinstance(source, str | Path | bytes | np.ndarray):
        read = _assess_one(source, name if name is not None else _name(source), how)
        return judged(read, policy, anamnesis)
    if not source:
        raise ValueError("the list of photographs is empty; give at least one")
    reads = [judged(_assess_one(photograph, _name(photograph), how), policy) for photograph in source]
    joined = join_photographs(reads, name if name is not None else reads[0].image)
    return judged(joined, policy, anamnesis)


@dataclass(frozen=True, slots=True)
class _How:
    """The settings of a read."""

    network: Network
    mm_per_px: float | None
    views: int
    hairless_view: bool
    novelty_limit: float | None


def judged(assessment: Assessment, policy: Policy, anamnesis: Anamnesis | None = None) -> Assessment:
    """What was read of an image, with all that follows from it and from what was told.

    Args:
        assessment: without scores, anamnesis and advice; of any status.
        policy: the rules of the advice.
        anamnesis: of the same lesion; None where nobody asked.
    """
    scored = replace(assessment, scores=read_scores(assessment))
    told = with_anamnesis(scored, anamnesis)
    return replace(told, advice=advise(told, policy, story_facts(told)))


def _assess_one(source: Source, name: str, how: _How) -> Assessment:
    started = time.perf_counter()
    data = b""
    capture = None
    try:
        if isinstance(source, np.ndarray):
            image = from_array(source, mm_per_px=how.mm_per_px)
        else:
            path = None if isinstance(source, bytes) else Path(source)
            data = source if isinstance(source, bytes) else read_file(Path(source))
            image = decode_image(data, mm_per_px=how.mm_per_px)
            capture = capture_of(data, path)
    except AugDermError as error:
        sha256 = hashlib.sha256(data).hexdigest() if data else None
        return Assessment(name, sha256, how.network.bundle.name, "failed", reason=str(error))
    timings = {"decode": (time.perf_counter() - started) * 1000}
    return _read(image, name, how, capture, timings)


def _name(source: Source) -> str:
    if isinstance(source, np.ndarray):
        return "<array>"
    return "<bytes>" if isinstance(source, bytes) else str(source)


def _read(
    image: Dermoscopy, name: str, how: _How, capture: Capture | None, timings: dict[str, float]
) -> Assessment:
    clock = _Clock(timings)
    bundle = how.network.bundle
    small = Small.of(image.pixels)
    hair = hair_mask_of(small.pixels) if how.hairless_view else None
    clock.lap("reduce")
    seen = how.network.read(image.pixels, how.views, hair)
    clock.lap("network")
    height, width = image.pixels.shape[:2]
    probability = enlarge(seen.border, width, height)
    mask = clean_mask(probability)
    edge = outline(mask)
    found = len(edge) >= MIN_OUTLINE_POINTS
    border = _border(mask, probability) if found else None
    modality = read_modality(seen.modality, bundle.calibrations)
    clock.lap("border")
    novelty_model = bundle.novelty[modality.likelier]
    novelty = novelty_model.read(seen.features) if novelty_model else None
    ruler = None
    # The rules that tell ticks of 0.1 from those of 1 mm know the view of a dermatoscope alone.
    if found and modality.surely_dermoscopic and _may_show_ruler(seen, bundle, novelty):
        ruler = find_ruler(image.pixels)
    clock.lap("ruler")
    measures = view = None
    if found:
        view = view_lesion(small, mask, ruler=ruler)
        measures = measure_lesion(
            image.pixels,
            mask,
            edge,
            reduction=image.reduction,
            mm_per_px=image.mm_per_px,
            ruler=ruler,
            view=view,
        )
    clock.lap("measures")
    quality = check_quality(
        image.pixels,
        min(image.width_px, image.height_px),
        touches_frame=measures.touches_frame if measures else None,
        notes=image.notes,
        small=small,
    )
    clock.lap("quality")
    lesion = read_lesion(seen.logits, modality, bundle.calibrations)
    if novelty and how.novelty_limit is not None:
        novelty = replace(novelty, limit=how.novelty_limit, own_limit=novelty.limit)
    reason = _why_not(quality, found, novelty)
    if lesion is None:
        why = IN_DOUBT_NOT_CALIBRATED if modality.in_doubt else NOT_CALIBRATED[modality.likelier]
        reason = f"{reason} {why}".strip()
    assessment = Assessment(
        image=name,
        sha256=image.sha256,
        model=bundle.name,
        status="abstained" if reason else "ok",
        reason=reason,
        notes=_notes(modality, was_read=not reason),
        views=how.views,
        runtime=how.network.runtime,
        painted_over=None if hair is None else int(np.count_nonzero(hair)) / hair.size,
        capture=capture,
        modality=modality,
        novelty=novelty,
        quality=quality,
        border=border,
        measures=measures,
        pictures=_pictures(image, mask, edge, seen),
        timings_ms=timings,
    )
    if reason or lesion is None:
        return assessment
    # Structures, artefacts and checklist were learned, and are calibrated, on dermoscopic images alone.
    dermoscopic = modality.name == "dermoscopic"
    structures = read_presence(seen.structures, bundle.calibrations.structures) if dermoscopic else {}
    findings: tuple[StructureFinding, ...] = ()
    if dermoscopic and view:
        findings = (
            *read_places(structures, seen.structure_maps, mask, bundle.structure_figures),
            *_analysed(view, mask, image.reduction, structures),
        )
    clock.lap("structures")
    checklist = seen.checklist if dermoscopic else None
    return replace(
        assessment,
        diagnosis=lesion[0],
        malignancy=lesion[1],
        structures=structures,
        findings=findings,
        artefacts=read_presence(seen.artefacts, bundle.calibrations.artefacts) if dermoscopic else {},
        checklist={} if checklist is None else read_checklist(checklist, bundle.calibrations.checklist),
    )


def _notes(modality: ModalityRead, *, was_read: bool) -> tuple[str, ...]:
    """What limits the read of one photograph."""
    if modality.clinical_probability is None:
        return (NOT_RECOGNISED[modality.likelier],)
    return (IN_DOUBT,) if modality.in_doubt and was_read else ()


def _may_show_ruler(seen: NetworkRead, bundle: Bundle, novelty: Novelty | None) -> bool:
    """Whether a ruler must be looked for. Where the network cannot be trusted to know, it must.

    Args:
        novelty: by the model's own limit; None where it has no measure of it.
    """
    curve = bundle.calibrations.artefacts["ruler"]
    if curve is None or novelty is None or novelty.beyond:
        return True
    return curve.probability(float(seen.artefacts[ARTEFACTS.index("ruler")])) >= RULER_POSSIBLE


def _analysed(
    view: LesionView, mask: NDArray[np.bool_], reduction: float, structures: Mapping[str, float | None]
) -> tuple[StructureFinding, ...]:
    """What image analysis finds, which never contradicts the network where that answers better."""
    if view.hidden_share > MAX_HIDDEN:
        return look_for_nothing()
    skip = [name for name, by in ANSWERED_BY.items() if (structures.get(by) or 0.0) < LIKELY]
    return find_structures(view, (mask.shape[1], mask.shape[0]), reduction=reduction, skip=skip)


class _Clock:
    def __init__(self, timings: dict[str, float]) -> None:
        self._timings, self._last = timings, time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._timings[step] = (now - self._last) * 1000
        self._last = now


def _why_not(quality: Quality, found: bool, novelty: Novelty | None) -> str:
    reasons = [check.sentence for check in quality.checks if check.verdict == "unfit"]
    if not found:
        reasons.append("No lesion was found in the image; centre it in the field of view.")
    if novelty and novelty.beyond:
        reasons.append(
            "The image is unlike those that the model learned from (novelty "
            f"{novelty.score:.2f}, the limit is {novelty.limit:.2f}); photograph one lesion, sharp and "
            "centred, or trust your own eye."
        )
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
        structure_maps=seen.structure_maps,
    )

"""Assessments for report tests: phantoms, really measured, with made-up logits and attention."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from augderm.analysis.border import outline
from augderm.analysis.measures import measure_lesion
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.analysis.quality import check_quality
from augderm.domain.assessment import (
    Assessment,
    Border,
    DiagnosisRead,
    Malignancy,
    ModalityRead,
    ModelName,
    Novelty,
    Pictures,
)
from augderm.domain.structures import DESCRIPTIVE, Source, StructureFinding, Validation, not_looked_for
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.evidence.advice.default import default_policy
from augderm.second_read import judged

MODEL = ModelName("augderm-lite", "0.1.0", "4b1d" * 16)
PROBABILITIES = (0.031, 0.052, 0.118, 0.0006, 0.412, 0.3814, 0.005)
MIXTURE = (0.03, 0.05, 0.12, 0.01, 0.14, 0.64, 0.01)
GRID = (9, 12)
"""Rows and columns of the made-up attention."""
NO_LESION = "No lesion was found in the image; centre it in the field of view."


def assessment_of(
    *, name: str = "phantom_0007.png", mm_per_px: float | None = None, spec: PhantomSpec | None = None,
    notes: tuple[str, ...] = (),
) -> Assessment:  # fmt: skip
    """A complete assessment, status "ok"."""
    phantom = draw_phantom(
        spec
        or PhantomSpec(
            dent=0.35,
            hairs=5,
            layout="sectors",
            colours=(("dark_brown", 0.5), ("light_brown", 0.3), ("blue_grey", 0.2)),
            mm_per_px=mm_per_px,
            label=True,
        )
    )
    edge = outline(phantom.mask)
    measures = measure_lesion(phantom.pixels, phantom.mask, edge, mm_per_px=mm_per_px)
    height, width = phantom.mask.shape
    return _judged(
        Assessment(
            image=name,
            sha256="9f86d081884c7d65" * 4,
            model=MODEL,
            status="ok",
            quality=check_quality(
                phantom.pixels, min(width, height), touches_frame=measures.touches_frame, notes=notes
            ),
            border=Border(float(phantom.mask.mean()), (0.28, 0.25, 0.72, 0.75), (0.5, 0.5), 0.94),
            measures=measures,
            modality=ModalityRead("dermoscopic", 0.004),
            novelty=Novelty(score=0.93, limit=1.31),
            diagnosis=DiagnosisRead(
                dict(zip(CODES, PROBABILITIES, strict=True)),
                prediction_set=("mel", "nv", "bkl"),
                coverage=0.9,
                mixture=dict(zip(CODES, MIXTURE, strict=True)),
            ),
            malignancy=Malignancy(probability=0.47, indeterminate=0.031),
            structures=dict(zip(STRUCTURES, (0.81, 0.07, 0.003, 0.35, None), strict=True)),
            artefacts=dict(zip(ARTEFACTS, (0.02, 0.97, 0.1, 0.1, 0.66, 0.004, 0.0), strict=True)),
            pictures=Pictures(
                pixels=phantom.pixels,
                mask=phantom.mask,
                outline=edge,
                attention=attention(),
                size_px=(width, height),
                embedding=np.zeros(8, np.float32),
                structure_maps=np.zeros((len(STRUCTURES), 4, 4), np.float32),
            ),
        )
    )


def _judged(assessment: Assessment) -> Assessment:
    return judged(assessment, default_policy())


def attention() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(7, 9, 12): each class with a hill inside the lesion and a slope below 0 around."""
    rows, columns = np.mgrid[: GRID[0], : GRID[1]]
    maps = [
        9 * np.exp(-((rows - 3.5 - 0.2 * i) ** 2 + (columns - 4.5 - 0.4 * i) ** 2) / 5) - 0.8
        for i in range(len(CODES))
    ]
    return np.stack(maps).astype(np.float32)


def abstained(assessment: Assessment, reason: str) -> Assessment:
    """The same, measured, but without a diagnosis."""
    return _judged(
        dataclasses.replace(
            assessment,
            status="abstained",
            reason=reason,
            diagnosis=None,
            malignancy=None,
            structures={},
            artefacts={},
        )
    )


def abstained_without_lesion() -> Assessment:
    """An image in which no lesion was found: picture and quality alone."""
    ok = assessment_of()
    assert ok.pictures
    height, width = ok.pictures.mask.shape
    pictures = dataclasses.replace(
        ok.pictures, mask=np.zeros((height, width), bool), outline=np.zeros((0, 2))
    )
    return _judged(
        dataclasses.replace(
            abstained(ok, NO_LESION),
            border=None,
            measures=None,
            pictures=pictures,
            quality=check_quality(ok.pictures.pixels, height, touches_frame=None, notes=()),
        )
    )


def failed(name: str = "broken.jpg") -> Assessment:
    """A file that could not be read at all."""
    reason = "The file is damaged or truncated (image file is truncated); copy or export it anew."
    return _judged(Assessment(name, "ab" * 32, MODEL, "failed", reason=reason))


def clinical() -> Assessment:
    """A photograph by a plain camera."""
    return _judged(
        dataclasses.replace(
            assessment_of(), modality=ModalityRead("clinical", 0.97), structures={}, artefacts={}
        )
    )


def several_photographs() -> Assessment:
    """One lesion, of whose three photographs one was read."""
    first = assessment_of(name="a.png")
    others = (abstained(assessment_of(name="b.png"), "Blurred."), failed("c.jpg"))
    return dataclasses.replace(first, image="lesion 3", photographs=(first, *others))


def with_findings() -> Assessment:
    """A network located by the network, a veil and spots by image analysis; streaks not looked for."""
    ok = assessment_of()
    assert ok.pictures
    lesion = ok.pictures.mask
    rows, columns = np.mgrid[: lesion.shape[0], : lesion.shape[1]]
    middle = np.nonzero(lesion)[1].mean()
    left, right = lesion & (columns < middle - 20), lesion & (columns > middle + 20)
    spots = lesion & (rows % 40 < 6) & (columns % 40 < 6)
    measured = Validation("measured on images that it did not learn from", 0.88, 187, 110, 0.53, 63)
    unsure = Validation("not validated on skin; found as planted in phantoms")
    poor = Validation("poor on skin", 0.62, 300, 65)

    def of(name: str, mask: np.ndarray, validation: Validation, **rest: Any) -> StructureFinding:
        source: Source = "network" if name == "pigment_network" else "image analysis"
        share = mask.sum() / lesion.sum()
        return StructureFinding(name, source, bool(mask.any()), share, validation, mask=mask, **rest)

    found = {
        "dots_and_globules": of("dots_and_globules", spots, poor, count=12, median_size_px=6.0, regular=True),
        "blue_whitish_veil": of("blue_whitish_veil", right, unsure),
        "streaks": not_looked_for("streaks", "image analysis", poor),
    }
    nothing = np.zeros_like(lesion)
    return dataclasses.replace(
        ok,
        findings=(
            of("pigment_network", left, measured),
            not_looked_for("globules", "network", Validation("not validated")),
            *(found.get(name) or of(name, nothing, unsure) for name in DESCRIPTIVE),
        ),
    )

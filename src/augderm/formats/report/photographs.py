"""The view of how a photograph was taken, and of several photographs of one lesion."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augderm.domain.assessment import Assessment, Novelty
from augderm.domain.capture import Capture
from augderm.domain.taxonomy import BY_CODE
from augderm.domain.text import visible
from augderm.formats.report.wording import NOT_DETERMINED, number, percent

KINDS = {
    "dermoscopic": "Dermoscopic image",
    "clinical": "Clinical photograph, not dermoscopy",
    "mixed": "Dermoscopic images and clinical photographs",
}
CLINICAL_NOTICE = (
    "The photograph was not taken through a dermatoscope. It is read with a calibration of its own, fitted "
    "on few such photographs; dermoscopic structures cannot be told. A dermoscopic image of the lesion says "
    "more."
)
MIXED_NOTICE = (
    "Not all photographs were taken through a dermatoscope. Those that were not are read with a calibration "
    "of their own, fitted on few such photographs; dermoscopic structures can be told of the others alone."
)
POLARISATION = {"polarised": "polarised", "non_polarised": "not polarised"}
STATUS = {"ok": "read", "abstained": "not read", "failed": "failed"}
JOINED = (
    "Diagnoses, malignancy and structures join all photographs that were read, by the mean of their "
    "log-probabilities; malignancy by that of the dermoscopic images or of the clinical photographs, "
    "whichever is higher. A diagnosis is excluded only where each photograph excludes it. Picture, quality "
    "and measures are those of the first that was read."
)


@dataclass(frozen=True, slots=True)
class PhotographRow:
    """One of several photographs. `finding` is what was read in it, or why it was not."""

    name: str
    status: str
    kind: str
    finding: str


@dataclass(frozen=True, slots=True)
class PhotographsView:
    """All photographs of the lesion in their order, and how they were joined."""

    rows: tuple[PhotographRow, ...]
    note: str


def is_unlike(assessment: Assessment) -> bool:
    """Whether it is too unlike what the model knows for the model to say which kind it is."""
    return assessment.novelty is not None and assessment.novelty.beyond


def is_clinical(assessment: Assessment) -> bool:
    """Whether it is told to be a clinical photograph; of several, whether any of those that were read is."""
    used = [photograph for photograph in assessment.photographs if photograph.status == "ok"]
    return any(
        read.modality is not None
        and read.modality.name == "clinical"
        and not read.modality.in_doubt
        and not is_unlike(read)
        for read in used or [assessment]
    )


def is_in_doubt(assessment: Assessment) -> bool:
    """Whether it is not told to be of either kind, though it is like what the model knows."""
    return assessment.modality is not None and assessment.modality.in_doubt and not is_unlike(assessment)


def clinical_notice_of(assessment: Assessment) -> tuple[str, str] | None:
    """The heading and the words of the notice that it is no dermoscopy; None where none is due."""
    if not is_clinical(assessment) or assessment.modality is None:
        return None
    # Of those in doubt beside it nobody knows: they are not called clinical.
    mixed, in_doubt = assessment.modality.mixed, assessment.modality.in_doubt
    heading = KINDS["mixed" if mixed and not in_doubt else "clinical"]
    return heading, MIXED_NOTICE if mixed or in_doubt else CLINICAL_NOTICE


def kind_of(assessment: Assessment) -> str:
    """How the photograph was taken, with the probability of that; or why it is not known."""
    modality = assessment.modality
    if modality is None:
        return "Not determined"
    kind, clinical = KINDS[modality.name], modality.clinical_probability
    if clinical is None:
        return f"{kind} (taken for granted: this model cannot tell)"
    if modality.in_doubt and assessment.photographs:
        doubtful = [visible(read.image) for read in assessment.photographs if _was_doubtful(read)]
        return f"In doubt: dermoscopic image or clinical photograph ({', '.join(doubtful)})"
    if modality.in_doubt:
        return f"In doubt: dermoscopic image or clinical photograph (clinical: {percent(clinical)})"
    if modality.mixed:
        return kind
    return f"{kind} ({percent(clinical if modality.name == 'clinical' else 1 - clinical)})"


def _was_doubtful(read: Assessment) -> bool:
    return read.status == "ok" and read.modality is not None and read.modality.in_doubt


def capture_text(capture: Capture) -> str:
    """How the photograph was taken, in one line; what is not known is left out."""
    contact = {True: "contact", False: "without contact", None: ""}[capture.contact]
    immersion = {"none": "no immersion", None: ""}.get(capture.immersion, f"immersion in {capture.immersion}")
    parts = (
        POLARISATION[capture.polarisation] if capture.polarisation else "",
        contact,
        immersion,
        "" if capture.wavelength_nm is None else number(capture.wavelength_nm, "nm", digits=4),
        "" if capture.magnification is None else f"{number(capture.magnification)}×",
        visible(capture.device or ""),
        f"taken on {capture.taken_on}" if capture.taken_on else "",
        f"patient {visible(capture.patient)}" if capture.patient else "",
        f"lesion {visible(capture.lesion)}" if capture.lesion else "",
    )
    return ", ".join(filter(None, parts)) or NOT_DETERMINED


def novelty_text(novelty: Novelty) -> str:
    """The score beside its limit."""
    limit = f"limit {number(novelty.limit)}" if math.isfinite(novelty.limit) else "not judged by"
    return f"{number(novelty.score)} ({limit})"


def view_photographs(photographs: tuple[Assessment, ...]) -> PhotographsView:
    """Name each photograph with what was read in it."""
    return PhotographsView(rows=tuple(map(_row, photographs)), note=JOINED)


def _row(read: Assessment) -> PhotographRow:
    finding = visible(read.reason)
    if read.diagnosis and read.malignancy:
        likeliest = read.diagnosis.likeliest
        finding = (
            f"{BY_CODE[likeliest].name} {percent(read.diagnosis.probabilities[likeliest])}, "
            f"malignant {percent(read.malignancy.probability)}"
        )
    kind = KINDS[read.modality.name] if read.modality else ""
    kind = "In doubt" if is_in_doubt(read) else kind
    return PhotographRow(visible(read.image) or "unnamed", STATUS[read.status], kind, finding)

"""The view model of a report: an assessment as labelled text and pictures.

Everything that both outputs show is worded, rounded and drawn here once; the templates only place it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from augderm.domain.assessment import LIMIT_OF_USE, Assessment, Pictures, Quality, QualityCheck
from augderm.domain.runtime import Runtime, RuntimeName
from augderm.domain.text import visible
from augderm.formats.report.advice import AdviceView, view_advice
from augderm.formats.report.anamnesis import AnamnesisView, view_anamnesis
from augderm.formats.report.checklists import ScoresView, view_scores
from augderm.formats.report.layers import Layers, draw_layers
from augderm.formats.report.lesion import MeasuredView, view_measured
from augderm.formats.report.located import LocatedView, view_located
from augderm.formats.report.maps import MapsView, view_maps
from augderm.formats.report.paragraph import NOTE as PARAGRAPH_NOTE
from augderm.formats.report.paragraph import in_words
from augderm.formats.report.photographs import (
    PhotographsView,
    capture_text,
    clinical_notice_of,
    is_clinical,
    is_in_doubt,
    is_unlike,
    kind_of,
    novelty_text,
    view_photographs,
)
from augderm.formats.report.presence import PresenceView, view_presence
from augderm.formats.report.reading import (
    AttentionView,
    DiagnosisView,
    MalignancyView,
    evidence_for_likeliest,
    view_attention,
    view_diagnosis,
    view_malignancy,
)
from augderm.formats.report.together import TogetherView, view_together
from augderm.formats.report.wording import NOT_DETERMINED, number, threshold

TITLES = {
    "dermoscopic": "Second read of a dermoscopic image",
    "clinical": "Second read of a clinical photograph",
}
TITLE_OF_UNLIKE = "Second read of an image"
TITLE_OF_SEVERAL = "Second read of a lesion in several photographs"
SYNTHETIC = "Synthetic phantom: not a patient"
SHORT_HASH = 12
"""Digits of a SHA-256 that are printed: enough to tell any two images of a clinic apart."""
RUNTIMES: dict[RuntimeName, str] = {"onnx": "ONNX Runtime", "openvino": "OpenVINO"}
STATUS = {
    "ok": "Read",
    "abstained": "Abstained: no diagnosis is given",
    "failed": "Failed: the image could not be read",
}
FINDING = {
    "abstained": "The machine abstains. What could be measured is shown below.",
    "failed": "The image could not be read. Nothing was measured.",
}
VERDICT = {"good": "Good", "poor": "Poor", "unfit": "Unfit"}
NO_LESION = "Not determined: no lesion was found."
NO_QUALITY = "Not determined: the image could not be read."
NOT_CHANGED = "None: decoding had nothing to correct."


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; `code` where it is to be set in a typewriter face."""

    label: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One aspect of quality. `verdict` is a word; `grade` is good, poor, unfit or none."""

    name: str
    value: str
    unit: str
    limits: str
    verdict: str
    grade: str
    sentence: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """The worst verdict, each check, and what decoding had to do."""

    verdict: str
    grade: str
    checks: tuple[CheckRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report shows. Where a part is None, the `no_...` sentence stands in its place; what is "" is
    left out.
    """

    title: str
    limit_of_use: str
    synthetic: str | None
    facts: tuple[Fact, ...]
    running_foot: str
    clinical: str | None
    clinical_notice: str
    notes: tuple[str, ...]
    photographs: PhotographsView | None
    advice: AdviceView | None
    status: str
    finding: str
    reason: str
    paragraph: str
    paragraph_note: str
    layers: Layers | None
    picture_description: str
    malignancy: MalignancyView | None
    diagnosis: DiagnosisView | None
    no_diagnosis: str
    attention: AttentionView | None
    presence: PresenceView | None
    located: LocatedView | None
    scores: ScoresView | None
    anamnesis: AnamnesisView | None
    together: TogetherView | None
    lesion: MeasuredView | None
    no_lesion: str
    maps: MapsView | None
    no_maps: str
    quality: QualityView | None
    no_quality: str


def report_content(
    assessment: Assessment,
    *,
    synthetic: bool = False,
    read_at: datetime | None = None,
    with_maps: bool = True,
) -> Report:
    """Word and draw everything of a report.

    Args:
        assessment: what was read.
        synthetic: the image is a phantom; the report says so.
        read_at: when it was read, printed as given with its time zone where it has one.
        with_maps: make the melanin and haemoglobin maps, which cost more than all else of a report's content.
    """
    failed = assessment.status == "failed"
    pictures = None if failed else assessment.pictures
    diagnosis = assessment.diagnosis if assessment.status == "ok" else None
    malignancy = assessment.malignancy if assessment.status == "ok" else None
    evidence = evidence_for_likeliest(assessment) if diagnosis else None
    model = assessment.model
    clinical = clinical_notice_of(assessment)
    maps, no_maps = view_maps(assessment) if with_maps else (None, "")
    return Report(
        title=_title(assessment),
        limit_of_use=LIMIT_OF_USE,
        synthetic=SYNTHETIC if synthetic else None,
        facts=_facts(assessment, read_at),
        running_foot=f"{visible(model.name)} {visible(model.version)} ({model.sha256[:SHORT_HASH]}) · "
        f"image {_short(assessment.sha256)}",
        clinical=clinical[0] if clinical else None,
        clinical_notice=clinical[1] if clinical else "",
        notes=tuple(map(visible, assessment.notes)),
        photographs=view_photographs(assessment.photographs) if assessment.photographs else None,
        advice=view_advice(assessment.advice) if assessment.advice else None,
        status=assessment.status,
        finding=FINDING.get(assessment.status, ""),
        reason=visible(assessment.reason),
        paragraph=" ".join(sentence.text for sentence in in_words(assessment)),
        paragraph_note=PARAGRAPH_NOTE,
        layers=draw_layers(pictures.pixels, pictures.outline, evidence) if pictures else None,
        picture_description=_describe(assessment, pictures, synthetic),
        malignancy=view_malignancy(malignancy) if malignancy else None,
        diagnosis=view_diagnosis(diagnosis) if diagnosis else None,
        no_diagnosis=f"Not given: {'the image could not be read' if failed else 'the machine abstains'}.",
        attention=view_attention(diagnosis.likeliest, evidence)
        if diagnosis and evidence is not None
        else None,
        presence=view_presence(assessment)
        if diagnosis and (assessment.structures or assessment.artefacts)
        else None,
        located=view_located(assessment) if diagnosis else None,
        scores=view_scores(assessment.scores) if assessment.scores else None,
        anamnesis=view_anamnesis(assessment.anamnesis, assessment.risk, assessment.story)
        if assessment.anamnesis
        else None,
        together=view_together(assessment.together, malignancy) if assessment.together else None,
        lesion=view_measured(assessment.measures, assessment.border) if assessment.measures else None,
        no_lesion=NO_QUALITY if failed else NO_LESION,
        maps=maps,
        no_maps=no_maps,
        quality=_quality(assessment.quality) if assessment.quality else None,
        no_quality=NO_QUALITY,
    )


def _title(assessment: Assessment) -> str:
    if assessment.photographs:
        return TITLE_OF_SEVERAL
    if is_unlike(assessment) or is_in_doubt(assessment):
        return TITLE_OF_UNLIKE
    return TITLES["clinical" if is_clinical(assessment) else "dermoscopic"]


def _facts(assessment: Assessment, read_at: datetime | None) -> tuple[Fact, ...]:
    model = assessment.model
    facts = [Fact("Image", visible(assessment.image) or "unnamed")]
    if assessment.pictures:
        width, height = assessment.pictures.size_px
        facts.append(Fact("Size", f"{width} × {height} pixels"))
    if assessment.modality and not is_unlike(assessment):
        facts.append(Fact("Kind", kind_of(assessment)))
    if assessment.capture:
        facts.append(Fact("Capture", capture_text(assessment.capture)))
    if assessment.novelty:
        facts.append(Fact("Novelty", novelty_text(assessment.novelty)))
    facts += [
        Fact("Image SHA-256", _short(assessment.sha256), code=assessment.sha256 is not None),
        Fact("Model", f"{visible(model.name)} {visible(model.version)}"),
        Fact("Model SHA-256", visible(model.sha256[:SHORT_HASH]), code=True),
        *([Fact("Read with", runtime_text(assessment.runtime))] if assessment.runtime else []),
        Fact("Status", STATUS[assessment.status]),
    ]
    if read_at is not None:
        facts.append(Fact("Read at", f"{read_at:%Y-%m-%d %H:%M %Z}".strip()))
    return tuple(facts)


def runtime_text(runtime: Runtime) -> str:
    """What ran the network, and its precision."""
    return f"{RUNTIMES[runtime.name]} {visible(runtime.version)}, {runtime.precision}"


def _short(sha256: str | None) -> str:
    return sha256[:SHORT_HASH] if sha256 else NOT_DETERMINED


def _describe(assessment: Assessment, pictures: Pictures | None, synthetic: bool) -> str:
    if pictures is None:
        return ""
    # The picture is that of the first photograph that was read, whose modality the likelier is.
    clinical = assessment.modality is not None and assessment.modality.likelier == "clinical"
    plain = "Clinical photograph" if clinical else "Dermoscopic photograph"
    plain = "Image" if is_unlike(assessment) or is_in_doubt(assessment) else plain
    kind = "Synthetic phantom of a skin lesion" if synthetic else plain
    if assessment.border is None:
        return f"{kind}; no lesion was found in it."
    x, y = assessment.border.centroid
    return (
        f"{kind}; the lesion takes {100 * assessment.border.area_fraction:.0f} % of it, "
        f"centred {100 * x:.0f} % from the left and {100 * y:.0f} % from the top."
    )


def _quality(quality: Quality) -> QualityView:
    return QualityView(
        verdict=VERDICT[quality.verdict],
        grade=quality.verdict,
        checks=tuple(map(_check, quality.checks)),
        notes=tuple(map(visible, quality.notes)) or (NOT_CHANGED,),
    )


def _check(check: QualityCheck) -> CheckRow:
    side = "below" if check.higher_is_better else "above"
    limits = f"poor {side} {threshold(check.poor_at)}"
    if check.unfit_at is not None and np.isfinite(check.unfit_at):
        limits += f", unfit {side} {threshold(check.unfit_at)}"
    known = check.value is not None and bool(np.isfinite(check.value))
    return CheckRow(
        name=check.name.replace("_", " ").capitalize(),
        value=number(check.value),
        unit=check.unit,
        limits=limits,
        verdict=VERDICT[check.verdict] if known else NOT_DETERMINED.capitalize(),
        grade=check.verdict if known else "none",
        sentence=check.sentence,
    )

"""The view of what the network says: malignancy, the seven diagnoses, and where it looked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import Assessment, DiagnosisRead, Malignancy
from augderm.domain.taxonomy import BY_CODE, CODES, codes_behaving
from augderm.formats.report.wording import lowered, number, percent

COUNTS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven")


@dataclass(frozen=True, slots=True)
class Bar:
    """One diagnosis. `width` is the bar's length, 0..1; `in_set` and `behaviour` are also words."""

    code: str
    name: str
    behaviour: str
    malignant: bool
    probability: str
    width: float
    in_set: bool
    mark: str


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """The bars, likeliest first, what the marks mean, and for whom the probabilities hold."""

    bars: tuple[Bar, ...]
    set_sentence: str
    mixture_sentence: str


@dataclass(frozen=True, slots=True)
class MalignancyView:
    """The probability of malignancy; `width` is its bar's length, 0..1."""

    probability: str
    width: float
    sentence: str


@dataclass(frozen=True, slots=True)
class AttentionView:
    """What the heat map shows. `drawn` is False where no place speaks for the diagnosis."""

    title: str
    sentence: str
    weakest: str
    strongest: str
    drawn: bool


def view_diagnosis(diagnosis: DiagnosisRead) -> DiagnosisView:
    """Sort and label the probabilities."""
    members = set(diagnosis.prediction_set)
    # sorted() is stable: equal probabilities keep the order of the taxonomy.
    order = sorted(diagnosis.probabilities, key=lambda code: -diagnosis.probabilities[code])
    return DiagnosisView(
        bars=tuple(
            Bar(
                code=code,
                name=BY_CODE[code].name,
                behaviour=BY_CODE[code].behaviour,
                malignant=BY_CODE[code].behaviour == "malignant",
                probability=percent(diagnosis.probabilities[code]),
                width=diagnosis.probabilities[code],
                in_set=code in members,
                mark="in the set" if code in members else "",
            )
            for code in order
        ),
        set_sentence=_set_sentence(len(members), diagnosis),
        mixture_sentence=_mixture_sentence(diagnosis),
    )


def _mixture_sentence(diagnosis: DiagnosisRead) -> str:
    order = sorted(diagnosis.mixture, key=lambda code: -diagnosis.mixture[code])
    shares = ", ".join(f"{code} {percent(diagnosis.mixture[code])}" for code in order)
    return (
        f"The likeliest one’s probability holds where diagnoses are as frequent as this: {shares}. What the "
        "others share leans towards rare diagnoses, lest these be overlooked."
    )


def _set_sentence(members: int, diagnosis: DiagnosisRead) -> str:
    named = (
        "One diagnosis makes up the prediction set (●)"
        if members == 1
        else f"{COUNTS[members]} diagnoses make up the prediction set (●): none of them can be excluded"
    )
    never = " and ".join(BY_CODE[code].name.lower() for code in diagnosis.never_excluded)
    always = f" In every set, for want of images to learn from: {never}." if never else ""
    return (
        f"{named}. Such sets are made to hold the true diagnosis in {percent(diagnosis.coverage)} of cases "
        "of each diagnosis (of rare ones taken together), in cases like those the model was calibrated on; "
        f"what they held of others is in its model card.{always}"
    )


def view_malignancy(malignancy: Malignancy) -> MalignancyView:
    """Say what the probability is of, and what it leaves out."""
    malignant = " or ".join(BY_CODE[code].name for code in codes_behaving("malignant"))
    apart = ", ".join(BY_CODE[code].name for code in codes_behaving("indeterminate"))
    return MalignancyView(
        probability=percent(malignancy.probability),
        width=malignancy.probability,
        sentence=f"Calibrated probability of {malignant.lower()}, should it not be {apart.lower()}, which is "
        f"indeterminate and stands apart: {percent(malignancy.indeterminate)}. It is calibrated by itself, "
        "for malignant lesions as frequent as in the calibration images, and need not equal the sum of the "
        "diagnoses.",
    )


def evidence_for_likeliest(assessment: Assessment) -> NDArray[np.float32] | None:
    """The activation map (rows, columns) of the likeliest diagnosis; None without a diagnosis."""
    if assessment.diagnosis is None or assessment.pictures is None:
        return None
    attention = assessment.pictures.attention
    if attention.ndim != 3 or attention.shape[0] != len(CODES) or not attention[0].size:
        return None
    evidence: NDArray[np.float32] = attention[CODES.index(assessment.diagnosis.likeliest)]
    return evidence


def view_attention(code: str, evidence: NDArray[np.float32]) -> AttentionView:
    """Explain the map of one diagnosis."""
    name = BY_CODE[code].name
    peak = float(np.nanmax(evidence, initial=0.0))
    drawn = np.isfinite(peak) and peak > 0
    shown = (
        "Shown is the positive part of the exact class activation map, whose mean over the image is "
        f"the logit, {number(float(evidence.mean()))}. It shows what weighed in the network’s sum, "
        "not why."
    )
    return AttentionView(
        title=f"How much each place speaks for {lowered(name)}",
        sentence=shown if drawn else f"No place of the image speaks for this diagnosis. {shown}",
        weakest="0",
        strongest=f"{number(peak)}\u00a0logits",
        drawn=bool(drawn),
    )

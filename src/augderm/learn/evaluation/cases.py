"""One labelled image with what was said of it, and many of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import CODES, STRUCTURES
from augderm.evidence.statistics.intervals import group_codes
from augderm.learn.datasets.meaning import NO_DIAGNOSIS, plain
from augderm.learn.records import Record

NOTHING: Mapping[str, float] = {}
MELANOMA = CODES.index("mel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled image and what the machine said of it.

    Attributes:
        record: the image and its labels.
        status: "ok", "abstained" or "failed", and `reason` why not ok.
        probabilities: (7,) in the order of `taxonomy.CODES`; None where it was not read.
        malignancy: 0..1; None where it was not read.
        withheld, withheld_malignancy: what the network says where the assessment abstains, likewise: for
            scores that let no case be left out. None where it was read, failed, or nothing is calibrated.
        prediction_set: codes that could not be excluded.
        set_coverage: the coverage that the sets promise, 0..1; None where it was not read.
        jaccard, dice: of the border with the reference mask, 0 where none was found; None where there
            is no reference that shows the lesion.
        outlines: by structure whose outline is known, what the located one and that have in common and what
            they cover together, as shares 0..1 of the image.
        mask_fault: why reference masks are none of this image, so that nothing is measured by them; empty
            where all are, or there is none.
        structures, artefacts: probability by name; empty where the bundle has no such output.
        checklist: by criterion of the 7-point checklist the probability of each category, or None; likewise.
        modality: "dermoscopic" or "clinical"; None where the bundle does not say.
        novel: whether the image lies beyond the bundle's limit of novelty; None where it has none.
        ita_deg: individual typology angle of the skin around the lesion; None where there is too little.
    """

    record: Record
    status: str
    reason: str = ""
    probabilities: NDArray[np.float64] | None = None
    malignancy: float | None = None
    withheld: NDArray[np.float64] | None = None
    withheld_malignancy: float | None = None
    prediction_set: tuple[str, ...] = ()
    set_coverage: float | None = None
    jaccard: float | None = None
    dice: float | None = None
    outlines: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    mask_fault: str = ""
    structures: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    artefacts: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    checklist: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    modality: str | None = None
    novel: bool | None = None
    ita_deg: float | None = None

    @property
    def melanoma(self) -> bool | None:
        """Whether it is a melanoma; None where the diagnosis is not known well enough.

        What is benign without a class is none: most of ISIC 2020 says no more.
        """
        if self.record.label is None:
            return False if self.record.malignant is False else None
        return self.record.label == MELANOMA

    @property
    def unlabelled(self) -> bool:
        """Whether the dataset names no diagnosis, or two that exclude each other.

        That is another matter than a diagnosis without a class.
        """
        record = self.record
        silent = record.unlabelled == "contradictory" or plain(record.diagnosis) in NO_DIAGNOSIS
        return record.label is None and silent


def case_of(
    record: Record,
    assessment: Mapping[str, Any],
    measured: Mapping[str, Any],
    withheld: Mapping[str, Any] | None = None,
) -> Case:
    """A case from the JSON form of an assessment.

    Args:
        record: what is known of the image.
        assessment: of schema `augderm.assessment/1`; what an older bundle does not give may be absent.
        measured: jaccard, dice and ita_deg, each None where undefined, and mask_fault and outlines, where
            known.
        withheld: probabilities and malignancy that the network gives where the assessment abstains.
    """
    diagnosis, malignancy = assessment.get("diagnosis"), assessment.get("malignancy")
    novelty, modality = assessment.get("novelty") or {}, assessment.get("modality") or {}
    score, limit = novelty.get("score"), novelty.get("limit")
    return Case(
        record=record,
        status=assessment["status"],
        reason=assessment["reason"],
        probabilities=_in_order(diagnosis["probabilities"]) if diagnosis else None,
        malignancy=malignancy["probability"] if malignancy else None,
        withheld=_in_order(withheld["probabilities"]) if withheld else None,
        withheld_malignancy=withheld["malignancy"] if withheld else None,
        prediction_set=tuple(diagnosis["prediction_set"]) if diagnosis else (),
        set_coverage=diagnosis["coverage"] if diagnosis else None,
        jaccard=measured["jaccard"],
        dice=measured["dice"],
        outlines={name: (both, either) for name, (both, either) in measured.get("outlines", {}).items()},
        mask_fault=measured.get("mask_fault", ""),
        structures=_probabilities(assessment.get("structures")),
        artefacts=_probabilities(assessment.get("artefacts")),
        checklist={
            criterion: found["probabilities"] for criterion, found in assessment.get("checklist", {}).items()
        },
        # Without a probability the modality was taken for granted, not recognised.
        modality=modality.get("name") if modality.get("clinical_probability") is not None else None,
        novel=None if score is None or limit is None else bool(score > limit),
        ita_deg=measured["ita_deg"],
    )


def _in_order(probabilities: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([probabilities[code] for code in CODES])


def _probabilities(answers: Mapping[str, Mapping[str, float | None]] | None) -> Mapping[str, float]:
    found = {name: answer["probability"] for name, answer in (answers or {}).items()}
    return {name: probability for name, probability in found.items() if probability is not None}


def split_modalities(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Cases by modality, dermoscopic first; only those that occur."""
    parts = {
        modality: [case for case in cases if case.record.modality == modality]
        for modality in ("dermoscopic", "clinical")
    }
    return {modality: some for modality, some in parts.items() if some}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Cases as arrays, a row each, N in all; a number is nan where a case has none.

    Attributes:
        cases: the same in the same order.
        groups: (N,) which are drawn together.
        read: (N,) whether it was read, so that the next three hold.
        labels: (N,) true class, -1 where it has none in the taxonomy.
        probabilities: (N, 7), malignancy: (N,).
        answered: (N,) whether the network said something, told or withheld, so that the next two hold.
        answers: (N, 7) and answer_malignancy (N,): what it said.
        melanoma: (N,) whether it is one; meaningless unless `melanoma_known`.
        malignant: (N,) whether it is; meaningless unless `decided`.
        decided: (N,) whether it is known to be malignant or not (actinic keratosis is neither).
        jaccard, dice: (N,).
        outlined_both, outlined_either: (N, 5) of `Case.outlines`, by `taxonomy.STRUCTURES`.
    """

    cases: tuple[Case, ...]
    groups: NDArray[np.int64]
    read: NDArray[np.bool_]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    malignancy: NDArray[np.float64]
    answered: NDArray[np.bool_]
    answers: NDArray[np.float64]
    answer_malignancy: NDArray[np.float64]
    melanoma: NDArray[np.bool_]
    melanoma_known: NDArray[np.bool_]
    malignant: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    jaccard: NDArray[np.float64]
    dice: NDArray[np.float64]
    outlined_both: NDArray[np.float64]
    outlined_either: NDArray[np.float64]

    @classmethod
    def of(cls, cases: Sequence[Case]) -> Self:
        """The columns of some cases."""
        labels = [-1 if case.record.label is None else case.record.label for case in cases]
        return cls(
            cases=tuple(cases),
            groups=group_codes([case.record.group for case in cases]),
            read=np.array([case.probabilities is not None for case in cases], bool),
            labels=np.array(labels, np.int64),
            probabilities=_rows([case.probabilities for case in cases]),
            malignancy=_floats([case.malignancy for case in cases]),
            answered=np.array(
                [case.probabilities is not None or case.withheld is not None for case in cases], bool
            ),
            answers=_rows(
                [case.withheld if case.probabilities is None else case.probabilities for case in cases]
            ),
            answer_malignancy=_floats(
                [case.withheld_malignancy if case.malignancy is None else case.malignancy for case in cases]
            ),
            melanoma=np.array([case.melanoma is True for case in cases], bool),
            melanoma_known=np.array([case.melanoma is not None for case in cases], bool),
            malignant=np.array([case.record.malignant is True for case in cases], bool),
            decided=np.array([case.record.malignant is not None for case in cases], bool),
            jaccard=_floats([case.jaccard for case in cases]),
            dice=_floats([case.dice for case in cases]),
            outlined_both=_outlined(cases, 0),
            outlined_either=_outlined(cases, 1),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Columns:
        """The columns of the chosen cases, (N,)."""
        return Columns.of([case for case, kept in zip(self.cases, chosen, strict=True) if kept])

    def __len__(self) -> int:
        return len(self.cases)


def _rows(probabilities: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64]:
    nothing = np.full(len(CODES), np.nan)
    rows = [nothing if row is None else row for row in probabilities]
    return np.array(rows).reshape(len(rows), len(CODES))


def _floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _outlined(cases: Sequence[Case], part: int) -> NDArray[np.float64]:
    nothing = (np.nan, np.nan)
    areas = [[case.outlines.get(name, nothing)[part] for name in STRUCTURES] for case in cases]
    return np.array(areas).reshape(len(cases), len(STRUCTURES))

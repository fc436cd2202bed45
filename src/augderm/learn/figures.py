"""What a bundle reaches on labelled images, from its assessments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import CODES, DIAGNOSES
from augderm.learn.scores import (
    area_under_roc,
    expected_calibration_error,
    mean_class_recall,
    mean_jaccard,
)

LOW_JACCARD = 0.65
"""Below it ISIC 2018 Task 1 counts a border as missed."""


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled image and what was said of it.

    `probabilities` (7,) and `malignancy` are None where the machine abstained or failed; `jaccard` is
    that of the border, 0 where none was found.
    """

    dataset: str
    label: int
    status: str
    probabilities: NDArray[np.float64] | None
    malignancy: float | None
    prediction_set: tuple[str, ...]
    jaccard: float


def figures(cases: Sequence[Case]) -> dict[str, float]:
    """The figures of some cases, by name; nan where one is undefined.

    Diagnosis figures are over the images that were read; how many were not stands beside them.
    """
    read = [case for case in cases if case.probabilities is not None]
    labels = np.array([case.label for case in read], dtype=np.int64)
    probabilities = np.array([case.probabilities for case in read]).reshape(len(read), len(CODES))
    chosen = probabilities.argmax(axis=1) if read else labels
    jaccards = np.array([case.jaccard for case in cases], dtype=np.float32)
    decided = np.array([DIAGNOSES[case.label].behaviour != "indeterminate" for case in read], dtype=bool)
    malignant = np.array([DIAGNOSES[case.label].behaviour == "malignant" for case in read], dtype=bool)
    malignancy = np.array([case.malignancy for case in read], dtype=float)
    held = [CODES[case.label] in case.prediction_set for case in read]
    found = {
        "images": float(len(cases)),
        "abstained": _share([case.status == "abstained" for case in cases]),
        "failed": _share([case.status == "failed" for case in cases]),
        "mean class recall": mean_class_recall(labels, chosen),
        "accuracy": _share((chosen == labels).tolist()),
        "melanoma AUC": area_under_roc(labels == CODES.index("mel"), probabilities[:, CODES.index("mel")]),
        "malignancy AUC (akiec left out)": area_under_roc(malignant[decided], malignancy[decided]),
        "ECE of the likeliest class": expected_calibration_error(
            probabilities.max(axis=1, initial=0), chosen == labels
        ),
        "prediction set coverage": _share(held),
        "prediction set size": float(np.mean([len(case.prediction_set) for case in read]))
        if read
        else float("nan"),
        "border mean Jaccard": mean_jaccard(jaccards),
        f"borders below {LOW_JACCARD}": _share((jaccards < LOW_JACCARD).tolist()),
    }
    for index, code in enumerate(CODES):
        of_class = labels == index
        found[f"recall {code}"] = _share((chosen[of_class] == index).tolist())
        found[f"images {code}"] = float(of_class.sum())
    return found


def _share(truths: Sequence[bool]) -> float:
    return float(np.mean(truths)) if len(truths) else float("nan")

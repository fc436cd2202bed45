"""All that an evaluation finds, from its cases: what the report, the model card and figures.json show."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import CODES
from augderm.evidence.statistics.intervals import REPLICATES
from augderm.evidence.statistics.reliability import (
    DecisionCurve,
    ReliabilityBin,
    decision_curve,
    reliability,
)
from augderm.learn.evaluation.cases import Case, Columns
from augderm.learn.evaluation.checklist import checklist_figures
from augderm.learn.evaluation.compare import Comparison
from augderm.learn.evaluation.figures import MELANOMA, Figure, figures, or_none
from augderm.learn.evaluation.held_out import sharing
from augderm.learn.evaluation.isic import (
    HIGH_SENSITIVITY,
    CategoryScore,
    balanced_multiclass_accuracy,
    category_score,
    thresholded_jaccard,
)
from augderm.learn.evaluation.ranking import (
    OperatingPoint,
    area_above_sensitivity,
    average_precision,
    operating_point,
    roc_curve,
    threshold_for_sensitivity,
)
from augderm.learn.evaluation.robustness import Flips
from augderm.learn.evaluation.subgroups import Subgroup, subgroups

SCHEMA = "augderm.evaluation/1"
SENSITIVITIES = (0.90, 0.95, 0.98)
ALL = "all"
"""The part of all dermoscopic images; of all images where none is dermoscopic."""
THRESHOLDS = np.linspace(0.01, 0.60, 60)
"""Threshold probabilities of the decision curve: nobody waits for a malignancy to be surer than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was evaluated on what, in words for a person.

    Attributes:
        bundle, version, sha256: of the model; sha256 is that of its manifest.
        dataset: as named on the command line.
        chosen: which of its images, such as "fold 0".
        manifest: the bundle's own facts.
        versions: of the program and of what computed the figures.
    """

    bundle: str
    version: str
    sha256: str
    dataset: str
    chosen: str
    manifest: Mapping[str, Any]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """An ROC curve: false and true positive rates (K,)."""

    false: NDArray[np.float64]
    found: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Closer:
    """What is looked at more closely for one kind of image, dermoscopic or clinical.

    Attributes:
        modality: which.
        counts: (7, 8) true class by likeliest class; the last column is what was not read.
        outside: cases whose diagnosis the network has no class for.
        challenge: the ISIC scores by name; categories: those of each class.
        points: of melanoma and malignancy by target, one for each of `SENSITIVITIES`.
        curves: ROC by target.
        of_classes, of_malignancy: reliability of the likeliest class, and of malignancy.
        decision: of acting on malignancy.
        subgroups: by trait.
    """

    modality: str
    counts: NDArray[np.int64]
    outside: int
    challenge: Mapping[str, float]
    categories: Mapping[str, CategoryScore]
    points: Mapping[str, Sequence[OperatingPoint]]
    curves: Mapping[str, Curve]
    of_classes: Sequence[ReliabilityBin]
    of_malignancy: Sequence[ReliabilityBin]
    decision: DecisionCurve
    subgroups: Sequence[Subgroup]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Everything.

    Attributes:
        subject: what was evaluated on what.
        parts: the figures by dataset and, last, of `ALL`.
        images: of all modalities.
        external: datasets among them that the bundle did not learn from, and that share no images with
            those that it did.
        set_coverage: what the prediction sets promise, 0..1; None where nothing was read.
        closer: by modality.
        checklist: figures of the 7-point checklist; empty where the bundle does not tell it, or the dataset
            does not label it.
        robustness, comparison, compared_with: where they were asked for.
        reasons: why images were not read, with how many, the commonest first.
    """

    subject: Subject
    parts: Mapping[str, Mapping[str, Figure]]
    images: int
    external: Sequence[str]
    set_coverage: float | None
    closer: Sequence[Closer]
    checklist: Mapping[str, Figure] = field(default_factory=dict)
    robustness: Sequence[Flips] = ()
    comparison: Comparison | None = None
    compared_with: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def whole_in_words(self) -> str:
        """What `ALL` covers."""
        kind = self.closer[0].modality if self.closer else ""
        return f"Over all {kind} images of this evaluation."

    @property
    def melanomas(self) -> int:
        """Melanomas among the dermoscopic images, read or not."""
        return sum(int(c.counts[MELANOMA].sum()) for c in self.closer if c.modality == "dermoscopic")

    @property
    def melanomas_missed(self) -> int:
        """Those of them whose likeliest class is another one, or that were not read."""
        found = sum(int(c.counts[MELANOMA, MELANOMA]) for c in self.closer if c.modality == "dermoscopic")
        return self.melanomas - found


def evaluate_cases(
    cases: Sequence[Case],
    subject: Subject,
    *,
    robustness: Sequence[Flips] = (),
    comparison: Comparison | None = None,
    compared_with: str = "",
    replicates: int = REPLICATES,
) -> Evaluation:
    """Compute every figure.

    Args:
        cases: at least one.
        subject: what was evaluated on what.
        robustness, comparison, compared_with: where they were asked for.
        replicates: of every bootstrap.
    """
    by_modality = {
        modality: [case for case in cases if case.record.modality == modality]
        for modality in ("dermoscopic", "clinical")
    }
    reasons = Counter(case.reason for case in cases if case.reason)
    learned = set(subject.manifest.get("training", {}).get("datasets", ()))
    promises = [case.set_coverage for case in cases if case.set_coverage is not None]
    return Evaluation(
        subject=subject,
        images=len(cases),
        external=sorted(
            name for name in {case.record.dataset for case in cases} if learned.isdisjoint(sharing(name))
        ),
        set_coverage=promises[0] if promises else None,
        parts={name: figures(some, replicates=replicates) for name, some in split_parts(cases).items()},
        closer=[look_closer(some, name, replicates) for name, some in by_modality.items() if some],
        checklist=checklist_figures(cases, replicates=replicates),
        robustness=robustness,
        comparison=comparison,
        compared_with=compared_with,
        reasons=dict(reasons.most_common()),
    )


def split_parts(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Cases by dataset, and last `ALL`: a clinical photograph is another task than a dermoscopic image."""
    names = sorted({case.record.dataset for case in cases})
    parts = {name: [case for case in cases if case.record.dataset == name] for name in names}
    dermoscopic = [case for case in cases if case.record.modality == "dermoscopic"]
    parts[ALL] = dermoscopic or list(cases)
    return parts


def targets(columns: Columns) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """Truth and score of melanoma and of malignancy over the cases that were read and have the label."""
    known, decided = columns.read & (columns.labels >= 0), columns.read & columns.decided
    return {
        "melanoma": (columns.labels[known] == MELANOMA, columns.probabilities[known, MELANOMA]),
        "malignancy": (columns.malignant[decided], columns.malignancy[decided]),
    }


def malignancy_threshold(cases: Sequence[Case], sensitivity: float = 0.95) -> float:
    """The threshold of malignancy that finds this share of the malignant cases; nan where there are none."""
    return threshold_for_sensitivity(*targets(Columns.of(cases))["malignancy"], sensitivity)


def look_closer(cases: Sequence[Case], modality: str, replicates: int) -> Closer:
    """The closer look at cases of one modality."""
    columns = Columns.of(cases)
    known = columns.read & (columns.labels >= 0)
    labels, probabilities = columns.labels[known], columns.probabilities[known]
    correct = probabilities.argmax(axis=1) == labels if len(labels) else np.zeros(0, bool)
    two = targets(columns)
    malignant, malignancy = two["malignancy"]
    return Closer(
        modality=modality,
        counts=_counts(columns),
        outside=int(np.count_nonzero(columns.labels < 0)),
        challenge=_challenge(columns, labels, probabilities, malignant, malignancy),
        categories={
            code: category_score(labels == index, probabilities[:, index]) for index, code in enumerate(CODES)
        },
        points={name: _points(*pair) for name, pair in two.items()},
        curves={name: Curve(*roc_curve(*pair)[:2]) for name, pair in two.items()},
        of_classes=reliability(probabilities.max(axis=1, initial=0), correct),
        of_malignancy=reliability(malignancy, malignant),
        decision=decision_curve(malignancy, malignant, THRESHOLDS),
        subgroups=subgroups(cases, replicates=replicates),
    )


def _points(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> list[OperatingPoint]:
    thresholds = [threshold_for_sensitivity(positive, score, wanted) for wanted in SENSITIVITIES]
    return [
        operating_point(positive, score, threshold) for threshold in thresholds if not math.isnan(threshold)
    ]


def _counts(columns: Columns) -> NDArray[np.int64]:
    counts = np.zeros((len(CODES), len(CODES) + 1), np.int64)
    known = columns.labels >= 0
    chosen = np.full(len(columns), len(CODES))
    chosen[columns.read] = columns.probabilities[columns.read].argmax(axis=1)
    np.add.at(counts, (columns.labels[known], chosen[known]), 1)
    return counts


def _challenge(
    columns: Columns,
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    malignant: NDArray[np.bool_],
    malignancy: NDArray[np.float64],
) -> dict[str, float]:
    melanoma = category_score(labels == MELANOMA, probabilities[:, MELANOMA])
    keratosis = category_score(labels == CODES.index("bkl"), probabilities[:, CODES.index("bkl")])
    bordered = columns.jaccard[~np.isnan(columns.jaccard)]
    return {
        "ISIC 2016: malignancy, average precision": average_precision(malignant, malignancy),
        "ISIC 2016 and 2017: border, mean Jaccard": float(bordered.mean()) if len(bordered) else float("nan"),
        "ISIC 2017 Part 3: mean AUC of melanoma and benign keratosis": (melanoma.auc + keratosis.auc) / 2,
        "ISIC 2018 Task 1: border, thresholded Jaccard": thresholded_jaccard(bordered),
        "ISIC 2018 Task 3: balanced multiclass accuracy": balanced_multiclass_accuracy(labels, probabilities),
        "ISIC 2020: melanoma, AUC": melanoma.auc,
        "ISIC 2024: malignancy, area above 80 % sensitivity (at most 0.2)": area_above_sensitivity(
            malignant, malignancy, HIGH_SENSITIVITY
        ),
    }


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything as plain values; what is undefined is None."""
    plain = _plain(evaluation)
    assert isinstance(plain, dict)
    return {"schema": SCHEMA, **plain}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return or_none(value) if math.isfinite(value) else None
    return value

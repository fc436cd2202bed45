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
from augderm.learn.evaluation.cases import MELANOMA, Case, Columns, split_modalities
from augderm.learn.evaluation.challenge import (
    ChallengeScore,
    category_scores,
    challenge_scores,
    few_categories,
)
from augderm.learn.evaluation.checklist import checklist_figures
from augderm.learn.evaluation.compare import Comparison
from augderm.learn.evaluation.few import LEAST_CASES, distinct
from augderm.learn.evaluation.figures import Figure, figures, or_none
from augderm.learn.evaluation.held_out import sharing
from augderm.learn.evaluation.isic import CategoryScore
from augderm.learn.evaluation.operating import Point, operating_points, targets
from augderm.learn.evaluation.ranking import roc_curve, threshold_for_sensitivity
from augderm.learn.evaluation.robustness import Flips
from augderm.learn.evaluation.subgroups import Subgroup, subgroups

SCHEMA = "augderm.evaluation/3"
JOIN = "+"
"""Between the names of datasets that are also looked at as one."""
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
        met: datasets, under whatever name, from which the bundle is known to have learned images.
        manifest: the bundle's own facts.
        versions: of the program and of what computed the figures.
        command: what was asked for, as a line for a shell.
    """

    bundle: str
    version: str
    sha256: str
    dataset: str
    chosen: str
    manifest: Mapping[str, Any]
    versions: Mapping[str, str]
    command: str
    met: tuple[str, ...] = ()


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
        outside: cases whose diagnosis the network has no class for; unlabelled: those without a diagnosis.
        challenge: the ISIC scores by name; categories: those of each class; few_categories: the classes of
            which they are not shown.
        points: of melanoma and malignancy by target.
        curves: ROC by target.
        of_classes, of_malignancy: reliability of the likeliest class, and of malignancy.
        few: which of "classes", "melanoma" and "malignancy" stand on too few cases for a curve.
        decision: of acting on malignancy.
        subgroups: by trait.
    """

    modality: str
    counts: NDArray[np.int64]
    outside: int
    unlabelled: int
    challenge: Mapping[str, ChallengeScore]
    categories: Mapping[str, CategoryScore]
    few_categories: Sequence[str]
    points: Mapping[str, Sequence[Point]]
    curves: Mapping[str, Curve]
    of_classes: Sequence[ReliabilityBin]
    of_malignancy: Sequence[ReliabilityBin]
    few: Sequence[str]
    decision: DecisionCurve
    subgroups: Sequence[Subgroup]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Everything.

    Attributes:
        subject: what was evaluated on what.
        parts: the figures by dataset and modality, of joined datasets, and, last, of `ALL`.
        modalities: dermoscopic or clinical, by part.
        images: of all modalities.
        groups: by dataset how many patients, lesions or sets of near-duplicates its images are of, as far as
            it tells: as many as images where it tells none.
        images_of: by dataset how many images.
        external: datasets that the bundle did not learn from, nor from any that publishes the same images.
        related: by dataset that it did not learn from, those it did that publish partly the same images.
        set_coverage: what the prediction sets promise, 0..1; None where nothing was read.
        closer: by modality.
        checklist: figures of the 7-point checklist; empty where the bundle does not tell it, or the dataset
            does not label it.
        robustness, comparison (by modality), compared_with: where they were asked for.
        reasons: why images were not read, with how many, the commonest first.
        mask_faults: by image why reference masks are none of it, so that nothing is measured by them.
    """

    subject: Subject
    parts: Mapping[str, Mapping[str, Figure]]
    modalities: Mapping[str, str]
    images: int
    groups: Mapping[str, int]
    images_of: Mapping[str, int]
    external: Sequence[str]
    related: Mapping[str, Sequence[str]]
    set_coverage: float | None
    closer: Sequence[Closer]
    checklist: Mapping[str, Figure] = field(default_factory=dict)
    robustness: Sequence[Flips] = ()
    comparison: Mapping[str, Comparison] = field(default_factory=dict)
    compared_with: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)
    mask_faults: Mapping[str, str] = field(default_factory=dict)

    def head_of(self, part: str) -> str:
        """A part's name with its modality, but where it says it already."""
        modality = self.modalities[part]
        return part if part.endswith(modality) else f"{part}, {modality}"

    @property
    def kind(self) -> str:
        """Which images `ALL` covers, and which were read again after a change: dermoscopic or clinical."""
        return self.modalities[ALL]

    @property
    def melanomas(self) -> dict[str, tuple[int, int]]:
        """By modality the melanomas, read or not, and those missed: called another class, or not read."""
        counts = {closer.modality: closer.counts[MELANOMA] for closer in self.closer}
        return {name: (int(row.sum()), int(row.sum() - row[MELANOMA])) for name, row in counts.items()}


def evaluate_cases(
    cases: Sequence[Case],
    subject: Subject,
    *,
    joined: Sequence[Sequence[str]] = (),
    robustness: Sequence[Flips] = (),
    comparison: Mapping[str, Comparison] | None = None,
    compared_with: str = "",
    replicates: int = REPLICATES,
) -> Evaluation:
    """Compute every figure.

    Args:
        cases: at least one.
        subject: what was evaluated on what.
        joined: names of datasets that are also looked at as one.
        robustness, comparison, compared_with: where they were asked for.
        replicates: of every bootstrap.
    """
    by_modality = split_modalities(cases)
    by_part = split_parts(cases, joined)
    names = sorted({case.record.dataset for case in cases})
    reasons = Counter(case.reason for case in cases if case.reason)
    learned = {*subject.manifest.get("training", {}).get("datasets", ()), *subject.met}
    related = {name: sorted(learned & sharing(name)) for name in names if name not in learned}
    promises = [case.set_coverage for case in cases if case.set_coverage is not None]
    return Evaluation(
        subject=subject,
        images=len(cases),
        groups={
            name: len({case.record.group for case in cases if case.record.dataset == name}) for name in names
        },
        images_of={name: sum(case.record.dataset == name for case in cases) for name in names},
        external=[name for name, seen in related.items() if not seen],
        related={name: seen for name, seen in related.items() if seen},
        set_coverage=promises[0] if promises else None,
        parts={name: figures(some, replicates=replicates) for name, some in by_part.items()},
        modalities={name: some[0].record.modality for name, some in by_part.items()},
        closer=[look_closer(some, name, replicates) for name, some in by_modality.items()],
        checklist=checklist_figures(cases, replicates=replicates),
        robustness=robustness,
        comparison=comparison or {},
        compared_with=compared_with,
        reasons=dict(reasons.most_common()),
        mask_faults={case.record.image: case.mask_fault for case in cases if case.mask_fault},
    )


def split_parts(cases: Sequence[Case], joined: Sequence[Sequence[str]] = ()) -> dict[str, list[Case]]:
    """Cases by dataset, then of joined datasets, and last `ALL`, the dermoscopic ones where there are any.

    A clinical photograph is another task than a dermoscopic image, so a dataset with both is two parts.

    Args:
        cases: at least one.
        joined: names of datasets that also make a part together.
    """
    names = sorted({case.record.dataset for case in cases})
    parts: dict[str, list[Case]] = {}
    for wanted in [*([name] for name in names), *joined]:
        own = split_modalities([case for case in cases if case.record.dataset in wanted])
        for modality, some in own.items():
            name = JOIN.join(wanted)
            parts[name if len(own) == 1 else f"{name}, {modality}"] = some
    parts[ALL] = next(iter(split_modalities(cases).values()))
    return parts


def malignancy_threshold(cases: Sequence[Case], sensitivity: float = 0.95) -> float:
    """The threshold of malignancy that finds this share of the malignant cases; nan where there are none."""
    target = targets(Columns.of(cases))["malignancy"]
    return threshold_for_sensitivity(target.positive, target.score, sensitivity)


def look_closer(cases: Sequence[Case], modality: str, replicates: int) -> Closer:
    """The closer look at cases of one modality."""
    columns = Columns.of(cases)
    known = columns.read & (columns.labels >= 0)
    labels, probabilities = columns.labels[known], columns.probabilities[known]
    correct = probabilities.argmax(axis=1) == labels if len(labels) else np.zeros(0, bool)
    two = targets(columns)
    malignant, malignancy = two["malignancy"].positive, two["malignancy"].score
    unlabelled = sum(case.unlabelled for case in cases)
    points = operating_points(columns, replicates=replicates)
    # Where nothing is positive there is no point.
    few = [name for name, some in points.items() if not some or some[0].few]
    if distinct(columns.groups, known) < LEAST_CASES:
        few.append("classes")
    return Closer(
        modality=modality,
        counts=_counts(columns),
        outside=int(np.count_nonzero(columns.labels < 0)) - unlabelled,
        unlabelled=unlabelled,
        challenge=challenge_scores(columns, replicates=replicates),
        categories=category_scores(columns),
        few_categories=few_categories(columns),
        points=points,
        curves={name: Curve(*roc_curve(each.positive, each.score)[:2]) for name, each in two.items()},
        of_classes=reliability(probabilities.max(axis=1, initial=0), correct),
        of_malignancy=reliability(malignancy, malignant),
        few=few,
        decision=decision_curve(malignancy, malignant, THRESHOLDS),
        subgroups=subgroups(cases, replicates=replicates),
    )


def _counts(columns: Columns) -> NDArray[np.int64]:
    counts = np.zeros((len(CODES), len(CODES) + 1), np.int64)
    known = columns.labels >= 0
    chosen = np.full(len(columns), len(CODES))
    chosen[columns.read] = columns.probabilities[columns.read].argmax(axis=1)
    np.add.at(counts, (columns.labels[known], chosen[known]), 1)
    return counts


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

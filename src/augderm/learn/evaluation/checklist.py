"""The 7-point checklist as the network tells it, against what the dataset says of it.

Judged as Kawahara et al. do (IEEE JBHI 2019;23:538): the likeliest category of each criterion, its accuracy,
the mean over the seven, an area under the ROC curve for each category; and the sum of the points by them, at
the threshold of Argenziano (Arch Dermatol 1998;134:1563), for melanoma against every other diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import CHECKLIST
from augderm.evidence.scores.seven_point import SUSPICIOUS_FROM, points
from augderm.evidence.statistics.intervals import (
    REPLICATES,
    UNDEFINED,
    bootstrap,
    group_codes,
    weighted_share,
)
from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.few import LEAST_CASES, LEAST_POSITIVES
from augderm.learn.evaluation.figures import Figure, Figures, Rows
from augderm.learn.evaluation.ranking import weighted_area_under_roc

MEAN = "mean accuracy"
SENSITIVITY = ": sensitivity"


def checklist_figures(cases: Sequence[Case], *, replicates: int = REPLICATES) -> dict[str, Figure]:
    """Figures of the checklist by name, over the cases whose checklist was told; empty where none was.

    Args:
        cases: of any datasets; those without labels of the checklist count for none of its figures.
        replicates: of the bootstrap by group; 0 for values without intervals.
    """
    told = [case for case in cases if case.record.checklist and any(case.checklist.values())]
    if not told:
        return {}
    groups = group_codes([case.record.group for case in told])
    intervals = (
        bootstrap(lambda weights: _figures(told, weights), groups, replicates=replicates)
        if replicates
        else {}
    )
    values = _figures(told, np.ones((1, len(told))))
    few = len(np.unique(groups)) < LEAST_CASES
    melanomas = {case.record.group for case in told if case.melanoma}
    no_melanoma = len(melanomas) < LEAST_POSITIVES
    return {
        "images": Figure(float(len(told))),
        **{
            name: Figure(
                float(row[0]),
                *intervals.get(name, UNDEFINED),
                few or (no_melanoma and name.endswith(SENSITIVITY)),
            )
            for name, row in values.items()
        },
    }


def _figures(cases: Sequence[Case], weights: Rows) -> Figures:
    """Every figure but the count, (R,) for each of the weights (R, N)."""
    accuracies = {criterion: _accuracy(cases, weights, criterion) for criterion in CHECKLIST}
    labelled = [_only(case.record.checklist) for case in cases]
    return {
        # The plain mean: without one of them it is another figure, hence undefined.
        MEAN: np.mean(list(accuracies.values()), axis=0),
        **{f"accuracy {criterion}": row for criterion, row in accuracies.items()},
        **{
            f"AUC {criterion}: {category}": _area(cases, weights, criterion, category)
            for criterion, categories in CHECKLIST.items()
            for category in categories
        },
        **_at_threshold("7-point score", cases, weights, [_likeliest(case.checklist) for case in cases]),
        **_at_threshold("7-point score as labelled", cases, weights, labelled),
    }


def _accuracy(cases: Sequence[Case], weights: Rows, criterion: str) -> Rows:
    labelled = [_only(case.record.checklist).get(criterion) for case in cases]
    said = [_likeliest(case.checklist).get(criterion) for case in cases]
    pairs = zip(labelled, said, strict=True)
    right = [None if label is None or answer is None else label == answer for label, answer in pairs]
    return _share(right, weights)


def _area(cases: Sequence[Case], weights: Rows, criterion: str, category: str) -> Rows:
    """A label of several categories still says that the others are not there."""
    kept, truth, score = [], [], []
    for row, case in enumerate(cases):
        allowed, probabilities = case.record.checklist.get(criterion, ()), case.checklist.get(criterion)
        if not probabilities or not allowed or (category in allowed and len(allowed) > 1):
            continue
        kept.append(row)
        truth.append(category in allowed)
        score.append(probabilities[category])
    return weighted_area_under_roc(np.array(truth, bool), np.array(score, np.float64), weights[:, kept])


def _at_threshold(
    name: str, cases: Sequence[Case], weights: Rows, categories: Sequence[Mapping[str, str]]
) -> Figures:
    """Sensitivity and specificity of a sum of at least 3; a case without one of the seven has no sum."""
    called = [points(some) >= SUSPICIOUS_FROM if len(some) == len(CHECKLIST) else None for some in categories]
    pairs = [(c, case.melanoma) for c, case in zip(called, cases, strict=True)]
    found = [c if m is True else None for c, m in pairs]
    spared = [not c if c is not None and m is False else None for c, m in pairs]
    return {f"{name}{SENSITIVITY}": _share(found, weights), f"{name}: specificity": _share(spared, weights)}


def _share(truths: Sequence[bool | None], weights: Rows) -> Rows:
    """Weighted share of what is true among what is known."""
    known: NDArray[np.bool_] = np.array([truth is not None for truth in truths], bool)
    return weighted_share(np.array([truth for truth in truths if truth is not None], bool), weights[:, known])


def _only(checklist: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The criteria that are labelled with a single category."""
    return {criterion: allowed[0] for criterion, allowed in checklist.items() if len(allowed) == 1}


def _likeliest(checklist: Mapping[str, Mapping[str, float] | None]) -> dict[str, str]:
    return {
        criterion: max(probabilities, key=probabilities.__getitem__)
        for criterion, probabilities in checklist.items()
        if probabilities
    }

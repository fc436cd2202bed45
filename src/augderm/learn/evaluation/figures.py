"""The figures of some cases, each with its 95 % interval, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.evidence.statistics.intervals import (
    REPLICATES,
    UNDEFINED,
    Interval,
    bootstrap,
    weighted_share,
)
from augderm.evidence.statistics.proportions import all_or_none
from augderm.evidence.statistics.reliability import (
    brier_binary,
    brier_multiclass,
    weighted_calibration_error,
)
from augderm.learn.evaluation.cases import MELANOMA, Case, Columns
from augderm.learn.evaluation.few import MISSED_MEAN, MISSED_MELANOMA, distinct, shares, too_few
from augderm.learn.evaluation.isic import LOW_JACCARD
from augderm.learn.evaluation.ranking import weighted_area_under_roc

Rows = NDArray[np.float64]
Figures = dict[str, Rows]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its 95 % interval; nan where undefined, the interval also where it was not asked for.

    `few`: whether it stands on too few patients or lesions to be shown.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")
    few: bool = False


def figures(cases: Sequence[Case], *, replicates: int = REPLICATES) -> dict[str, Figure]:
    """The figures of some cases by name.

    Those of diagnosis are over the images that were read, but for two recalls that count what was not read
    as missed; how many were not stands beside them. A count has no interval.

    Args:
        cases: of any datasets.
        replicates: of the bootstrap by group; 0 for values without intervals.
    """
    columns = Columns.of(cases)
    values = weighted_figures(columns, np.ones((1, len(columns))))
    intervals = (
        bootstrap(lambda weights: weighted_figures(columns, weights), columns.groups, replicates=replicates)
        if replicates
        else {}
    )
    few = too_few(columns)
    of_cases = shares(columns) if replicates else {}
    found = {
        "images": Figure(float(len(cases))),
        "images read": Figure(float(np.count_nonzero(columns.read))),
    }
    for name, row in values.items():
        groups = distinct(columns.groups, of_cases[name]) if name in of_cases else 0
        found[name] = figure_of(float(row[0]), intervals.get(name, UNDEFINED), name in few, share_of=groups)
    for index, code in enumerate(CODES):
        own = columns.labels == index
        found[f"images {code}"] = Figure(float(np.count_nonzero(own)))
        found[f"images {code}, read"] = Figure(float(np.count_nonzero(own & columns.read)))
    return found


def figure_of(value: float, drawn: Interval, few: bool = False, *, share_of: int = 0) -> Figure:
    """A figure with the interval that was drawn; of a share that comes out as 0 or 1 in all, with Wilson's.

    Args:
        value: nan where undefined.
        drawn: of `bootstrap`.
        few: as of `Figure`.
        share_of: of how many patients or lesions a share is; 0 for what is no share.
    """
    return Figure(value, *(all_or_none(value, share_of) if np.isnan(drawn[0]) else drawn), few)


def weighted_figures(columns: Columns, weights: Rows) -> Figures:
    """Every figure but the counts, for each row of weights.

    Args:
        columns: N cases.
        weights: (R, N), how often each case counts.

    Returns:
        (R,) by name, nan where undefined.
    """
    return {
        **_not_read(columns, weights),
        **_diagnosis(columns, weights),
        **_sets(columns, weights),
        **_border(columns, weights),
        **_presence("structure", "structures", STRUCTURES, columns, weights),
        **_presence("artefact", "artefacts", ARTEFACTS, columns, weights),
        **_kind_of_image(columns, weights),
    }


def _not_read(columns: Columns, weights: Rows) -> Figures:
    status = np.array([case.status for case in columns.cases], dtype=object)
    return {
        "abstained": weighted_share(status == "abstained", weights),
        "failed": weighted_share(status == "failed", weights),
    }


def _diagnosis(columns: Columns, weights: Rows) -> Figures:
    read = columns.read & (columns.labels >= 0)
    labels, probabilities, drawn = columns.labels[read], columns.probabilities[read], weights[:, read]
    chosen = probabilities.argmax(axis=1) if len(labels) else labels
    correct = chosen == labels
    recalls = [weighted_share(correct[labels == c], drawn[:, labels == c]) for c in range(len(CODES))]
    areas = [weighted_area_under_roc(labels == c, probabilities[:, c], drawn) for c in range(len(CODES))]
    recognised = np.zeros(len(columns), bool)
    recognised[read] = correct
    of_all = [
        weighted_share(recognised[columns.labels == c], weights[:, columns.labels == c])
        for c in range(len(CODES))
    ]
    known = columns.read & columns.melanoma_known
    decided = columns.read & columns.decided
    malignant, malignancy = columns.malignant[decided], columns.malignancy[decided]
    return {
        "mean class recall": mean_of_defined(recalls),
        MISSED_MEAN: mean_of_defined(of_all),
        MISSED_MELANOMA: of_all[MELANOMA],
        "accuracy": weighted_share(correct, drawn),
        "melanoma AUC": weighted_area_under_roc(
            columns.melanoma[known], columns.probabilities[known, MELANOMA], weights[:, known]
        ),
        "malignancy AUC (akiec left out)": weighted_area_under_roc(
            malignant, malignancy, weights[:, decided]
        ),
        "mean class AUC": mean_of_defined(areas),
        "ECE of the likeliest class": weighted_calibration_error(
            probabilities.max(axis=1, initial=0), correct, drawn
        ),
        "Brier score, classes": weighted_share(brier_multiclass(probabilities, labels), drawn),
        "Brier score, malignancy": weighted_share(brier_binary(malignancy, malignant), weights[:, decided]),
        **{f"recall {code}": row for code, row in zip(CODES, recalls, strict=True)},
        **{f"AUC {code}": row for code, row in zip(CODES, areas, strict=True)},
    }


def _sets(columns: Columns, weights: Rows) -> Figures:
    read = columns.read & (columns.labels >= 0)
    labels, drawn = columns.labels[read], weights[:, read]
    sets = [case.prediction_set for case, kept in zip(columns.cases, read, strict=True) if kept]
    held = np.array([CODES[label] in found for label, found in zip(labels, sets, strict=True)], bool)
    sizes = np.array([len(found) for found in sets], np.float64)
    return {
        "prediction set coverage": weighted_share(held, drawn),
        "prediction set size": weighted_share(sizes, drawn),
        **{
            f"coverage {code}": weighted_share(held[labels == index], drawn[:, labels == index])
            for index, code in enumerate(CODES)
        },
    }


def _border(columns: Columns, weights: Rows) -> Figures:
    known = ~np.isnan(columns.jaccard)
    jaccard, drawn = columns.jaccard[known], weights[:, known]
    return {
        "border mean Jaccard": weighted_share(jaccard, drawn),
        f"borders below {LOW_JACCARD}": weighted_share(jaccard < LOW_JACCARD, drawn),
        "border mean Dice": weighted_share(columns.dice[known], drawn),
    }


def _presence(one: str, many: str, names: Sequence[str], columns: Columns, weights: Rows) -> Figures:
    """AUC of each name that the dataset labels and the bundle answers for, and their mean."""
    areas = {}
    for name in names:
        truth, answer = (
            [mapping.get(name) for mapping in mappings]
            for mappings in (
                [getattr(case.record, many) for case in columns.cases],
                [getattr(case, many) for case in columns.cases],
            )
        )
        known = np.array([t is not None and a is not None for t, a in zip(truth, answer, strict=True)], bool)
        positive = np.array([t for t, kept in zip(truth, known, strict=True) if kept], bool)
        score = np.array([a for a, kept in zip(answer, known, strict=True) if kept], np.float64)
        areas[f"{one} AUC {name}"] = weighted_area_under_roc(positive, score, weights[:, known])
    # The plain mean: without one of them it is another figure, hence undefined.
    return {f"{many} mean AUC": np.mean(list(areas.values()), axis=0), **areas}


def _kind_of_image(columns: Columns, weights: Rows) -> Figures:
    return {
        "modality accuracy": _share_where(
            columns,
            weights,
            lambda case: None if case.modality is None else case.modality == case.record.modality,
        ),
        "beyond the novelty limit": _share_where(columns, weights, lambda case: case.novel),
    }


def _share_where(columns: Columns, weights: Rows, answer: Callable[[Case], bool | None]) -> Rows:
    answers = [answer(case) for case in columns.cases]
    known = np.array([a is not None for a in answers], bool)
    return weighted_share(np.array([a for a in answers if a is not None], bool), weights[:, known])


def mean_of_defined(rows: Sequence[Rows]) -> Rows:
    """(R,) mean over the defined ones of some (R,) figures: over the classes that occur."""
    stacked = np.stack(rows)
    defined = ~np.isnan(stacked)
    count = defined.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Rows = np.where(count > 0, np.where(defined, stacked, 0).sum(axis=0) / count, np.nan)
    return mean


def flat(row: Mapping[str, Figure]) -> dict[str, float | None]:
    """Figures as plain numbers for JSON: undefined is None, an interval stands under two names more, and what
    stands on too few patients or lesions has a 1 under another.
    """
    numbers: dict[str, float | None] = {}
    for name, figure in row.items():
        numbers[name] = or_none(figure.value)
        if not np.isnan(figure.low):
            numbers[f"{name}, 95 % from"] = or_none(figure.low)
            numbers[f"{name}, 95 % to"] = or_none(figure.high)
        if figure.few:
            numbers[f"{name}, too few"] = 1
    return numbers


def or_none(value: float) -> float | None:
    """A number for JSON, which has no nan."""
    return None if np.isnan(value) else round(float(value), 6)

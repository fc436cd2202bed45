"""The scores of challenges, of ISIC and DermaMNIST, which let no case be left out: over every labelled image.

Where an assessment abstains, the network is asked all the same; where there is no answer at all (the image
cannot be read, or nothing is calibrated for its kind), the case counts as wrong. Structures alone are not
located where it abstains: for Task 2 of 2018 such a case is one without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import CODES
from augderm.evidence.statistics.intervals import UNDEFINED, bootstrap, weighted_share
from augderm.learn.datasets.meaning import plain
from augderm.learn.evaluation.cases import MELANOMA, Columns
from augderm.learn.evaluation.few import (
    LEAST_CASES,
    distinct,
    sides,
    too_few_for_an_area,
    too_few_of_a_class,
)
from augderm.learn.evaluation.figures import Figure, Figures, Rows, figure_of, mean_of_defined
from augderm.learn.evaluation.isic import (
    HIGH_SENSITIVITY,
    LOW_JACCARD,
    CategoryScore,
    category_score,
    decided,
)
from augderm.learn.evaluation.ranking import (
    weighted_area_above_sensitivity,
    weighted_area_under_roc,
    weighted_average_precision,
)
from augderm.learn.records import Record

WRONG_POSITIVE, WRONG_NEGATIVE = -1.0, 2.0
"""Scores of a case without an answer: below, and above, every probability."""
SQUAMOUS, UNK = len(CODES), len(CODES) + 1
"""The two classes of ISIC 2019 that the network has none for: never found."""
SQUAMOUS_WORDS = ("scc", "squamous cell carcinoma")
"""How a dataset's word for one begins: "squamous cell carcinoma, invasive"; what is in situ has a class."""
KERATOSIS = CODES.index("bkl")
TASK_2 = "ISIC 2018 Task 2: attributes, Jaccard of all together"


@dataclass(frozen=True, slots=True)
class ChallengeScore:
    """One score: over how many labelled images, and how many of them count as wrong for want of an answer."""

    score: Figure
    images: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One score.

    Attributes:
        chosen: (N,) its cases.
        score: of each row of weights.
        few: whether they are too few.
        answered: (N,) for which there is an answer.
        share: whether it is a share of its cases.
    """

    chosen: NDArray[np.bool_]
    score: Callable[[Rows], Rows]
    few: bool
    answered: NDArray[np.bool_]
    share: bool = False


def challenge_scores(columns: Columns, *, replicates: int) -> dict[str, ChallengeScore]:
    """The scores by name, with their intervals by one set of draws.

    Args:
        columns: of one modality.
        replicates: of the bootstrap by group; 0 for values alone.
    """
    rows = _rows(columns)

    def statistic(weights: Rows) -> Figures:
        return {name: row.score(weights) for name, row in rows.items()}

    values = statistic(np.ones((1, len(columns))))
    intervals = bootstrap(statistic, columns.groups, replicates=replicates) if replicates else {}
    return {
        name: ChallengeScore(
            figure_of(
                float(values[name][0]),
                intervals.get(name, UNDEFINED),
                row.few,
                share_of=distinct(columns.groups, row.chosen) if row.share and replicates else 0,
            ),
            int(np.count_nonzero(row.chosen)),
            int(np.count_nonzero(row.chosen & ~row.answered)),
        )
        for name, row in rows.items()
    }


def category_scores(columns: Columns) -> dict[str, CategoryScore]:
    """The figures of each class against the rest, over every case with a class."""
    known = columns.labels >= 0
    return {
        code: category_score(
            columns.labels[known] == index, _scores(columns, columns.labels == index, index)[known]
        )
        for index, code in enumerate(CODES)
    }


def few_categories(columns: Columns) -> list[str]:
    """The classes of `category_scores` that stand on too few patients or lesions to be shown."""
    known = columns.labels >= 0
    return [
        code
        for index, code in enumerate(CODES)
        if too_few_for_an_area(sides(columns.groups, columns.labels == index, known))
    ]


def task_2_note(located: Sequence[str]) -> str:
    """What the score of Task 2 stands on.

    Args:
        located: the structures whose place the bundle tells.
    """
    so = (
        f"tells the place of {', '.join(located)}, so the others count as not outlined, and where it "
        "abstains all do"
        if located
        else "tells no place, so it is undefined"
    )
    return f"Task 2 of 2018 takes where a structure is located for its outline; this bundle {so}."


def _rows(columns: Columns) -> dict[str, _Row]:
    labels = columns.labels
    known, bordered = labels >= 0, ~np.isnan(columns.jaccard)
    of_2019 = _labels_of_2019(columns)
    melanoma, melanoma_known = _truth_of_2020(columns)
    malignant, malignant_known = _truth_of_2024(columns)
    malignancy = np.where(
        columns.answered, columns.answer_malignancy, np.where(malignant, WRONG_POSITIVE, WRONG_NEGATIVE)
    )

    def ranked(
        measure: Callable[[NDArray[np.bool_], NDArray[np.float64], Rows], Rows],
        positive: NDArray[np.bool_],
        score: NDArray[np.float64],
        chosen: NDArray[np.bool_],
    ) -> _Row:
        pair = sides(columns.groups, positive, chosen)
        return _Row(
            chosen,
            lambda weights: measure(positive[chosen], score[chosen], weights[:, chosen]),
            too_few_for_an_area(pair),
            columns.answered,
        )

    def outlined(values: NDArray[np.float64]) -> _Row:
        return _Row(
            bordered,
            lambda weights: weighted_share(values[bordered], weights[:, bordered]),
            distinct(columns.groups, bordered) < LEAST_CASES,
            bordered,  # no border is an answer, and a wrong one
        )

    by_class = [
        ranked(weighted_area_under_roc, labels == index, _scores(columns, labels == index, index), known)
        for index in range(len(CODES))
    ]
    melanoma_2017, keratosis_2017 = by_class[MELANOMA], by_class[KERATOSIS]
    jaccard = columns.jaccard
    return {
        "ISIC 2016: malignancy, average precision": ranked(
            weighted_average_precision, malignant, malignancy, malignant_known
        ),
        "ISIC 2016 and 2017: border, mean Jaccard": outlined(jaccard),
        "ISIC 2017 Part 3: mean AUC of melanoma and benign keratosis": _Row(
            known,
            lambda weights: (melanoma_2017.score(weights) + keratosis_2017.score(weights)) / 2,
            melanoma_2017.few or keratosis_2017.few,
            columns.answered,
        ),
        "ISIC 2018 Task 1: border, thresholded Jaccard": outlined(
            np.where(jaccard >= LOW_JACCARD, jaccard, 0)
        ),
        TASK_2: _attributes(columns),
        "ISIC 2018 Task 3: balanced multiclass accuracy": _balanced(columns, labels),
        "ISIC 2019: balanced multiclass accuracy, squamous cell carcinoma and UNK never found": _balanced(
            columns, of_2019
        ),
        "ISIC 2020: melanoma, AUC": ranked(
            weighted_area_under_roc, melanoma, _scores(columns, melanoma, MELANOMA), melanoma_known
        ),
        "ISIC 2024: malignancy, area above 80 % sensitivity (at most 0.2)": ranked(
            lambda positive, score, weights: weighted_area_above_sensitivity(
                positive, score, weights, HIGH_SENSITIVITY
            ),
            malignant,
            malignancy,
            malignant_known,
        ),
        "DermaMNIST: accuracy": _accuracy(columns),
        "DermaMNIST: mean AUC of the classes": _Row(
            known,
            lambda weights: mean_of_defined([one.score(weights) for one in by_class]),
            too_few_of_a_class(columns.groups, labels),
            columns.answered,
        ),
    }


def _attributes(columns: Columns) -> _Row:
    """What all located and all labelled outlines share over what they cover, summed over images first."""
    chosen = np.asarray(~np.isnan(columns.outlined_either).all(axis=1))
    both = np.nansum(columns.outlined_both, axis=1)[chosen]
    either = np.nansum(columns.outlined_either, axis=1)[chosen]

    def score(weights: Rows) -> Rows:
        covered = weights[:, chosen] @ either
        with np.errstate(invalid="ignore"):
            return np.where(covered > 0, weights[:, chosen] @ both / covered, np.nan)

    return _Row(chosen, score, distinct(columns.groups, chosen) < LEAST_CASES, columns.read)


def _accuracy(columns: Columns) -> _Row:
    chosen = columns.labels >= 0
    right = np.zeros(len(columns), bool)
    answered = columns.answered & chosen
    right[answered] = columns.answers[answered].argmax(axis=1) == columns.labels[answered]
    return _Row(
        chosen,
        lambda weights: weighted_share(right[chosen], weights[:, chosen]),
        distinct(columns.groups, chosen) < LEAST_CASES,
        columns.answered,
        share=True,
    )


def _balanced(columns: Columns, labels: NDArray[np.int64]) -> _Row:
    """Mean over the classes that occur of the share found; ties and no answer are wrong."""
    chosen = labels >= 0
    answered = columns.answered & chosen
    right = np.zeros(len(columns), bool)
    if answered.any():
        right[answered] = decided(columns.answers[answered]) == labels[answered]
    occurring = [labels == label for label in np.unique(labels[chosen])]

    def score(weights: Rows) -> Rows:
        if not occurring:
            return np.full(len(weights), np.nan)
        return mean_of_defined([weighted_share(right[own], weights[:, own]) for own in occurring])

    return _Row(chosen, score, too_few_of_a_class(columns.groups, labels), columns.answered)


def _truth_of_2020(columns: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each is a melanoma, and whether that is known, both (N,): by the target on its data."""
    target = [case.record.target if case.record.dataset == "isic2020" else None for case in columns.cases]
    return _by_target(target, columns.melanoma, columns.melanoma_known)


def _truth_of_2024(columns: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Likewise whether it is malignant; a target of either challenge says that."""
    return _by_target([case.record.target for case in columns.cases], columns.malignant, columns.decided)


def _by_target(
    target: Sequence[bool | None], positive: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    given = np.array([one is not None for one in target], bool)
    said = np.array([one is True for one in target], bool)
    return np.where(given, said, positive), known | given


def _labels_of_2019(columns: Columns) -> NDArray[np.int64]:
    return np.array([_label_of_2019(case.record) for case in columns.cases], np.int64)


def _label_of_2019(record: Record) -> int:
    """A class of ISIC 2019, -1 where it has none; UNK is one in that challenge's own truth alone."""
    if record.label is not None:
        return record.label
    word = plain(record.diagnosis)
    if record.malignant and word.startswith(SQUAMOUS_WORDS):
        return SQUAMOUS
    return UNK if record.dataset == "isic2019" and word == "unk" else -1


def _scores(columns: Columns, positive: NDArray[np.bool_], index: int) -> NDArray[np.float64]:
    """(N,) probability of a class; on the wrong side of all where there is no answer."""
    return np.where(
        columns.answered, columns.answers[:, index], np.where(positive, WRONG_POSITIVE, WRONG_NEGATIVE)
    )

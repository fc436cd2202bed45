"""Two bundles on the same cases: what one gets right and the other does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augderm.domain.errors import InvalidDataset
from augderm.evidence.statistics.intervals import REPLICATES, UNDEFINED, bootstrap
from augderm.learn.evaluation.cases import Case, Columns, split_modalities
from augderm.learn.evaluation.few import too_few
from augderm.learn.evaluation.figures import Figure, Figures, Rows, weighted_figures

COMPARED = (
    *("mean class recall", "accuracy", "melanoma AUC", "malignancy AUC (akiec left out)"),
    *("ECE of the likeliest class", "Brier score, classes", "border mean Jaccard"),
    *("structures mean AUC", "artefacts mean AUC"),
)


@dataclass(frozen=True, slots=True)
class McNemar:
    """Cases that only the first, or only the second, gets right, and the exact two-sided p.

    p is nan where there is no such case.
    """

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bundles on the cases that both read.

    Attributes:
        images: number of those cases.
        not_compared: cases that one of them did not read.
        likeliest: McNemar on whether the likeliest class is the true one. It takes cases as
            independent, which images of one lesion are not; the intervals of `second_less_first` do not.
        first, second: figures by name.
        second_less_first: their difference, with its interval by paired bootstrap by group, and whether it
            stands on too few patients or lesions: then neither it nor the figures of that name are shown.
    """

    images: int
    not_compared: int
    likeliest: McNemar
    first: Mapping[str, float]
    second: Mapping[str, float]
    second_less_first: Mapping[str, Figure]


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """McNemar's test in its exact binomial form (Fagerland et al., BMC Med Res Methodol 2013;13:91).

    Args:
        first, second: (N,) whether each was right on the same case.
    """
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(~first & second))
    torn = only_first + only_second
    p = float(stats.binomtest(only_first, torn, 0.5).pvalue) if torn else float("nan")
    return McNemar(only_first, only_second, p)


def compare_modalities(
    first: Sequence[Case], second: Sequence[Case], *, replicates: int = REPLICATES
) -> dict[str, Comparison]:
    """`compare` for the dermoscopic and for the clinical images, which are two tasks; those that occur.

    Raises:
        InvalidDataset: the records differ.
    """
    if [case.record.path for case in first] != [case.record.path for case in second]:
        raise InvalidDataset(
            f"the two bundles were read on different images ({len(first)} and {len(second)}); read both on "
            "the same dataset, fold and split"
        )
    parts, others = split_modalities(first), split_modalities(second)
    return {name: compare(some, others[name], replicates=replicates) for name, some in parts.items()}


def compare(first: Sequence[Case], second: Sequence[Case], *, replicates: int = REPLICATES) -> Comparison:
    """Compare the reads of two bundles, case by case.

    Args:
        first, second: of the same records in the same order, of one modality.
        replicates: of the bootstrap.

    """
    pairs = [
        (a, b)
        for a, b in zip(first, second, strict=True)
        if a.probabilities is not None and b.probabilities is not None
    ]
    one, other = Columns.of([a for a, _ in pairs]), Columns.of([b for _, b in pairs])

    def statistic(weights: Rows) -> Figures:
        before, after = weighted_figures(one, weights), weighted_figures(other, weights)
        return {name: after[name] - before[name] for name in COMPARED}

    plain = np.ones((1, len(pairs)))
    intervals = bootstrap(statistic, one.groups, replicates=replicates)
    known = one.labels >= 0
    few = too_few(one) | too_few(other)
    return Comparison(
        images=len(pairs),
        not_compared=len(first) - len(pairs),
        likeliest=mcnemar(_right(one)[known], _right(other)[known]),
        first=_values(one, plain),
        second=_values(other, plain),
        second_less_first={
            name: Figure(float(row[0]), *intervals.get(name, UNDEFINED), name in few)
            for name, row in statistic(plain).items()
        },
    )


def _right(columns: Columns) -> NDArray[np.bool_]:
    if not len(columns):
        return np.zeros(0, bool)
    return columns.probabilities.argmax(axis=1) == columns.labels


def _values(columns: Columns, plain: Rows) -> dict[str, float]:
    found = weighted_figures(columns, plain)
    return {name: float(found[name][0]) for name in COMPARED}

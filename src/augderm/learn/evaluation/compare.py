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
from augderm.learn.evaluation.few import MISSED_MEAN, MISSED_MELANOMA, too_few
from augderm.learn.evaluation.figures import Figure, Figures, Rows, weighted_figures

COMPARED = (
    *("mean class recall", "accuracy", "melanoma AUC", "malignancy AUC (akiec left out)"),
    *("ECE of the likeliest class", "Brier score, classes", "border mean Jaccard"),
    *("structures mean AUC", "artefacts mean AUC"),
)
WITH_UNREAD = (MISSED_MELANOMA, MISSED_MEAN)


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
    """Two bundles on the cases that both read, and what either leaves unread.

    Attributes:
        images: number of the cases that both read.
        only_first_read, only_second_read, neither_read: numbers of the others.
        likeliest: McNemar on whether the likeliest class is the true one. It takes cases as
            independent, which images of one lesion are not; the intervals of `second_less_first` do not.
        first, second: figures by name; those of `WITH_UNREAD` over all cases, read or not, so that a bundle
            gains nothing by leaving hard ones unread.
        second_less_first: their difference, with its interval by paired bootstrap by group, and whether it
            stands on too few patients or lesions: then neither it nor the figures of that name are shown.
    """

    images: int
    only_first_read: int
    only_second_read: int
    neither_read: int
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
    read_first, read_second = (
        np.array([case.probabilities is not None for case in cases], bool) for cases in (first, second)
    )
    both = read_first & read_second
    one, other = Columns.of(_kept(first, both)), Columns.of(_kept(second, both))
    known = one.labels >= 0
    of_read = _side_by_side(one, other, COMPARED, replicates)
    of_all = _side_by_side(Columns.of(first), Columns.of(second), WITH_UNREAD, replicates)
    return Comparison(
        images=int(np.count_nonzero(both)),
        only_first_read=int(np.count_nonzero(read_first & ~read_second)),
        only_second_read=int(np.count_nonzero(~read_first & read_second)),
        neither_read=int(np.count_nonzero(~read_first & ~read_second)),
        likeliest=mcnemar(_right(one)[known], _right(other)[known]),
        first={**of_read.first, **of_all.first},
        second={**of_read.second, **of_all.second},
        second_less_first={**of_read.second_less_first, **of_all.second_less_first},
    )


@dataclass(frozen=True, slots=True)
class _SideBySide:
    first: Mapping[str, float]
    second: Mapping[str, float]
    second_less_first: Mapping[str, Figure]


def _side_by_side(one: Columns, other: Columns, names: Sequence[str], replicates: int) -> _SideBySide:
    def statistic(weights: Rows) -> Figures:
        before, after = weighted_figures(one, weights), weighted_figures(other, weights)
        return {name: after[name] - before[name] for name in names}

    plain = np.ones((1, len(one)))
    intervals = bootstrap(statistic, one.groups, replicates=replicates)
    few = too_few(one) | too_few(other)
    return _SideBySide(
        _values(one, plain, names),
        _values(other, plain, names),
        {
            name: Figure(float(row[0]), *intervals.get(name, UNDEFINED), name in few)
            for name, row in statistic(plain).items()
        },
    )


def _kept(cases: Sequence[Case], chosen: NDArray[np.bool_]) -> list[Case]:
    return [case for case, kept in zip(cases, chosen, strict=True) if kept]


def _right(columns: Columns) -> NDArray[np.bool_]:
    if not len(columns):
        return np.zeros(0, bool)
    return columns.probabilities.argmax(axis=1) == columns.labels


def _values(columns: Columns, plain: Rows, names: Sequence[str]) -> dict[str, float]:
    found = weighted_figures(columns, plain)
    return {name: float(found[name][0]) for name in names}

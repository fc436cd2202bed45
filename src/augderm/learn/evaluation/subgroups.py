"""Figures by kind of patient, site, label, skin and image; a small group says so instead of a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import ARTEFACTS
from augderm.evidence.statistics.intervals import REPLICATES, UNDEFINED, bootstrap, weighted_share
from augderm.learn.evaluation.cases import MELANOMA, Case, Columns
from augderm.learn.evaluation.few import LEAST_CASES, LEAST_POSITIVES, distinct, sides
from augderm.learn.evaluation.figures import Figure, Figures, Rows, figure_of
from augderm.learn.evaluation.ranking import weighted_area_under_roc
from augderm.learn.evaluation.skin_tone import ITA_CLASSES, ita_class

AGE_BANDS = ((0, 30), (30, 45), (45, 60), (60, 75), (75, 200))
"""From (included) and to (excluded), in years."""
FITZPATRICK = ("I", "II", "III", "IV", "V", "VI")
UNKNOWN = "not recorded"


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One group of cases by one trait.

    Attributes:
        trait: such as "age".
        value: such as "30 to 44 years".
        images, melanomas, malignant: counts among the images that were read.
        not_read: share of all images of the group that were not read.
        melanomas_not_read: how many melanomas are among those.
        melanoma_auc, malignancy_auc, melanoma_recall, accuracy: over what was read; None where it is of too
            few patients or lesions.
        melanoma_found: recall of melanoma with what was not read counted as missed; likewise.
    """

    trait: str
    value: str
    images: int
    melanomas: int
    malignant: int
    not_read: float
    melanomas_not_read: int
    melanoma_auc: Figure | None
    malignancy_auc: Figure | None
    melanoma_recall: Figure | None
    melanoma_found: Figure | None
    accuracy: Figure | None


Trait = tuple[str, Callable[[Case], str | None], tuple[str, ...]]
"""Name, the value of a case (None: the trait does not apply to it), and the order of the values; values
that it does not name follow by size."""


def subgroups(cases: Sequence[Case], *, replicates: int = REPLICATES) -> list[Subgroup]:
    """All traits of some cases that at least one case has a value for, group by group."""
    found = []
    for name, value_of, order in traits():
        values = [value_of(case) for case in cases]
        if all(value in {None, UNKNOWN} for value in values):
            continue
        sizes = {value: values.count(value) for value in set(values) if value is not None}
        ranked = sorted(
            sizes, key=lambda v: (v == UNKNOWN, order.index(v) if v in order else len(order), -sizes[v], v)
        )
        for value in ranked:
            members = [case for case, own in zip(cases, values, strict=True) if own == value]
            found.append(_subgroup(name, value, Columns.of(members), replicates))
    return found


def traits() -> list[Trait]:
    """What cases are grouped by."""
    presence = ("present", "absent")
    return [
        ("age", _age_band, tuple(_band(*band) for band in AGE_BANDS)),
        ("sex", lambda case: case.record.sex or UNKNOWN, ("female", "male")),
        ("site", lambda case: case.record.site or UNKNOWN, ()),
        ("label confirmed by", lambda case: case.record.confirmed_by or UNKNOWN, ()),
        ("skin type (Fitzpatrick)", _skin_type, FITZPATRICK),
        ("skin tone (ITA, estimated)", _skin_tone, tuple(name for name, _ in ITA_CLASSES)),
        *((f"artefact: {name.replace('_', ' ')}", _artefact(name), presence) for name in ARTEFACTS),
    ]


def _band(low: int, high: int) -> str:
    return f"{low} years and more" if high > 150 else f"{low} to {high - 1} years"


def _age_band(case: Case) -> str:
    age = case.record.age_years
    if age is None:
        return UNKNOWN
    return next((_band(*band) for band in AGE_BANDS if band[0] <= age < band[1]), UNKNOWN)


def _skin_type(case: Case) -> str:
    kind = case.record.skin_type
    if kind is None:
        return UNKNOWN
    return " or ".join(FITZPATRICK[one - 1] for one in (kind if isinstance(kind, tuple) else (kind,)))


def _skin_tone(case: Case) -> str | None:
    if case.record.skin_type is not None:
        return None  # a person's own record is better than an estimate
    return UNKNOWN if case.ita_deg is None else ita_class(case.ita_deg)


def _artefact(name: str) -> Callable[[Case], str | None]:
    def value(case: Case) -> str | None:
        present = case.record.artefacts.get(name)
        return None if present is None else ("present" if present else "absent")

    return value


def _subgroup(trait: str, value: str, members: Columns, replicates: int) -> Subgroup:
    groups, read = members.groups, members.read
    melanoma = members.labels == MELANOMA
    counts = {
        "melanoma AUC": min(sides(groups, members.melanoma, read & members.melanoma_known)),
        "malignancy AUC": min(sides(groups, members.malignant, read & members.decided)),
        "melanoma recall": distinct(groups, melanoma & read),
        "melanoma found": distinct(groups, melanoma),
        "accuracy": distinct(groups, read & (members.labels >= 0)),
    }
    enough = distinct(groups, read) >= LEAST_CASES
    shown = {name for name, least in counts.items() if enough and least >= LEAST_POSITIVES}

    def statistic(weights: Rows) -> Figures:
        return {name: row(members, weights) for name, row in _FIGURES.items() if name in shown}

    values = statistic(np.ones((1, len(members))))
    intervals = bootstrap(statistic, groups, replicates=replicates) if shown and replicates else {}
    figure = {
        name: figure_of(
            float(row[0]),
            intervals.get(name, UNDEFINED),
            share_of=counts[name] if replicates and name in SHARES else 0,
        )
        for name, row in values.items()
    }
    return Subgroup(
        trait=trait,
        value=value,
        images=int(np.count_nonzero(read)),
        melanomas=int(np.count_nonzero(melanoma & read)),
        malignant=int(np.count_nonzero(members.malignant & members.decided & read)),
        not_read=1 - float(np.mean(read)),
        melanomas_not_read=int(np.count_nonzero(melanoma & ~read)),
        melanoma_auc=figure.get("melanoma AUC"),
        malignancy_auc=figure.get("malignancy AUC"),
        melanoma_recall=figure.get("melanoma recall"),
        melanoma_found=figure.get("melanoma found"),
        accuracy=figure.get("accuracy"),
    )


def _melanoma_auc(members: Columns, weights: Rows) -> Rows:
    known = members.read & members.melanoma_known
    return weighted_area_under_roc(
        members.melanoma[known], members.probabilities[known, MELANOMA], weights[:, known]
    )


def _malignancy_auc(members: Columns, weights: Rows) -> Rows:
    known = members.read & members.decided
    return weighted_area_under_roc(members.malignant[known], members.malignancy[known], weights[:, known])


def _melanoma_recall(members: Columns, weights: Rows) -> Rows:
    melanoma = members.read & (members.labels == MELANOMA)
    return weighted_share(_right(members)[melanoma], weights[:, melanoma])


def _melanoma_found(members: Columns, weights: Rows) -> Rows:
    melanoma = members.labels == MELANOMA
    return weighted_share(_right(members)[melanoma], weights[:, melanoma])


def _accuracy(members: Columns, weights: Rows) -> Rows:
    known = members.read & (members.labels >= 0)
    return weighted_share(_right(members)[known], weights[:, known])


def _right(members: Columns) -> NDArray[np.bool_]:
    """Whether the likeliest class is the true one; not where nothing was read."""
    right = np.zeros(len(members), bool)
    right[members.read] = members.probabilities[members.read].argmax(axis=1) == members.labels[members.read]
    return right


SHARES = ("melanoma recall", "melanoma found", "accuracy")
"""Those of `_FIGURES` that are a share of cases."""
_FIGURES: dict[str, Callable[[Columns, Rows], Rows]] = {
    "melanoma AUC": _melanoma_auc,
    "malignancy AUC": _malignancy_auc,
    "melanoma recall": _melanoma_recall,
    "melanoma found": _melanoma_found,
    "accuracy": _accuracy,
}

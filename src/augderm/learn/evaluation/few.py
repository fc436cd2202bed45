"""Which figures stand on too few patients or lesions to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.evaluation.cases import Columns

LEAST_CASES = 20
LEAST_POSITIVES = 5
"""Below either a figure is not shown, both in distinct groups: five pictures of one lesion are one case. An
area also wants that many negative ones."""
MISSED_MELANOMA = "recall mel, not read counted as missed"
MISSED_MEAN = "mean class recall, not read counted as missed"
OF_ALL = ("abstained", "failed", "modality accuracy", "beyond the novelty limit")
OF_READ = (
    *("accuracy", "ECE of the likeliest class", "Brier score, classes"),
    *("prediction set coverage", "prediction set size"),
)
OF_DECIDED = ("Brier score, malignancy",)
OF_BORDERS = ("border mean Jaccard", "borders below 0.65", "border mean Dice")


def distinct(groups: NDArray[np.int64], chosen: NDArray[np.bool_]) -> int:
    """How many groups the chosen cases are of; both (N,)."""
    return len(np.unique(groups[chosen]))


def sides(
    groups: NDArray[np.int64], positive: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[int, int]:
    """Distinct groups with a positive and with a negative case among the known ones; all (N,)."""
    return distinct(groups, positive & known), distinct(groups, ~positive & known)


def too_few_for_an_area(pair: tuple[int, int]) -> bool:
    """Whether what tells positive from negative cases stands on too few of them; `pair` is of `sides`."""
    return min(pair) < LEAST_POSITIVES or sum(pair) < LEAST_CASES


def too_few_of_a_class(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> bool:
    """Whether a mean over the classes that occur stands on one that hardly does, or on few cases in all.

    Args:
        groups: (N,).
        labels: (N,) -1 where there is none.
    """
    occurring = np.unique(labels[labels >= 0])
    fewest = min((distinct(groups, labels == label) for label in occurring), default=0)
    return fewest < LEAST_POSITIVES or distinct(groups, labels >= 0) < LEAST_CASES


def too_few(columns: Columns) -> frozenset[str]:
    """The names of the figures of `figures.weighted_figures` that are not shown."""
    groups, labelled = columns.groups, columns.labels >= 0
    read = columns.read & labelled
    bordered = ~np.isnan(columns.jaccard)
    few: set[str] = set()
    of_many: tuple[tuple[NDArray[np.bool_], tuple[str, ...]], ...] = (
        (np.ones(len(columns), bool), OF_ALL),
        (read, OF_READ),
        (columns.read & columns.decided, OF_DECIDED),
        (bordered, OF_BORDERS),
    )
    for chosen, of_these in of_many:
        if distinct(groups, chosen) < LEAST_CASES:
            few.update(of_these)
    of_class = {code: sides(groups, columns.labels == index, read) for index, code in enumerate(CODES)}
    melanoma = sides(groups, columns.melanoma, columns.read & columns.melanoma_known)
    malignant = sides(groups, columns.malignant, columns.read & columns.decided)
    pairs = {
        "melanoma AUC": melanoma,
        "malignancy AUC (akiec left out)": malignant,
        **{f"AUC {code}": pair for code, pair in of_class.items()},
        **_presence("structure", STRUCTURES, columns, "structures"),
        **_presence("artefact", ARTEFACTS, columns, "artefacts"),
    }
    few |= {name for name, pair in pairs.items() if too_few_for_an_area(pair)}
    for kind, many, names in (("structure", "structures", STRUCTURES), ("artefact", "artefacts", ARTEFACTS)):
        if any(f"{kind} AUC {name}" in few for name in names):
            few.add(f"{many} mean AUC")
    for code, (positives, others) in of_class.items():
        if positives < LEAST_POSITIVES or positives + others < LEAST_CASES:
            few |= {f"recall {code}", f"coverage {code}"}
    if too_few_of_a_class(groups, np.where(columns.read, columns.labels, -1)):
        few |= {"mean class recall", "mean class AUC"}
    if too_few_of_a_class(groups, columns.labels):
        few.add(MISSED_MEAN)
    if distinct(groups, columns.melanoma) < LEAST_POSITIVES or distinct(groups, labelled) < LEAST_CASES:
        few.add(MISSED_MELANOMA)
    return frozenset(few)


def shares(columns: Columns) -> dict[str, NDArray[np.bool_]]:
    """The figures of `figures.weighted_figures` that are a share of cases, each with its cases, (N,)."""
    everything, read = np.ones(len(columns), bool), columns.read & (columns.labels >= 0)
    of_class = {code: columns.labels == index for index, code in enumerate(CODES)}
    return {
        "abstained": everything,
        "failed": everything,
        "modality accuracy": np.array([case.modality is not None for case in columns.cases], bool),
        "beyond the novelty limit": np.array([case.novel is not None for case in columns.cases], bool),
        "accuracy": read,
        "prediction set coverage": read,
        "borders below 0.65": ~np.isnan(columns.jaccard),
        MISSED_MELANOMA: of_class["mel"],
        **{f"recall {code}": read & own for code, own in of_class.items()},
        **{f"coverage {code}": read & own for code, own in of_class.items()},
    }


def _presence(one: str, names: Sequence[str], columns: Columns, many: str) -> dict[str, tuple[int, int]]:
    found = {}
    for name in names:
        truths: list[Mapping[str, bool]] = [getattr(case.record, many) for case in columns.cases]
        answers: list[Mapping[str, float]] = [getattr(case, many) for case in columns.cases]
        known = np.array([name in t and name in a for t, a in zip(truths, answers, strict=True)], bool)
        positive = np.array([t.get(name) is True for t in truths], bool)
        found[f"{one} AUC {name}"] = sides(columns.groups, positive, known)
    return found

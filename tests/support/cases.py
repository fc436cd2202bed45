"""Labelled cases with made-up reads, for the tests of evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.evaluation.cases import Case
from augderm.learn.records import Record, behaves_malignant


def record_of(number: int, label: int | None, **changes: Any) -> Record:
    """A record of a dataset "d", in a group of its own."""
    facts: dict[str, Any] = {
        "folder": Path("/data"),
        "image": f"{number}.png",
        "dataset": "d",
        "group": f"g{number}",
        "fold": 0,
        "aspect": 4 / 3,
        "label": label,
        "malignant": None if label is None else behaves_malignant(label),
        **changes,
    }
    return Record(**facts)


def case_of_code(number: int, true: str, said: str, malignancy: float, **changes: Any) -> Case:
    """A read whose likeliest class is `said`, with probability 0.7."""
    probabilities = np.full(len(CODES), 0.05)
    probabilities[CODES.index(said)] = 0.7
    facts: dict[str, Any] = {
        "status": "ok",
        "probabilities": probabilities,
        "malignancy": malignancy,
        "prediction_set": (said,),
        "set_coverage": 0.9,
        "jaccard": 0.9,
        "dice": 0.95,
        **changes,
    }
    record = facts.pop("record", None) or record_of(number, CODES.index(true))
    return Case(record=record, **facts)


def abstained(number: int, true: str, jaccard: float = 0.5) -> Case:
    """A case that was measured and not read."""
    return Case(
        record=record_of(number, CODES.index(true)),
        status="abstained",
        reason="Too blurred.",
        jaccard=jaccard,
        dice=2 * jaccard / (1 + jaccard),
    )


def many(count: int, seed: int = 0, skill: float = 2.0, **changes: Any) -> list[Case]:
    """Cases at random in groups of two, with every label that a dataset may give.

    The labels follow from their number alone, so that two seeds read the same images.
    """
    truth, rng = np.random.default_rng(20261125), np.random.default_rng(seed)
    cases = []
    for number in range(count):
        label = int(truth.integers(len(CODES)))
        structures = {name: bool(truth.random() < 0.4) for name in STRUCTURES}
        artefacts = {name: bool(truth.random() < 0.4) for name in ARTEFACTS}
        record = record_of(
            number,
            label,
            group=f"g{number // 2}",
            age_years=float(truth.integers(5, 95)),
            sex=("female", "male", None)[number % 3],
            site=("back", "face")[number % 2],
            confirmed_by=("histology", "consensus")[number % 2],
            structures=structures,
            artefacts=artefacts,
            **changes,
        )
        scores = np.exp(rng.normal(size=len(CODES)) + skill * (np.arange(len(CODES)) == label))
        probabilities = scores / scores.sum()
        jaccard = float(rng.uniform(0.5, 1))
        cases.append(
            Case(
                record=record,
                status="ok",
                probabilities=probabilities,
                malignancy=float(probabilities[CODES.index("mel")] + probabilities[CODES.index("bcc")]),
                prediction_set=tuple(CODES[i] for i in np.argsort(-probabilities)[:2]),
                set_coverage=0.9,
                jaccard=jaccard,
                dice=2 * jaccard / (1 + jaccard),
                structures={name: float(rng.random()) for name in STRUCTURES},
                artefacts={name: float(rng.random()) for name in ARTEFACTS},
                modality="dermoscopic",
                novel=False,
                ita_deg=float(rng.normal(45, 15)),
            )
        )
    return cases

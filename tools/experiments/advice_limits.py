"""The limits of the shipped advice policy: what stated sensitivities ask for, and what the bands cost.

    .venv/bin/python tools/experiments/advice_limits.py images CONFIG ../shared/data > images.txt
    .venv/bin/augderm read - --json reads.jsonl < images.txt
    .venv/bin/python tools/experiments/advice_limits.py limits CONFIG ../shared/data reads.jsonl

Read are dermoscopic calibration images alone: all that are malignant or actinic keratosis, and of the benign
ones as many as make 600, drawn by a hash of their name. Each benign image read then stands for several, and
is counted so. The probabilities were calibrated on these very images, so the figures flatter: fold 0, which
sets nothing, is there to check them, whole (`images-of-fold-0`, `check-on-fold-0` in place of `images`,
`limits`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augderm.domain.advice import BANDS
from augderm.domain.assessment import (
    Assessment,
    DiagnosisRead,
    Malignancy,
    ModalityRead,
    ModelName,
    Novelty,
    Quality,
)
from augderm.domain.folds import share_of
from augderm.domain.taxonomy import CODES
from augderm.evidence.advice import advise
from augderm.evidence.advice.default import default_policy
from augderm.evidence.statistics.intervals import bootstrap, group_codes, weighted_share
from augderm.learn.config import load_config
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.evaluation.ranking import threshold_for_sensitivity
from augderm.learn.records import Record, split_records

IMAGES = 600
SENSITIVITIES = (0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)


def chosen(config: Path, data: Path, *, checking: bool) -> tuple[list[Record], float]:
    """The records to read, and for how many each benign one stands; all of fold 0 where it is to check."""
    how = load_config(config)
    split = split_records(
        read_index(data),
        validation_fold=how.validation_fold,
        calibration_fold=how.calibration_fold,
        calibration_share=how.calibration_share,
    )
    records = split.validation if checking else split.calibration
    records = [record for record in records if record.modality == "dermoscopic"]
    kept = [record for record in records if record.malignant is not False]
    benign = sorted((r for r in records if r.malignant is False), key=lambda r: share_of(r.image))
    drawn = benign if checking else benign[: IMAGES - len(kept)]
    return kept + drawn, len(benign) / len(drawn)


@dataclass(frozen=True, slots=True)
class Cases:
    """What was read, one row an image; `weight` is how many images it stands for."""

    malignant: NDArray[np.bool_]
    melanoma: NDArray[np.bool_]
    benign: NDArray[np.bool_]
    weight: NDArray[np.float64]
    groups: NDArray[np.int64]
    probability: NDArray[np.float64]
    """Of malignancy; nan where not read."""
    bands: NDArray[np.str_]


def judged(records: Sequence[Record], weight: float, reads: Path) -> Cases:
    """Each record with its read, and the band by the shipped policy."""
    lines = (json.loads(line) for line in reads.read_text(encoding="utf-8").splitlines())
    found = {Path(line["image"]).name: line for line in lines}
    read = [found[record.path.name] for record in records]
    return Cases(
        malignant=np.array([record.malignant is True for record in records]),
        melanoma=np.array([record.label == CODES.index("mel") for record in records]),
        benign=np.array([record.malignant is False for record in records]),
        weight=np.array([weight if record.malignant is False else 1.0 for record in records]),
        groups=group_codes([record.group for record in records]),
        probability=np.array([(r["malignancy"] or {}).get("probability", np.nan) for r in read]),
        bands=np.array([advise(_assessment(r), default_policy()).band for r in read]),
    )


def _assessment(read: Mapping[str, Any]) -> Assessment:
    """As much of an assessment as the rules look at, from its JSON form."""
    diagnosis, malignancy, modality = read["diagnosis"], read["malignancy"], read["modality"]
    suspicious = {
        name: SimpleNamespace(mildest=score["mildest"], gravest=score["gravest"])
        for name, score in read["scores"].items()
    }
    return Assessment(
        image=read["image"],
        sha256=None,
        model=ModelName(**read["model"]),
        status=read["status"],
        modality=modality
        and ModalityRead(modality["name"], modality["clinical_probability"], modality["in_doubt"]),
        novelty=read["novelty"] and Novelty(**read["novelty"]),
        quality=read["quality"] and Quality(read["quality"]["verdict"], ()),
        diagnosis=diagnosis and DiagnosisRead(diagnosis["probabilities"], (), 0.9, {}),
        malignancy=malignancy and Malignancy(**malignancy),
        scores=suspicious,  # type: ignore[arg-type]
    )


def share(cases: Cases, of: NDArray[np.bool_], truth: NDArray[np.bool_]) -> str:
    """A share in per cent among some cases, with its interval over groups."""

    def statistic(drawn: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return {"share": weighted_share(truth, drawn * (of * cases.weight))}

    value = float(statistic(np.ones((1, len(of))))["share"][0])
    low, high = bootstrap(statistic, cases.groups)["share"]
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main(what: str, config: Path, data: Path, reads: Path | None) -> None:
    """Print the images, or the figures of docs/explain/advice.md."""
    records, weight = chosen(config, data, checking=what.endswith("fold-0"))
    if reads is None:
        print("\n".join(str(record.path) for record in records))
        return
    cases = judged(records, weight, reads)
    read = ~np.isnan(cases.probability)
    print(f"{len(records)} images; malignant {cases.malignant.sum()}, of which melanoma ", end="")
    print(
        f"{cases.melanoma.sum()}; benign {cases.benign.sum()}, each for {weight:.2f}; "
        f"not read {(~read).sum()}"
    )
    if what == "limits":
        print("\nsensitivity | probability of malignancy | melanoma sensitivity | specificity")
        for sensitivity in SENSITIVITIES:
            limit = threshold_for_sensitivity(cases.malignant[read], cases.probability[read], sensitivity)
            above = cases.probability >= limit
            melanoma, benign = (share(cases, of & read, above) for of in (cases.melanoma, cases.benign))
            print(f"{sensitivity:.2f} | {limit:.4f} | {melanoma} | 100 - {benign}")
    print("\nband | malignant | melanoma | akiec | benign | all")
    kinds = {"malignant": cases.malignant, "melanoma": cases.melanoma}
    kinds |= {"akiec": ~cases.malignant & ~cases.benign, "benign": cases.benign}
    kinds["all"] = np.ones(len(records), bool)
    for position, band in enumerate(BANDS):
        inside, sooner = cases.bands == band, np.isin(cases.bands, BANDS[: position + 1])
        shares = " | ".join(
            f"{100 * np.average(inside, weights=of * cases.weight):.1f}" for of in kinds.values()
        )
        print(f"{band} | {shares}")
        print(f"  or sooner | {' | '.join(share(cases, of, sooner) for of in kinds.values())}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]) if sys.argv[4:] else None)

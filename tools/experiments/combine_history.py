"""Whether age, sex and site add to the network's malignancy: cross-validated on calibration images.

    .venv/bin/python tools/experiments/combine_history.py CONFIG ../shared/data reads.jsonl

With the reads of `advice_limits.py`, by its weights; neither training images nor fold 0 are looked at. Ten
parts by group: what is printed of an image was fitted without its group.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from advice_limits import chosen
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from augderm.learn.evaluation.intervals import draws, group_codes
from augderm.learn.evaluation.ranking import weighted_area_under_roc
from augderm.learn.records import Record, share_of

PARTS = 10
HEAD = {"face", "head/neck", "neck", "scalp", "ear"}
LIMB = {"lower extremity", "upper extremity", "foot", "hand", "acral"}
UNKNOWN = {None, "unknown"}
MEAN_AGE, DECADE = 50.0, 10.0


def columns(record: Record, log_odds: float, *, missing: bool) -> list[float]:
    """What the model sees; a missing value is the mean, with a column that says so where wanted."""
    age = 0.0 if record.age_years is None else (record.age_years - MEAN_AGE) / DECADE
    sex = {"male": 0.5, "female": -0.5}.get(record.sex or "", 0.0)
    known = [log_odds, age, sex, float(record.site in HEAD), float(record.site in LIMB)]
    gaps = [record.age_years is None, record.sex is None, record.site in UNKNOWN]
    return [*known, *(map(float, gaps) if missing else ())]


def cross_fitted(
    seen: NDArray[np.float64], truth: NDArray[np.bool_], weight: NDArray[np.float64], part: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log-odds of each row by a model without its part."""
    found = np.zeros(len(truth))
    for number in range(PARTS):
        inside = part == number
        model = LogisticRegression(C=1.0, max_iter=2000)
        model.fit(seen[~inside], truth[~inside], sample_weight=weight[~inside])
        found[inside] = model.decision_function(seen[inside])
    return found


def main(config: Path, data: Path, reads: Path) -> None:
    """Print what each set of columns reaches beside the network alone."""
    records, benign = chosen(config, data, checking=False)
    lines = (json.loads(line) for line in reads.read_text(encoding="utf-8").splitlines())
    said = {Path(line["image"]).name: line["malignancy"] for line in lines}
    used = [r for r in records if r.malignant is not None and said[r.path.name]]
    probability = np.array([said[record.path.name]["probability"] for record in used])
    log_odds = np.log(probability / (1 - probability))
    truth = np.array([bool(record.malignant) for record in used])
    weight = np.where(truth, 1.0, benign)
    part = np.array([int(share_of(f"part {record.group}") * PARTS) for record in used])
    drawn = np.vstack(list(draws(group_codes([record.group for record in used]), 1000, 1)))
    weights = np.vstack([weight, drawn * weight])
    alone = weighted_area_under_roc(truth, log_odds, weights)
    print(f"{len(used)} images, {truth.sum()} malignant; network alone: AUC {alone[0]:.3f}")
    for name, missing in (("age, sex, site", False), ("and what is missing", True)):
        seen = np.array([columns(r, odds, missing=missing) for r, odds in zip(used, log_odds, strict=True)])
        joined = weighted_area_under_roc(truth, cross_fitted(seen, truth, weight, part), weights)
        low, high = np.quantile(joined[1:] - alone[1:], [0.025, 0.975])
        print(f"{name}: AUC {joined[0]:.3f}, gained {joined[0] - alone[0]:.4f} ({low:.4f} to {high:.4f})")
        model = LogisticRegression(C=1.0, max_iter=2000).fit(seen, truth, sample_weight=weight)
        print("  coefficients", np.round(model.coef_[0], 2))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

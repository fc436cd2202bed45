"""Weigh age, sex and site beside the shipped network's malignancy, and measure what it gains.

    .venv/bin/python tools/experiments/together.py images CONFIG ../shared/data > images.txt
    .venv/bin/augderm read - --json reads.jsonl < images.txt
    .venv/bin/python tools/experiments/together.py images-of-fold-0 CONFIG ../shared/data > fold-0.txt
    .venv/bin/augderm read - --json fold-0.jsonl < fold-0.txt
    .venv/bin/python tools/experiments/together.py weigh CONFIG ../shared/data reads.jsonl fold-0.jsonl \
        src/augderm/evidence/together.json

Dermoscopic images with a benign or malignant label that were read. All is chosen and fitted on calibration
images, which the network was not trained on: knots and penalty by the least cross-validated log loss, and of
age, sex and site those in turn whose gain in it has a 95 % interval above 0. Then fold 0 is looked at, once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from augderm.evidence.statistics.intervals import bootstrap, group_codes, weighted_share
from augderm.evidence.statistics.reliability import brier_binary, weighted_calibration_error
from augderm.learn.config import load_config
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.evaluation.ranking import weighted_area_under_roc
from augderm.learn.records import Record, records_hash, split_records
from augderm.learn.weigh_history import (
    GROUPS,
    OLDEST,
    PARTS,
    YOUNGEST,
    Shape,
    Told,
    cross_fitted,
    fit,
    log_losses,
    told_of,
    youngest_with,
)
from augderm.reader.bundle import load_bundle

KNOTS: tuple[tuple[float, ...], ...] = ((), (60.0,), (55.0, 70.0), (50.0, 60.0, 70.0))
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
DECIMALS = 4
SOURCE_NAMES = {"ham10000": "HAM10000", "isic2017": "ISIC 2017 and 2018"}
COMMAND = "tools/experiments/together.py weigh"
Floats = NDArray[np.float64]


def chosen(config: Path, data: Path, *, held_back: bool) -> list[Record]:
    """The labelled dermoscopic images of calibration, or of the fold that is held back."""
    how = load_config(config)
    split = split_records(
        read_index(data),
        validation_fold=how.validation_fold,
        calibration_fold=how.calibration_fold,
        calibration_share=how.calibration_share,
    )
    records = split.validation if held_back else split.calibration
    return [r for r in records if r.modality == "dermoscopic" and r.malignant is not None]


def read(records: Sequence[Record], reads: Path, sha256: str) -> tuple[list[Record], Told]:
    """The records that were read by the bundle, and what is known of them."""
    lines = [json.loads(line) for line in reads.read_text(encoding="utf-8").splitlines()]
    if any(line["model"]["sha256"] != sha256 for line in lines):
        raise SystemExit(f"{reads}: not all were read by the shipped bundle; read them anew")
    said = {Path(line["image"]).name: line["malignancy"] for line in lines}
    used = [record for record in records if said[record.path.name]]
    return used, told_of(used, np.array([said[record.path.name]["probability"] for record in used]))


def gains(told: Told, joined: Floats, alone: Floats) -> dict[str, tuple[float, float, float]]:
    """How much better one log-odds is than another, paired, with intervals over groups; above 0 is better."""
    truth, pair = told.malignant, (special.expit(joined), special.expit(alone))

    def statistic(weights: Floats) -> dict[str, Floats]:
        better = log_losses(truth, alone) - log_losses(truth, joined)
        squares = brier_binary(pair[1], truth) - brier_binary(pair[0], truth)
        areas = [weighted_area_under_roc(truth, odds, weights) for odds in (joined, alone)]
        errors = [weighted_calibration_error(chance, truth, weights) for chance in pair]
        return {
            "auc": areas[0] - areas[1],
            "log_loss": weighted_share(better, weights),
            "brier": weighted_share(squares, weights),
            "ece": errors[1] - errors[0],
        }

    point = statistic(np.ones((1, len(truth))))
    found = bootstrap(statistic, group_codes(list(told.group)))
    return {name: (float(value[0]), *found[name]) for name, value in point.items()}


def choose(told: Told) -> Shape:
    """Parts that earn their place, one after the other, and the shape with the least log loss."""
    best, so_far = Shape(parts=()), told.log_odds
    for part in PARTS:
        parts = (*best.parts, part)
        knots = KNOTS if "age_years" in parts else ((),)
        shapes = [Shape(parts, *pair) for pair in product(knots, PENALTIES)]
        tried = [(shape, cross_fitted(told, shape)) for shape in shapes]
        shape, joined = min(tried, key=lambda each: float(log_losses(told.malignant, each[1]).mean()))
        gain = gains(told, joined, so_far)["log_loss"]
        kept = gain[1] > 0
        print(f"with {part}: best {shape}, log loss gained {words(gain)}: {'kept' if kept else 'left out'}")
        if kept:
            best, so_far = shape, joined
    return best


def words(figure: Sequence[float]) -> str:
    """A figure with its interval."""
    return "{:.4f} ({:.4f} to {:.4f})".format(*figure)


def show(title: str, told: Told, joined: Floats) -> dict[str, tuple[float, float, float]]:
    """Print what both reach, and the gains."""
    truth, ones = told.malignant, np.ones((1, len(told.malignant)))
    print(f"\n{title}: {len(truth)} images, {truth.sum()} malignant")
    for name, odds in (("image alone", told.log_odds), ("joined", joined)):
        chance = special.expit(odds)
        print(
            f"  {name}: AUC {weighted_area_under_roc(truth, odds, ones)[0]:.4f}, log loss "
            f"{log_losses(truth, odds).mean():.4f}, Brier {brier_binary(chance, truth).mean():.4f}, ECE "
            f"{weighted_calibration_error(chance, truth, ones)[0]:.4f}, mean {chance.mean():.4f}"
        )
    found = gains(told, joined, told.log_odds)
    print("  gained:", "; ".join(f"{name} {words(figure)}" for name, figure in found.items()))
    return found


def weigh(config: Path, data: Path, reads: Path, fold_0: Path, out: Path) -> None:
    """Choose, fit, measure on fold 0, and write the weights."""
    bundle = load_bundle()
    records, told = read(chosen(config, data, held_back=False), reads, bundle.name.sha256)
    print(f"{len(records)} calibration images read, {told.malignant.sum()} malignant; known: age ", end="")
    print(f"{(~np.isnan(told.age)).sum()}, sex {(told.sex != '').sum()}, site {(told.site != '').sum()}")
    if (enough := youngest_with(told)) > YOUNGEST:
        raise SystemExit(
            f"only from {enough:g} years on are there malignant lesions enough: raise YOUNGEST to it"
        )
    shape = choose(told)
    fitted = fit(told, shape)
    print(f"\nchosen: {shape}\n{fitted}\nall three: {fit(told, Shape(PARTS, shape.knots, shape.penalty))}")
    ages = np.array([YOUNGEST, *shape.knots, OLDEST])
    print("95 % of refits, groups drawn again, at", ages, *redrawn(told, shape))
    fitted_without = cross_fitted(told, shape)
    found = show("cross-validated on calibration images", told, fitted_without)
    young = told.malignant & (told.age < 45)
    means = [special.expit(odds[young]).mean() for odds in (told.log_odds, fitted_without)]
    print(
        f"  malignant below 45 years: {young.sum()}, mean probability {means[0]:.2f}, joined {means[1]:.2f}"
    )
    child = int(np.flatnonzero(told.malignant)[np.nanargmin(told.age[told.malignant])])
    chances = [special.expit(odds[child]) for odds in (told.log_odds, fitted_without)]
    print(f"  the youngest of them, {told.age[child]:g} years: {chances[0]:.2f}, joined {chances[1]:.2f}")
    _, held_back = read(chosen(config, data, held_back=True), fold_0, bundle.name.sha256)
    joined = held_back.log_odds + fitted.shift(held_back)
    measured = show("fold 0", held_back, joined)
    by_source = {}
    for source in np.unique(held_back.source):
        of_it = held_back.source == source
        of_source = show(f"fold 0, {source}", held_back.rows(of_it), joined[of_it])
        by_source[SOURCE_NAMES[source]] = gain_entry(held_back.rows(of_it), of_source)
    entry = {
        "model": {"name": bundle.name.name, "version": bundle.name.version, "sha256": bundle.name.sha256},
        "age_years": fitted.age_years and [rounded(pair) for pair in fitted.age_years],
        "sex": fitted.sex and dict(zip(fitted.sex, rounded(fitted.sex.values()), strict=True)),
        "site": fitted.site and {group: rounded([fitted.site[group]])[0] for group in GROUPS},
        "gain": {**gain_entry(held_back, measured), "by_source": by_source},
        "provenance": {
            "command": COMMAND,
            "images": len(records),
            "malignant": int(told.malignant.sum()),
            "data_sha256": records_hash(records),
            "shape": {"parts": shape.parts, "knots": shape.knots, "penalty": shape.penalty},
            "cross_validated": {name: rounded(figure) for name, figure in found.items()},
        },
    }
    out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


def gain_entry(told: Told, found: Mapping[str, tuple[float, float, float]]) -> dict[str, Any]:
    """Figures as they are written, with the images that they are of."""
    return {
        "images": len(told.age),
        "malignant": int(told.malignant.sum()),
        "figures": {name: rounded(figure) for name, figure in found.items()},
    }


def redrawn(told: Told, shape: Shape, times: int = 200) -> Sequence[Floats]:
    """Low and high of each point of the age curve."""
    rng, codes = np.random.default_rng(1), group_codes(list(told.group))
    curves = []
    for _ in range(times):
        often = rng.multinomial(codes.max() + 1, np.full(codes.max() + 1, 1 / (codes.max() + 1)))[codes]
        fitted = fit(told.rows(np.repeat(np.arange(len(codes)), often)), shape)
        curves.append([odds for _, odds in fitted.age_years or ()])
    low, high = np.quantile(np.array(curves), [0.025, 0.975], axis=0).round(2)
    return low, high


def rounded(numbers: Any) -> list[float]:
    """As they are written."""
    return [round(float(number), DECIMALS) + 0.0 for number in numbers]  # + 0.0: no minus before a 0


def main(what: str, config: Path, data: Path, *rest: Path) -> None:
    """Print the images, or weigh."""
    if what == "weigh":
        weigh(config, data, *rest)
    else:
        records = chosen(config, data, held_back=what == "images-of-fold-0")
        print("\n".join(str(record.path) for record in records))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))

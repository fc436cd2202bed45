"""The ISIC challenge metrics, against hand counts and against the official scorer where it is installed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from augderm.learn.evaluation.isic import (
    UNDECIDED,
    attribute_overlap,
    balanced_multiclass_accuracy,
    category_score,
    decided,
    thresholded_jaccard,
)
from augderm.learn.evaluation.scores import jaccard

CATEGORIES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
ANSWERS_2019 = (*CATEGORIES, "SCC", "UNK")


def official() -> Any:
    return pytest.importorskip("isic_challenge_scoring", reason="the official scorer is not installed")


def drawn(seed: int, count: int, classes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, count)])
    scores = rng.normal(size=(len(labels), classes)) + 1.5 * np.eye(classes)[labels]
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    # Some rounded, so that there are ties.
    probabilities[::3] = np.round(probabilities[::3], 1)
    return labels, probabilities


def official_score(labels: NDArray[np.int64], probabilities: NDArray[np.float64], names: Any) -> Any:
    scoring, pandas = official(), pytest.importorskip("pandas")
    truth = pandas.DataFrame(np.eye(len(names))[labels], columns=list(names))
    said = pandas.DataFrame(probabilities, columns=list(names))
    weights = pandas.DataFrame(
        {"score_weight": np.ones(len(labels)), "validation_weight": np.ones(len(labels))}
    )
    return scoring.ClassificationScore(truth, said, weights, scoring.ClassificationMetric.BALANCED_ACCURACY)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pandas, of the official scorer
@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from([CATEGORIES, ANSWERS_2019]))
def test_tasks_3_of_2018_and_2019_are_scored_as_the_official_scorer_does(seed: int, names: Any) -> None:
    labels, probabilities = drawn(seed, 120, len(names))
    wanted = official_score(labels, probabilities, names)
    assert balanced_multiclass_accuracy(labels, probabilities) == pytest.approx(wanted.overall)
    for index in range(len(names)):
        row = wanted.per_category.iloc[index]
        for name, value in category_score(labels == index, probabilities[:, index]).as_dict().items():
            if math.isnan(value):
                assert row[name] == 1.0, "the official scorer calls the undefined 1.0"
            else:
                assert value == pytest.approx(row[name]), name


def masks(seed: int, count: int, tall: int) -> list[NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    return [rng.random((tall + i, 12)) < rng.uniform(0, 0.6) for i in range(count)]


def write_masks(folder: Path, found: list[NDArray[np.bool_]], ending: str) -> None:
    folder.mkdir(exist_ok=True)
    for index, mask in enumerate(found):
        path = folder / f"ISIC_{index:07d}{ending}.png"
        Image.fromarray(mask.astype(np.uint8) * 255).save(path)


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_task_1_is_scored_as_the_official_scorer_does(tmp_path: Path) -> None:
    scoring = official()
    found, wanted = masks(1, 20, 9), masks(2, 20, 9)
    # Most nearly right, so that the threshold divides them.
    found = [
        f if i % 4 == 0 else w ^ (f & (np.arange(12) < i % 4))
        for i, (f, w) in enumerate(zip(found, wanted, strict=True))
    ]
    write_masks(tmp_path / "truth", wanted, "_segmentation")
    write_masks(tmp_path / "said", found, "_segmentation")
    score = scoring.SegmentationScore.from_dir(tmp_path / "truth", tmp_path / "said")
    mine = np.array([jaccard(f, w) for f, w in zip(found, wanted, strict=True)])
    assert 0 < thresholded_jaccard(mine) < mine.mean()
    assert thresholded_jaccard(mine) == pytest.approx(score.overall)
    assert mine.mean() == pytest.approx(score.macro_average["jaccard"])


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_task_2_is_scored_as_the_official_scorer_does(tmp_path: Path) -> None:
    task2 = pytest.importorskip("isic_challenge_scoring.task2", reason="the official scorer is not installed")
    names = ("globules", "streaks")
    found = {name: masks(seed, 6, 9) for seed, name in enumerate(names, 10)}
    wanted = {name: masks(seed, 6, 9) for seed, name in enumerate(names, 20)}
    for name in names:
        write_masks(tmp_path / "truth", wanted[name], f"_attribute_{name}")
        write_masks(tmp_path / "said", found[name], f"_attribute_{name}")
    score = task2.score(tmp_path / "truth", tmp_path / "said")
    for name in names:
        mine = attribute_overlap(found[name], wanted[name])
        assert mine.jaccard == pytest.approx(score[name]["jaccard"])
        assert mine.dice == pytest.approx(score[name]["dice"])
    together = attribute_overlap(
        [mask for name in names for mask in found[name]], [mask for name in names for mask in wanted[name]]
    )
    assert together.jaccard == pytest.approx(score["overall"])


def test_a_border_below_the_threshold_counts_nothing() -> None:
    assert thresholded_jaccard(np.array([0.65, 0.6499, 1.0])) == pytest.approx((0.65 + 1) / 3)
    assert math.isnan(thresholded_jaccard(np.zeros(0)))


def test_an_attribute_that_nobody_drew_or_found_is_undefined() -> None:
    nothing = [np.zeros((4, 4), bool)]
    assert math.isnan(attribute_overlap(nothing, nothing).jaccard)


def test_a_tie_for_the_first_place_is_wrong_whatever_the_truth() -> None:
    probabilities = np.array([[0.4, 0.4, 0.2], [0.2, 0.5, 0.3]])
    assert decided(probabilities).tolist() == [UNDECIDED, 1]
    assert balanced_multiclass_accuracy(np.array([0, 1]), probabilities) == 0.5


def test_a_class_without_a_case_gives_undefined_figures_not_perfect_ones() -> None:
    score = category_score(np.zeros(4, bool), np.full(4, 0.2))
    assert math.isnan(score.sensitivity)
    assert math.isnan(score.ppv)
    assert math.isnan(score.auc)
    assert score.specificity == 1
    assert math.isnan(balanced_multiclass_accuracy(np.zeros(0, np.int64), np.zeros((0, 7))))

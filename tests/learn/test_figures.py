"""What a bundle reaches, from its assessments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augderm.domain.taxonomy import CODES
from augderm.learn.figures import Case, figures


def _case(label: str, said: str, malignancy: float, jaccard: float = 0.9) -> Case:
    probabilities = np.full(7, 0.05)
    probabilities[CODES.index(said)] = 0.7
    return Case("d", CODES.index(label), "ok", probabilities, malignancy, (said,), jaccard)


ABSTAINED = Case("d", CODES.index("nv"), "abstained", None, None, (), 0.5)


def test_figures_of_a_small_table_are_those_counted_by_hand() -> None:
    cases = [_case("mel", "mel", 0.9), _case("mel", "nv", 0.4), _case("nv", "nv", 0.1), ABSTAINED]
    found = figures(cases)
    assert found["images"] == 4
    assert found["abstained"] == 0.25
    assert found["mean class recall"] == pytest.approx((0.5 + 1) / 2)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["malignancy AUC (akiec left out)"] == 1
    assert found["recall mel"] == 0.5
    assert found["images mel"] == 2
    assert found["prediction set coverage"] == pytest.approx(2 / 3)
    assert found["border mean Jaccard"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    assert found["borders below 0.65"] == 0.25


def test_actinic_keratosis_counts_on_neither_side_of_malignancy() -> None:
    cases = [_case("mel", "mel", 0.9), _case("nv", "nv", 0.1)]
    with_akiec = [*cases, _case("akiec", "akiec", 0.99), _case("akiec", "akiec", 0.01)]
    name = "malignancy AUC (akiec left out)"
    assert figures(cases)[name] == figures(with_akiec)[name]


def test_an_undefined_figure_is_undefined() -> None:
    assert math.isnan(figures([_case("nv", "nv", 0.1)])["melanoma AUC"])
    nothing = figures([ABSTAINED])
    assert math.isnan(nothing["accuracy"])
    assert nothing["abstained"] == 1

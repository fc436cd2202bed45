"""The plots: where a value is drawn, and what is written beside it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from augderm.evidence.statistics.reliability import reliability
from augderm.learn.evaluation.evaluation import look_closer
from augderm.learn.evaluation.few import LEAST_POSITIVES
from augderm.learn.evaluation.figures import Figure
from augderm.learn.evaluation.plots import band, decision_plot, reliability_plot, roc_plot
from augderm.learn.evaluation.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Chart
from support.cases import abstained, case_of_code, many


def test_a_chart_places_the_corners_of_its_axes_at_the_frame() -> None:
    chart = Chart(Axis("x", 0, 2, (0, 1, 2)), Axis("y", -1, 1, (-1, 0, 1)), "corners", "corners")
    assert chart.place(0, -1) == (LEFT, HEIGHT - BOTTOM)
    assert chart.place(2, 1) == (WIDTH - RIGHT, TOP)


def test_words_of_a_chart_are_escaped() -> None:
    chart = Chart(Axis("<x>", 0, 1, ()), Axis("y & z", 0, 1, ()), "<b>", "name")
    assert "<x>" not in chart.markup()
    assert "&lt;x&gt;" in chart.markup()
    assert "y &amp; z" in chart.markup()


def test_the_curves_of_both_targets_are_drawn_with_their_points() -> None:
    plot = roc_plot(look_closer(many(200), "dermoscopic", 20))
    assert plot.count("<polyline") == 3
    assert plot.count("<circle") == 6


def test_curves_of_too_few_lesions_are_not_drawn() -> None:
    closer = look_closer(many(10), "dermoscopic", 20)
    for plot in (roc_plot(closer), decision_plot(closer)):
        assert plot.count("<polyline") == 1, "the diagonal, or none excised"
        assert "<circle" not in plot


def test_without_a_malignant_case_no_curve_of_malignancy_is_drawn() -> None:
    closer = look_closer([case_of_code(i, "nv", "nv", 0.1) for i in range(40)], "dermoscopic", 20)
    assert set(closer.few) == {"melanoma", "malignancy"}
    for plot in (roc_plot(closer), decision_plot(closer)):
        assert plot.count("<polyline") == 1, "the diagonal, or none excised"


def test_of_a_bin_of_few_images_only_the_bar_is_drawn() -> None:
    probability = np.concatenate([np.full(40, 0.25), np.full(LEAST_POSITIVES - 1, 0.75)])
    bins = reliability(probability, np.zeros(len(probability), bool))
    plot = reliability_plot(bins, "t", "n", few=False)
    assert plot.count('class="count"') == 2
    assert plot.count("<circle") == plot.count('class="whisker"') == 1
    assert "<circle" not in reliability_plot(bins, "t", "n", few=True)


def test_without_cases_the_plots_are_empty_and_whole() -> None:
    closer = look_closer([abstained(0, "nv")], "dermoscopic", 20)
    reliable = reliability_plot(closer.of_classes, "t", "n", few=False)
    for plot in (roc_plot(closer), decision_plot(closer), reliable):
        assert plot.startswith("<svg")
        assert plot.endswith("</svg>")
        assert not re.search(r"\bnan\b", plot)


def test_a_perfectly_reliable_probability_lies_on_the_diagonal() -> None:
    probability = np.repeat([0.25, 0.75], 40)
    true = np.concatenate([np.arange(40) < 10, np.arange(40) < 30])
    plot = reliability_plot(reliability(probability, true), "t", "n", few=False)
    dots = [float(number) for dot in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', plot) for number in dot]
    chart = Chart(Axis("", 0, 1, ()), Axis("", 0, 1, ()), "", "")
    assert dots == pytest.approx([*chart.place(0.25, 0.25), *chart.place(0.75, 0.75)], abs=0.06)


def test_the_axis_of_the_decision_curve_reaches_beyond_its_highest_value() -> None:
    closer = look_closer(many(200), "dermoscopic", 20)
    ys = [float(y) for y in re.findall(r",([\d.]+)", decision_plot(closer).split("polyline")[-1])]
    assert min(ys) >= TOP - 0.1


def test_a_band_without_a_value_is_empty() -> None:
    assert band(None) == band(Figure(math.nan)) == ""
    assert "whisker" not in band(Figure(0.9))
    assert "whisker" in band(Figure(0.9, 0.8, 0.95))

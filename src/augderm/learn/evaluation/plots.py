"""The plots of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from augderm.evidence.statistics.proportions import proportion
from augderm.evidence.statistics.reliability import ReliabilityBin
from augderm.learn.evaluation.evaluation import Closer
from augderm.learn.evaluation.few import LEAST_POSITIVES
from augderm.learn.evaluation.figures import Figure
from augderm.learn.evaluation.svg import Axis, Chart

SHARES = (0, 0.2, 0.4, 0.6, 0.8, 1)
LINES = {"melanoma": "first", "malignancy": "second"}
BAND_WIDTH, BAND_HEIGHT = 120, 16


def roc_plot(closer: Closer) -> Markup:
    """ROC curves of melanoma and malignancy, with their operating points; not those of too few cases."""
    chart = Chart(
        Axis("1 - specificity", 0, 1, SHARES),
        Axis("sensitivity", 0, 1, SHARES),
        "ROC curves with operating points",
        f"roc-{closer.modality}",
    )
    chart.line((0, 1), (0, 1), "chance")
    for name, curve in closer.curves.items():
        if name in closer.few:
            continue
        chart.line(curve.false.tolist(), curve.found.tolist(), LINES[name])
        for point in closer.points[name]:
            if not math.isnan(point.at.specificity):
                chart.dot(1 - point.at.specificity, point.at.sensitivity, LINES[name])
    return chart.markup()


def reliability_plot(bins: Sequence[ReliabilityBin], title: str, name: str, *, few: bool) -> Markup:
    """Share that came true over the probability, with its 95 % interval, images taken as independent.

    The bars show how many images each bin holds. Of a bin of fewer than `LEAST_POSITIVES` nothing else is
    drawn, nor of any where there are too few in all.

    Args:
        bins: of `reliability`.
        title: of the plot.
        name: a word that no other plot of the page has.
        few: whether there are too few.
    """
    across, up = Axis("probability", 0, 1, SHARES), Axis("share that came true", 0, 1, SHARES)
    chart = Chart(across, up, title, name)
    most = max((held.count for held in bins), default=0)
    for held in bins:
        if held.count:
            chart.bar(held.low + 0.01, held.high - 0.01, 0.25 * held.count / most, "count")
    chart.line((0, 1), (0, 1), "chance")
    drawn = [held for held in bins if held.count >= LEAST_POSITIVES and not few]
    for held in drawn:
        true = proportion(round(held.share_true * held.count), held.count)
        chart.line((held.mean_probability, held.mean_probability), (true.low, true.high), "whisker")
    chart.line([held.mean_probability for held in drawn], [held.share_true for held in drawn], "first")
    for held in drawn:
        chart.dot(held.mean_probability, held.share_true, "first")
    return chart.markup()


def decision_plot(closer: Closer) -> Markup:
    """Net benefit of acting on the probability of malignancy, on all, and on none; not of too few cases."""
    curve = closer.decision
    top, step = _nice_top(float(np.nanmax([*curve.by_probability, *curve.treat_all, 0.01])))
    ticks = np.round(np.arange(0, top + step / 2, step), 4).tolist()
    chart = Chart(
        Axis("threshold probability of malignancy", 0, 0.6, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
        Axis("net benefit", -0.15 * top, top, ticks),
        "decision curve",
        f"decision-{closer.modality}",
    )
    chart.line((0, 0.6), (0, 0), "chance")
    thresholds = curve.thresholds.tolist()
    if "malignancy" not in closer.few:
        chart.line(thresholds, curve.treat_all.tolist(), "all")
        chart.line(thresholds, curve.by_probability.tolist(), "second")
    return chart.markup()


def _nice_top(highest: float) -> tuple[float, float]:
    """The end of an axis from 0 and the step of its ticks, both round numbers."""
    decade = 10.0 ** math.floor(math.log10(highest))
    step = decade / 2 if highest / decade < 3 else decade
    return step * math.ceil(highest / step - 1e-9), step


def band(figure: Figure | None, low: float = 0.5, high: float = 1.0) -> Markup:
    """A value and its interval as a small bar beside a row of a table; empty where there is none."""
    if figure is None or figure.few or math.isnan(figure.value):
        return Markup("")

    def at(value: float) -> float:
        return 4 + (BAND_WIDTH - 8) * min(1.0, max(0.0, (value - low) / (high - low)))

    middle = BAND_HEIGHT / 2
    whisker = ""
    if not math.isnan(figure.low):
        whisker = (
            f'<line class="whisker" x1="{at(figure.low):.1f}" x2="{at(figure.high):.1f}" '
            f'y1="{middle}" y2="{middle}"/>'
        )
    # Numbers alone: nothing to escape.
    return Markup(  # noqa: S704
        f'<svg class="band" viewBox="0 0 {BAND_WIDTH} {BAND_HEIGHT}" aria-hidden="true">'
        f'<line class="grid" x1="4" x2="{BAND_WIDTH - 4}" y1="{middle}" y2="{middle}"/>{whisker}'
        f'<circle class="first" cx="{at(figure.value):.1f}" cy="{middle}" r="3.2"/></svg>'
    )

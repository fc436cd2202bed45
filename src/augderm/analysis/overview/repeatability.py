"""How far the diameter of a lesion may move when the region is only photographed anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

MIN_PAIRS = 10
"""Fewest pairs of a comparison whose own spread is used. Of fewer, growth is not told from a shift of all."""
OWN_SIGMAS = 3.5
"""A change lies beyond so many standard deviations of the comparison's own spread of sizes."""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Limits of the logarithm of the ratio of diameters, by the smaller of the two.

    Attributes:
        diameters_px: ascending; the limits hold from each on, those of the first below it too.
        limits: of the absolute logarithm. Each is one pixel of diameter at the lower end of its bin, which is
            our own choice: more than the 99.5th percentile of the unchanged synthetic lesions of the bin.
        basis: what they rest on, in words.
        command: what measured them.
    """

    diameters_px: tuple[float, ...]
    limits: tuple[float, ...]
    basis: str
    command: str

    def limit(self, diameter_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) the limit for each diameter (n,), pixels of the picture that was searched."""
        place = np.searchsorted(self.diameters_px, diameter_px, side="right") - 1
        return np.array(self.limits)[np.maximum(place, 0)]


@cache
def repeatability() -> Repeatability:
    """The limits that come with the package, `repeatability.json`."""
    text = resources.files("augderm.analysis.overview").joinpath("repeatability.json").read_text("utf-8")
    found = json.loads(text)
    return Repeatability(
        tuple(found["diameters_px"]), tuple(found["limits"]), found["basis"], found["command"]
    )


def widened(least: NDArray[np.float64], log_ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Limits (m,) that also allow for what the sizes of one comparison's own pairs say.

    Most lesions do not change between two visits: where all sizes shift or scatter, the photographs are less
    repeatable than those that the limits were set for. The spread of fewer than `MIN_PAIRS` is not known, so
    their shift is added to each limit.

    Args:
        least: (m,) of single lesions, by `Repeatability.limit`.
        log_ratios: (n,) of the pairs with a diameter in both.
    """
    if not len(log_ratios):
        return least
    middle = float(np.median(log_ratios))
    if len(log_ratios) < MIN_PAIRS:
        return least + abs(middle)
    spread = float(np.median(np.abs(log_ratios - middle)))
    return np.maximum(least, abs(middle) + OWN_SIGMAS * 1.4826 * spread)

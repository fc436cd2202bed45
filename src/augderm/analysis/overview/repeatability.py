"""How far the diameter of a lesion moves when the region is only photographed anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

MIN_PAIRS = 10
"""Fewest pairs of a comparison whose own spread is used."""
OWN_SIGMAS = 3.5
"""A change lies beyond so many standard deviations of the comparison's own spread of sizes."""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Limits of the logarithm of the ratio of diameters, by the smaller of the two.

    Attributes:
        diameters_px: ascending; the limits hold from each on, those of the first below it too.
        limits: of the absolute logarithm: the greater of what 995 of 1,000 unchanged synthetic lesions stay
            within and of one pixel of diameter.
        pairs: what they rest on, in words.
        command: what measured them.
    """

    diameters_px: tuple[float, ...]
    limits: tuple[float, ...]
    pairs: str
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
        tuple(found["diameters_px"]), tuple(found["limits"]), found["pairs"], found["command"]
    )


def own_limit(log_ratios: NDArray[np.float64]) -> float:
    """The limit that the sizes of one comparison's own pairs (n,) set, 0 for few pairs.

    Most lesions do not change between two visits: where all sizes scatter, the photographs are less
    repeatable than those that the limits were measured on.
    """
    if len(log_ratios) < MIN_PAIRS:
        return 0.0
    spread = float(np.median(np.abs(log_ratios - np.median(log_ratios))))
    return abs(float(np.median(log_ratios))) + OWN_SIGMAS * 1.4826 * spread

"""How far each quantity moves when nothing but the photograph is new: beyond it a change is a change."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from augderm.domain.followup import ChangeKind


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Limits of change that re-photographing alone explains.

    Attributes:
        limits: by quantity. They hold together: of 95 of 100 lesions photographed anew, every quantity stays
            within its own. Ratios as follow-up over baseline less 1, log-odds for probabilities.
        model: SHA-256 of the bundle's manifest that they were measured with.
        command: what measured them.
        pairs: how many re-photographed pairs they rest on, in words.
    """

    limits: Mapping[str, float]
    model: str
    command: str
    pairs: str


@cache
def repeatability() -> Repeatability:
    """The limits that come with the package, `repeatability.json`."""
    text = resources.files("augderm.analysis.followup").joinpath("repeatability.json").read_text("utf-8")
    return Repeatability(**json.loads(text))


def effect(kind: ChangeKind, change: float) -> float:
    """A change on the scale on which growth and shrinkage are equally large: ratios by their logarithm."""
    return math.log(max(1 + change, 1e-9)) if kind == "ratio" else change

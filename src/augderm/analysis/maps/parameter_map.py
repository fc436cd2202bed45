"""One quantity at each pixel of a photograph, and all that were told from one source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["colour", "multispectral", "polarisation"]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterMap:
    """A map.

    Attributes:
        name: what its files are called.
        title: what it shows, for a person.
        unit: of the values.
        values: (h, w) float32; nan where nothing can be told.
        signed: whether 0 is the middle of its scale and not the beginning.
    """

    name: str
    title: str
    unit: str
    values: NDArray[np.float32]
    signed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ParameterMaps:
    """The maps of one source.

    Attributes:
        kind: what they were told from.
        maps: of one shape; the residual, where there is one, is the last.
        lesion, skin: (h, w) bool, where the figures are taken.
        pictures: (h, w, 3) uint8 sRGB by name, made on the way and worth looking at.
        facts: figures by name that are not of one region, as plain JSON values.
        notes: what had to be done or left, each a sentence for a person.
        limits: what the maps do not say, each a sentence for a person.
    """

    kind: Kind
    maps: tuple[ParameterMap, ...]
    lesion: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    limits: tuple[str, ...]
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """A map over a region: mean, standard deviation, share below 0, and share of pixels that are known.

    The first three are None where nothing is known.
    """

    mean: float | None
    spread: float | None
    negative_share: float | None
    known_share: float


def figures_over(values: NDArray[np.float32], region: NDArray[np.bool_]) -> RegionFigures:
    """The figures of a map (h, w) over a region (h, w), not empty."""
    inside = values[region].astype(np.float64)
    known = inside[np.isfinite(inside)]
    share = len(known) / len(inside)
    if not len(known):
        return RegionFigures(None, None, None, share)
    return RegionFigures(float(known.mean()), float(known.std()), float((known < 0).mean()), share)

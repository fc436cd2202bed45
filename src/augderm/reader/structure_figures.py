"""How well a bundle's network answers for each structure, and from where on its map says where that is.

The manifest's entry `figures.structures`, which `tools/experiments/structure_places.py` measures and writes.
A bundle without it can be read; then nothing that its network says of a structure counts as validated, and
no place is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from augderm.domain.errors import ModelMismatch
from augderm.domain.structures import NOT_VALIDATED, Validation
from augderm.domain.taxonomy import STRUCTURES


@dataclass(frozen=True, slots=True)
class StructureFigures:
    """Measured for one structure on the images that the network was calibrated on.

    It did not learn from them, but its epochs were chosen by them: the fold that was held back gives less.

    Attributes:
        auc: area under the ROC curve of its probability, 0..1.
        images, positive: how many images that is of, and how many of them have it.
        map_from: logit of its map from which a place counts as its; None where the map was not measured to
            say where it is.
        area_correlation: Spearman's, of the area located so and the experts', where it is there; None
            together with `map_from`.
    """

    auc: float
    images: int
    positive: int
    map_from: float | None
    area_correlation: float | None

    def __post_init__(self) -> None:
        both = (self.map_from, self.area_correlation)
        fits = (
            0 <= self.auc <= 1
            and 0 < self.positive < self.images
            and (both == (None, None) or all(value is not None and math.isfinite(value) for value in both))
            and (self.area_correlation is None or -1 <= self.area_correlation <= 1)
        )
        if not fits:
            raise ModelMismatch(
                f"figures: {self} is out of range; measure it anew with tools/experiments/structure_places.py"
            )

    @property
    def validation(self) -> Validation:
        """In words and numbers."""
        return Validation(
            "measured on calibration images, which flatter"
            f"{'; where it is: not validated, and not shown' if self.map_from is None else ''}",
            self.auc,
            self.images,
            self.positive,
            self.area_correlation,
            None if self.area_correlation is None else self.positive,
        )


def structure_figures(manifest: Mapping[str, Any]) -> Mapping[str, StructureFigures]:
    """The figures by structure; empty where the manifest has none.

    Raises:
        ModelMismatch: a figure is out of its range.
        KeyError, TypeError, ValueError: an entry is missing, unknown or of another type.
    """
    entry = manifest.get("figures", {}).get("structures", {})
    if unknown := set(entry) - set(STRUCTURES):
        raise ValueError(f"figures of {', '.join(sorted(unknown))}")
    return MappingProxyType({name: StructureFigures(**figures) for name, figures in entry.items()})


def places_told(figures: Mapping[str, StructureFigures]) -> tuple[str, ...]:
    """The structures whose place was measured to be told, and so is."""
    return tuple(name for name, measured in figures.items() if measured.map_from is not None)


def validation_of(figures: Mapping[str, StructureFigures], structure: str) -> Validation:
    """Of one structure; "not validated" where it was not measured."""
    return figures[structure].validation if structure in figures else NOT_VALIDATED

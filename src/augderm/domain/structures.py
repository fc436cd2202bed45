"""What is found of dermoscopic structures in one lesion: where, by what, and how well that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

StructureName = Literal[
    "dots_and_globules",
    "streaks",
    "blue_whitish_veil",
    "scar_like_depigmentation",
    "peppering",
    "blotch",
    "red_area",
    "ulceration",
    "linear_vessels",
    "dotted_vessels",
    "shiny_white_lines",
]
"""What detectors of image analysis look for. Metaphoric terms of the third consensus of the International
Dermoscopy Society (Kittler et al., JAAD 2016;74:1093); `DESCRIPTIVE` has the descriptive ones."""
Source = Literal["network", "image analysis"]

DESCRIPTIVE: dict[StructureName, str] = {
    "dots_and_globules": "dots and clods",
    "streaks": "radial lines at the periphery",
    "blue_whitish_veil": "structureless blue with a white haze",
    "scar_like_depigmentation": "structureless white",
    "peppering": "grey dots",
    "blotch": "structureless dark brown or black",
    "red_area": "structureless red",
    "ulceration": "structureless orange or red-brown",
    "linear_vessels": "linear red vessels",
    "dotted_vessels": "dotted red vessels",
    "shiny_white_lines": "white lines",
}
NETWORK_DESCRIPTIVE: dict[str, str] = {
    "pigment_network": "reticular lines",
    "negative_network": "hypopigmented reticular lines around brown clods",
    "milia_like_cyst": "white dots or clods",
    "globules": "clods or dots",
    "streaks": "radial lines at the periphery",
}
"""Likewise of `taxonomy.STRUCTURES`, which the network answers for."""
LIKELY = 0.5
"""Calibrated probability from which a structure of the network is likely enough to be shown where it is."""
ANSWERED_BY: Mapping[StructureName, str] = {"dots_and_globules": "globules", "streaks": "streaks"}
"""Detectors whose structure the network answers for, better than they do: they look for objects only where
the network holds their structure for likely."""


@dataclass(frozen=True, slots=True)
class Validation:
    """How well a result was measured to work.

    Attributes:
        words: for a person; begins with "not validated" where nothing was measured.
        auc: area under the ROC curve of its presence; None where that was not measured.
        images: how many images that is of; `words` says where choices or calibration were made on them.
        positive: how many of them have the structure.
        area_correlation: Spearman's, between the located area and the experts', of images that have the
            structure; None where that was not measured.
        area_images: how many images that is of, which need not be those of `positive`; None likewise.
    """

    words: str
    auc: float | None = None
    images: int | None = None
    positive: int | None = None
    area_correlation: float | None = None
    area_images: int | None = None


NOT_VALIDATED = Validation("not validated")


@dataclass(frozen=True, slots=True)
class StructureFinding:
    """One kind of structure, located in the image. It says where; of itself it does not diagnose.

    Attributes:
        name: what was looked for: of `taxonomy.STRUCTURES` from the network, a `StructureName` from image
            analysis.
        source: what found it.
        located: whether there is as much of it as the rule asks for; None where it was not looked for.
        share: of the lesion's area, 0..1; None where it was not looked for.
        count: separate objects; None where they cannot be told apart.
        median_size_px: of the objects (diameter of spots, length of lines), in pixels of the unreduced image;
            None without objects.
        regular: whether the objects are alike in size and spread evenly over the lesion; None where there are
            too few to tell.
        validation: how well it was measured to work.
        mask: (h, w) bool, where, at the size of `Pictures.pixels`; never part of the JSON; empty (0, 0) where
            it was not looked for.
    """

    name: str
    source: Source
    located: bool | None
    share: float | None
    validation: Validation
    count: int | None = None
    median_size_px: float | None = None
    regular: bool | None = None
    mask: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool), repr=False, compare=False)

    @property
    def centroid(self) -> tuple[float, float] | None:
        """X and y of its middle as fractions of the image; None where nothing was located."""
        if not self.located:
            return None
        height, width = self.mask.shape
        columns, rows = self.mask.sum(axis=0), self.mask.sum(axis=1)
        total = max(1, int(rows.sum()))
        return (
            float(np.dot(columns, np.arange(width) + 0.5) / total / width),
            float(np.dot(rows, np.arange(height) + 0.5) / total / height),
        )

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom as fractions of the image; None where nothing was located."""
        if not self.located or not self.mask.any():
            return None
        height, width = self.mask.shape
        columns = np.flatnonzero(self.mask.any(axis=0))
        rows = np.flatnonzero(self.mask.any(axis=1))
        return (
            float(columns[0] / width),
            float(rows[0] / height),
            float((columns[-1] + 1) / width),
            float((rows[-1] + 1) / height),
        )


def not_looked_for(name: str, source: Source, validation: Validation) -> StructureFinding:
    """A finding that says nothing, neither that it is there nor that it is not."""
    return StructureFinding(name, source, None, None, validation)

"""What image analysis finds of dermoscopic structures in one lesion."""

from __future__ import annotations

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
    "linear_vessels",
    "shiny_white_lines",
]
"""Metaphoric terms of the third consensus of the International Dermoscopy Society (Kittler et al., JAAD
2016;74:1093); `DESCRIPTIVE` has the descriptive ones."""

DESCRIPTIVE: dict[StructureName, str] = {
    "dots_and_globules": "dots and clods",
    "streaks": "radial lines at the periphery",
    "blue_whitish_veil": "structureless blue with a white haze",
    "scar_like_depigmentation": "structureless white",
    "peppering": "grey dots",
    "blotch": "structureless dark brown or black",
    "red_area": "structureless red",
    "linear_vessels": "linear red vessels",
    "shiny_white_lines": "white lines",
}


@dataclass(frozen=True, slots=True, eq=False)
class StructureFinding:
    """One kind of structure, as a detector of image analysis saw it. It locates; it does not diagnose.

    Attributes:
        name: what was looked for.
        present: whether there is as much of it as the detector asks for.
        share: of the lesion's area, 0..1.
        count: separate objects; None where they cannot be told apart.
        median_size_px: of the objects (diameter of spots, length of lines), in pixels of the unreduced image;
            None without objects.
        regular: whether the objects are alike in size and spread evenly over the lesion; None where there are
            too few to tell.
        validation: how well the detector was measured to work, in words; "not validated" where it was not.
        mask: (h, w) bool, where, at the size of `Pictures.pixels`; never part of the JSON.
    """

    name: StructureName
    present: bool
    share: float
    count: int | None
    median_size_px: float | None
    regular: bool | None
    validation: str
    mask: NDArray[np.bool_] = field(repr=False)

"""The eight views of a square image: its flips and quarter turns. A lesion has no upright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class View:
    """Flipped left to right or not, then turned by so many quarters, counter-clockwise."""

    flipped: bool
    quarters: int


VIEWS: tuple[View, ...] = (
    # The image as it is first; then such that any first few are spread over turns and flips.
    *(View(False, 0), View(True, 0), View(False, 2), View(True, 2)),
    *(View(False, 1), View(True, 1), View(False, 3), View(True, 3)),
)


def view_of(image: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """An image (C, S, S) as the view shows it."""
    flipped = image[:, :, ::-1] if view.flipped else image
    return np.rot90(flipped, view.quarters, axes=(1, 2))


def seen_upright(grid: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """The inverse of `view_of`: a grid (C, S, S) found in a view, laid over the image as it is."""
    turned = np.rot90(grid, -view.quarters, axes=(1, 2))
    return turned[:, :, ::-1] if view.flipped else turned

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


def steady_view(image: NDArray[np.float32]) -> View:
    """The view in which an image looks the same, whichever of its own eight views is given.

    Brightness then rises from left to right and from top to bottom, and more so from left to right (its first
    moments). Near a tie (both equal, or one of them nought) rounding may choose another view.

    Args:
        image: (C, S, S), not of one brightness, else the image as it is.
    """
    brightness = image.mean(axis=0, dtype=np.float64)
    ramp = np.arange(len(brightness)) - (len(brightness) - 1) / 2
    across, down = float(brightness.sum(axis=0) @ ramp), float(brightness.sum(axis=1) @ ramp)
    return max(VIEWS, key=lambda view: _steadiness(across, down, view))


def _steadiness(across: float, down: float, view: View) -> tuple[bool, bool]:
    if view.flipped:
        across = -across
    for _ in range(view.quarters):
        across, down = down, -across
    return min(across, down) >= 0, across >= down


def seen_upright(grid: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """The inverse of `view_of`: a grid (C, S, S) found in a view, laid over the image as it is."""
    turned = np.rot90(grid, -view.quarters, axes=(1, 2))
    return turned[:, :, ::-1] if view.flipped else turned

"""A located structure drawn as marks that leave the skin between them visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Fill = Literal["/", "\\", "x", "|", "-", ""]
Dash = Literal["solid", "dashed", "dotted"]

LINE_PX = 2
"""Width of an outline and of a hatch."""
GAP_PX = 18
"""From one hatch to the next: wide, since the skin is to be seen between them."""
CASING, COLOUR = 1, 2
"""Levels of a drawing: the dark casing of a line, and the line itself. 0 is nothing."""
DASHES: dict[Dash, tuple[int, int]] = {"solid": (1, 1), "dashed": (14, 9), "dotted": (6, 3)}
"""Period and length of a dash, in pixels."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a structure is told from others, with and without colour vision: by its colour, hatch and outline.

    Attributes:
        rgb: of the line.
        fill: the hatch of an area; "" for objects (spots, lines), which are ringed and left free.
        dash: of the outline.
    """

    rgb: tuple[int, int, int]
    fill: Fill
    dash: Dash = "solid"


def draw_marks(mask: NDArray[np.bool_], style: Style) -> NDArray[np.uint8]:
    """Draw the outline of a mask, and its hatch.

    Args:
        mask: (h, w) bool.
        style: what to draw it as.

    Returns:
        (h, w) uint8 of 0, `CASING` and `COLOUR`.
    """
    # Objects are small: the ring stands off them, so that what it points at stays visible.
    inner = _grown(mask, 1) if style.fill == "" else mask
    line = _grown(inner, LINE_PX) & ~inner
    rows, columns = (np.arange(side, dtype=np.int32) for side in mask.shape)
    rows = rows[:, None]
    period, length = DASHES[style.dash]
    line &= (rows + columns) % period < length
    line |= mask & _hatch(rows, columns, style.fill)
    drawn = np.where(line, COLOUR, 0).astype(np.uint8)
    drawn[_grown(line, 1) & ~line] = CASING
    return drawn


def _hatch(rows: NDArray[np.int32], columns: NDArray[np.int32], fill: Fill) -> NDArray[np.bool_]:
    up, down = (rows + columns) % GAP_PX < LINE_PX, (rows - columns) % GAP_PX < LINE_PX
    none = np.zeros(1, bool)
    return {
        "/": up,
        "\\": down,
        "x": up | down,
        "|": (columns + 0 * rows) % GAP_PX < LINE_PX,
        "-": (rows + 0 * columns) % GAP_PX < LINE_PX,
        "": none,
    }[fill]


def _grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    wide: NDArray[np.uint8] = ndimage.maximum_filter(mask.view(np.uint8), 2 * by_px + 1, mode="constant")
    return wide.view(bool)

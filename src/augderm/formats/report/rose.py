"""The border's sharpness as a clock face: one wedge for each eighth, longer where it is sharper."""

from __future__ import annotations

import math
from collections.abc import Sequence

RADIUS = 40.0
"""Of sharpness 1, in units of the drawing, which is 120 wide."""
CLOCK = {"12": (0, -50), "3": (51, 0), "6": (0, 50), "9": (-51, 0)}


def border_rose(sharpness: Sequence[float | None]) -> str:
    """An SVG drawing.

    Args:
        sharpness: eight values in 0..1, clockwise from the right (3 o'clock); None is drawn as an
            empty dashed wedge, so that it is not taken for 0.
    """
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-60 -60 120 120" width="240" height="240">',
        *(_wedge(index, value) for index, value in enumerate(sharpness)),
        *(_ring(share) for share in (0.5, 1.0)),
        *(_hour(hour, x, y) for hour, (x, y) in CLOCK.items()),
        "</svg>",
    ]
    return "".join(parts)


def _wedge(index: int, value: float | None) -> str:
    known = value is not None and math.isfinite(value)
    radius = RADIUS * (value if known and value is not None else 1.0)
    start, end = math.radians(45 * index + 2), math.radians(45 * index + 43)
    path = (
        f"M0 0L{radius * math.cos(start):.2f} {radius * math.sin(start):.2f}"
        f"A{radius:.2f} {radius:.2f} 0 0 1 {radius * math.cos(end):.2f} {radius * math.sin(end):.2f}Z"
    )
    if known:
        return f'<path d="{path}" fill="#50708c"/>'
    return f'<path d="{path}" fill="none" stroke="#6b7783" stroke-width="0.7" stroke-dasharray="2 1.6"/>'


def _ring(share: float) -> str:
    return f'<circle r="{RADIUS * share:g}" fill="none" stroke="#8c98a4" stroke-width="0.5"/>'


def _hour(hour: str, x: float, y: float) -> str:
    return (
        f'<text x="{x}" y="{y + 3.2:g}" text-anchor="middle" font-size="9.5" fill="#3c4854" '
        f'font-family="Libertinus Serif, Helvetica, Arial, sans-serif">{hour}</text>'
    )

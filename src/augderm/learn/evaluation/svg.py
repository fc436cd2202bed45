"""A plain chart as SVG text: axes with ticks, lines, points. No script, no request, sharp in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

WIDTH, HEIGHT = 380, 330
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 46
"""Margins in user units; a unit is a CSS pixel at full width."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: what it shows, from where to where, and where its ticks are."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]

    def text(self, tick: float) -> str:
        """A tick's number, without needless zeros."""
        return f"{tick:g}"


@dataclass(slots=True)
class Chart:
    """Marks on two axes, drawn in the order in which they are added; colours by CSS class.

    `name` is a word that no other chart of the page has.
    """

    x: Axis
    y: Axis
    title: str
    name: str
    marks: list[str] = field(default_factory=list)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """User units of a point of the data."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def line(self, xs: Sequence[float], ys: Sequence[float], kind: str) -> None:
        """A line through points; `kind` is its CSS class."""
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(self.place, xs, ys))
        self.marks.append(f'<polyline class="{escape(kind)}" points="{points}"/>')

    def dot(self, x: float, y: float, kind: str, radius: float = 3.5) -> None:
        """A point of the data."""
        a, b = self.place(x, y)
        self.marks.append(f'<circle class="{escape(kind)}" cx="{a:.1f}" cy="{b:.1f}" r="{radius:.1f}"/>')

    def bar(self, left: float, right: float, top: float, kind: str) -> None:
        """A bar from the bottom of the axis up to `top`."""
        (a, b), (c, d) = self.place(left, top), self.place(right, self.y.low)
        size = f'x="{a:.1f}" y="{b:.1f}" width="{c - a:.1f}" height="{d - b:.1f}"'
        self.marks.append(f'<rect class="{escape(kind)}" {size}/>')

    def markup(self) -> Markup:
        """The whole chart as an SVG element; lines beyond the axes are cut off."""
        left, bottom = self.place(self.x.low, self.y.low)
        right, top = self.place(self.x.high, self.y.high)
        clip = f"clip-{escape(self.name)}"
        parts = [
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(self.title)}</title>",
        ]
        for tick in self.x.ticks:
            at, _ = self.place(tick, self.y.low)
            parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>')
            parts.append(
                f'<text x="{at:.1f}" y="{bottom + 16:.1f}" text-anchor="middle">{self.x.text(tick)}</text>'
            )
        for tick in self.y.ticks:
            _, at = self.place(self.x.low, tick)
            parts.append(f'<line class="grid" x1="{left:.1f}" x2="{right:.1f}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(
                f'<text x="{left - 7:.1f}" y="{at + 4:.1f}" text-anchor="end">{self.y.text(tick)}</text>'
            )
        middle = (top + bottom) / 2
        parts.append(
            f'<text class="axis" x="{(left + right) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{escape(self.x.label)}</text>"
            f'<text class="axis" x="13" y="{middle:.1f}" text-anchor="middle" '
            f'transform="rotate(-90 13 {middle:.1f})">{escape(self.y.label)}</text>'
            f'<clipPath id="{clip}"><rect x="{left:.1f}" y="{top - 5:.1f}" width="{right - left + 5:.1f}" '
            f'height="{bottom - top + 5:.1f}"/></clipPath><g clip-path="url(#{clip})">'
        )
        # The text is escaped where it comes in, the rest is ours.
        return Markup("".join([*parts, *self.marks, "</g></svg>"]))  # noqa: S704

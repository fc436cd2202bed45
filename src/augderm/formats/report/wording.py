"""Numbers and foreign text as a person reads them, the same in every output."""

from __future__ import annotations

import math
from collections.abc import Sequence

UNDEFINED = "undefined"
"""What stands for a value that has no meaning here (nan, infinite)."""
NOT_DETERMINED = "not determined"
"""What stands for a value that was not found (None)."""
NARROW_SPACE = "\u202f"
"""Between number and unit and between thousands; it does not break."""
SMALLEST_SHOWN = 1e-4
"""Below it a number says only that it is smaller: no measure here resolves more."""


def number(value: float | None, unit: str = "", *, digits: int = 3, places: int | None = None) -> str:
    """A number in fixed notation, with its unit: `digits` significant digits, or `places` decimals where
    given (columns whose points are to stand under each other).

    None becomes "not determined", nan and the infinities "undefined": never blank, never 0.
    """
    if value is None:
        return NOT_DETERMINED
    if not math.isfinite(value):
        return UNDEFINED
    rounded = float(f"{abs(value):.{digits}g}") if places is None else round(abs(value), places)
    if places is not None:
        text = f"{rounded:.{places}f}"
    elif rounded == 0:
        text = "0"
    elif rounded < SMALLEST_SHOWN:
        text = f"<{NARROW_SPACE}{SMALLEST_SHOWN:.4f}"
    else:
        decimals = max(0, digits - 1 - math.floor(math.log10(rounded)))
        text = f"{rounded:,.{decimals}f}".replace(",", NARROW_SPACE)
    if value < 0 and rounded > 0:
        text = f"\u2212{text}"
    if unit == "°":
        return text + unit
    return f"{text}{NARROW_SPACE}{unit}" if unit else text


def threshold(value: float) -> str:
    """A limit as it was set, without digits that nobody chose: 0.5, 224."""
    return f"{value:g}"


def percent(share: float | None) -> str:
    """A share of 0..1 in per cent: whole numbers, one decimal below 10 % and from 99 %."""
    if share is None:
        return NOT_DETERMINED
    if not math.isfinite(share):
        return UNDEFINED
    per_cent = 100 * share
    if 0 < per_cent < 0.1:
        text = f"<{NARROW_SPACE}0.1"
    elif 99.9 < per_cent < 100:
        text = f">{NARROW_SPACE}99.9"
    elif per_cent in (0, 100):
        text = f"{per_cent:.0f}"
    else:
        text = f"{per_cent:.0f}" if 9.95 <= per_cent < 99 else f"{per_cent:.1f}"
    return f"{text}{NARROW_SPACE}%"


def at_least(text: str, lower_bound: bool) -> str:
    """Marks a value that is only known from below."""
    return f"\u2265{NARROW_SPACE}{text}" if lower_bound else text


def listed(parts: Sequence[str]) -> str:
    """At least one part as a sentence names them: "a, b and c"."""
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def lowered(name: str) -> str:
    """A name as it stands within a sentence."""
    return f"{name[0].lower()}{name[1:]}"

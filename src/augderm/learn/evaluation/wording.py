"""Figures as a person reads them."""

from __future__ import annotations

import math

from augderm.learn.evaluation.figures import Figure

UNDEFINED = "undefined"
TOO_FEW = "too few"
COUNTS = ("images", "prediction set size")


def number(value: float, digits: int = 3) -> str:
    """A value with a fixed number of digits, or the word that it is undefined."""
    return UNDEFINED if math.isnan(value) else f"{value:.{digits}f}"


def value_of(name: str, figure: Figure) -> str:
    """The value of a named figure: counts without digits behind the point."""
    return number(figure.value, 0 if name.startswith("images") else 3)


def interval_of(figure: Figure | None) -> str:
    """The interval as "0.871 to 0.934"; empty where there is none."""
    if figure is None or math.isnan(figure.low):
        return ""
    return f"{figure.low:.3f} to {figure.high:.3f}"


def with_interval(figure: Figure | None) -> str:
    """Value and interval; a group that is too small says so."""
    if figure is None:
        return TOO_FEW
    interval = interval_of(figure)
    return number(figure.value) + (f" ({interval})" if interval else "")


def percent(value: float) -> str:
    """A share as per cent with one digit."""
    return UNDEFINED if math.isnan(value) else f"{100 * value:.1f} %"


def p_value(value: float) -> str:
    """A p-value; very small ones as a bound."""
    if math.isnan(value):
        return UNDEFINED
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"

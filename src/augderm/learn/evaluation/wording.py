"""Figures as a person reads them."""

from __future__ import annotations

import math

from augderm.learn.evaluation.figures import Figure

UNDEFINED = "undefined"
TOO_FEW = "too few"
COUNTED = "images"
"""How the name of a count begins: it has no digits behind the point and no interval."""


def number(value: float, digits: int = 3) -> str:
    """A value with a fixed number of digits, or the word that it is undefined."""
    return UNDEFINED if math.isnan(value) else f"{value:.{digits}f}"


def value_of(name: str, figure: Figure | None, digits: int = 3) -> str:
    """The value of a named figure; of too few patients or lesions it is not told."""
    if figure is None or (figure.few and not math.isnan(figure.value)):
        return TOO_FEW
    return number(figure.value, 0 if name.startswith(COUNTED) else digits)


def interval_of(name: str, figure: Figure | None, digits: int = 3) -> str:
    """The interval as "0.871 to 0.934", or that it is undefined; empty without a value, and of a count."""
    if figure is None or figure.few or math.isnan(figure.value) or name.startswith(COUNTED):
        return ""
    if math.isnan(figure.low):
        return f"interval {UNDEFINED}"
    return f"{figure.low:.{digits}f} to {figure.high:.{digits}f}"


def with_interval(figure: Figure | None, name: str = "", digits: int = 3) -> str:
    """Value and interval of a figure, by name where it may be a count."""
    interval = interval_of(name, figure, digits)
    return value_of(name, figure, digits) + (f" ({interval})" if interval else "")


def percent(value: float, digits: int = 1) -> str:
    """A share as per cent."""
    return UNDEFINED if math.isnan(value) else f"{100 * value:.{digits}f} %"


def share_of(figure: Figure) -> str:
    """The value of a share as per cent; of too few patients or lesions it is not told."""
    return TOO_FEW if figure.few and not math.isnan(figure.value) else percent(figure.value)


def p_value(value: float) -> str:
    """A p-value; very small ones as a bound."""
    if math.isnan(value):
        return UNDEFINED
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"

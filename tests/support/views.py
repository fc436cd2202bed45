"""Views of drawn lesions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.lesion_view import LesionView, view_lesion
from augderm.analysis.small import Small


def view_of(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], covered: NDArray[np.bool_] | None = None
) -> LesionView:
    """Nothing is hidden but what is said to be: drawn lines and dots are no hair here."""
    view = view_lesion(Small.of(pixels), mask)
    return replace(view, hidden=np.zeros_like(view.inside) if covered is None else covered)

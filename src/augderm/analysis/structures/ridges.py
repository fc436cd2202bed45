"""Lines of a plane: how strongly, and in which direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.structures.hessian import Curvature


def ridge_strength(bent: Curvature) -> NDArray[np.float32]:
    """How strongly a plane forms a bright line.

    Returns:
        (h, w) float32, 0 and above: by how much the plane falls off to both sides, in its units; a spot,
        which falls off along the line too, counts less.
    """
    strength: NDArray[np.float32] = np.maximum(-bent.least - np.abs(bent.greatest), 0)
    return strength

"""Photographs of one synthetic piece of skin, as sights for a registration."""

from __future__ import annotations

import numpy as np
from skimage.draw import polygon2mask
from skimage.transform import ProjectiveTransform

from augderm.analysis.followup.phantom import Visit
from augderm.analysis.followup.register import Registered
from augderm.analysis.followup.sight import Sight, see


def sight_of(visit: Visit) -> Sight:
    """The visit with its true border."""
    mask = polygon2mask(visit.pixels.shape[:2], visit.outline[:, ::-1] - 0.5)
    return see(visit.pixels, mask, visit.outline)


def miss_px(found: Registered, baseline: Visit, follow_up: Visit) -> float:
    """Greatest error along the lesion's outline, in pixels of the baseline."""
    assert found.matrix is not None, found.reason
    true = follow_up_to_baseline(baseline, follow_up)
    places = follow_up.outline[::40]
    one, other = (ProjectiveTransform(matrix)(places) for matrix in (found.matrix, true))
    return float(np.hypot(*(one - other).T).max())


def follow_up_to_baseline(baseline: Visit, follow_up: Visit) -> np.ndarray:
    """The true homography."""
    return np.asarray(baseline.from_scene @ np.linalg.inv(follow_up.from_scene))

"""A mask becomes a picture of one colour that hides nothing outside of it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from augderm.formats.border_png import border_png
from augderm.formats.overlay_png import OPACITY, overlay_png


def test_only_what_is_marked_is_coloured() -> None:
    mask = np.zeros((30, 40), bool)
    mask[5:10, 20:25] = True
    drawn = np.asarray(Image.open(io.BytesIO(overlay_png(border_png(mask, (40, 30)), (10, 200, 30)))))
    assert drawn.shape == (30, 40, 4)
    assert (drawn[mask] == (10, 200, 30, OPACITY)).all()
    assert (drawn[~mask][:, 3] == 0).all()

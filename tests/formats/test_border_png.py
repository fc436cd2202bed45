"""The border as a PNG mask."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.phantom import Phantom
from augderm.formats.border_png import border_png


@pytest.mark.parametrize("size", [(600, 450), (1234, 901), (4000, 3000), (90, 61)])
def test_the_mask_has_the_wanted_size_two_levels_and_the_same_share(
    phantom: Phantom, size: tuple[int, int]
) -> None:
    with Image.open(io.BytesIO(border_png(phantom.mask, size))) as image:
        found = np.asarray(image)
    assert found.shape == size[::-1]
    assert set(np.unique(found)) == {0, 255}
    assert (found > 0).mean() == pytest.approx(phantom.mask.mean(), rel=0.01)


def test_an_empty_border_is_an_empty_mask() -> None:
    with Image.open(io.BytesIO(border_png(np.zeros((45, 60), bool), (600, 450)))) as image:
        assert image.getextrema() == (0, 0)

"""Slow light is taken out, the lesion stays."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from augderm.analysis.maps.illumination import flattened, light_field

Y, X = np.mgrid[-1:1:90j, -1:1:120j]
LESION = X**2 + Y**2 < 0.16
FALL = (0.2 * X - 0.1 * Y - 0.15 * (X**2 + Y**2)).astype(np.float32)


def test_the_fall_of_light_is_found_behind_the_lesion_and_hairs() -> None:
    seen = FALL - 0.6 * LESION - 0.4 * (np.abs(X - 0.6) < 0.01)
    field = light_field(seen.astype(np.float32), ~LESION)
    assert field is not None
    assert field - field.mean() == pytest.approx(FALL - FALL.mean(), abs=0.01)
    assert np.median(field[~LESION]) == pytest.approx(0, abs=1e-6)


def test_even_light_is_left_as_it_is() -> None:
    field = light_field(np.full(X.shape, -0.3, np.float32), ~LESION)
    assert field == pytest.approx(np.zeros(X.shape), abs=1e-6)


def test_flattening_takes_the_field_out_of_every_channel_alike() -> None:
    light = np.array([0.5, 0.4, 0.3], np.float32) * 10 ** FALL[..., None]
    assert flattened(light, FALL) == pytest.approx(np.broadcast_to([0.5, 0.4, 0.3], light.shape), rel=1e-4)
    assert flattened(light, None) is light


@pytest.mark.parametrize("skin", [np.zeros(X.shape, bool), X > 0.9, (X > 0) & (Y > 0), X > 0.1])
def test_skin_that_is_too_little_or_on_one_side_only_holds_no_surface(skin: NDArray[np.bool_]) -> None:
    assert light_field(FALL, skin) is None


def test_unknown_light_is_left_out() -> None:
    seen = FALL.copy()
    seen[:20, :20] = np.nan
    field = light_field(seen, ~LESION)
    assert field is not None
    assert np.isfinite(field).all()

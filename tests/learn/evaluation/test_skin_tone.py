"""The tone of the skin around a lesion, on skins whose tone is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import lab2rgb

from augderm.learn.evaluation.perturb import with_dark_corners, with_hair
from augderm.learn.evaluation.skin_tone import ita_class, ita_deg

SIZE = (120, 160)


def skin(lightness: float, yellow: float) -> NDArray[np.uint8]:
    lab = np.empty((*SIZE, 3))
    lab[:] = (lightness, 12.0, yellow)
    pixels: NDArray[np.uint8] = np.rint(lab2rgb(lab) * 255).astype(np.uint8)
    return pixels


def lesion() -> NDArray[np.bool_]:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    inside: NDArray[np.bool_] = np.hypot(x - 80, y - 60) < 30
    return inside


@pytest.mark.parametrize(
    ("lightness", "yellow", "name"),
    [
        (75, 12, "very light"),
        (65, 15, "light"),
        (62, 18, "intermediate"),
        (56, 20, "tan"),
        (48, 20, "brown"),
        (35, 12, "dark"),
    ],
)
def test_a_plain_skin_has_the_angle_of_its_colour(lightness: float, yellow: float, name: str) -> None:
    pixels = skin(lightness, yellow)
    pixels[lesion()] = (60, 40, 30)
    wanted = math.degrees(math.atan((lightness - 50) / yellow))
    found = ita_deg(pixels, lesion())
    assert found is not None
    assert found == pytest.approx(wanted, abs=2)
    assert ita_class(found) == name


def test_hair_dark_corners_and_the_lesion_do_not_darken_the_skin() -> None:
    plain = skin(65, 15)
    pixels = with_dark_corners(with_hair(plain, 3), 0)
    pixels[lesion()] = (50, 30, 25)
    clean, disturbed = ita_deg(plain, lesion()), ita_deg(pixels, lesion())
    assert clean is not None
    assert disturbed == pytest.approx(clean, abs=2)


def test_without_a_lesion_or_skin_in_view_there_is_no_tone() -> None:
    assert ita_deg(skin(65, 15), np.zeros(SIZE, bool)) is None
    assert ita_deg(skin(65, 15), np.ones(SIZE, bool)) is None


def test_the_classes_part_at_the_published_angles() -> None:
    assert [ita_class(angle) for angle in (56, 55, 41, 28, 10, -30)] == [
        *("very light", "light", "intermediate", "tan", "brown", "dark"),
    ]

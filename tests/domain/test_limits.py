"""The limits agree with each other and with what the program promises."""

from __future__ import annotations

from augderm.domain import limits


def test_a_108_megapixel_photograph_is_accepted() -> None:
    assert limits.MAX_IMAGE_PIXELS >= 12_000 * 9_000
    assert limits.MAX_SIDE_PX >= 12_000


def test_a_decoded_image_at_the_limit_fits_into_a_small_machine() -> None:
    assert limits.MAX_IMAGE_PIXELS * 3 < 500 * 2**20
    assert limits.MAX_FILE_BYTES <= 512 * 2**20


def test_an_uncompressed_photograph_of_the_most_pixels_is_accepted() -> None:
    assert limits.MAX_FILE_BYTES > limits.MAX_IMAGE_PIXELS * 3


def test_sides_are_in_order() -> None:
    assert 0 < limits.MIN_SIDE_PX < limits.WORKING_SIDE_PX < limits.MAX_SIDE_PX


def test_the_least_range_is_a_small_part_of_the_levels() -> None:
    assert 0 < limits.MIN_LEVEL_RANGE < 32

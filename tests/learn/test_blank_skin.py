"""Windows of blank skin and of lesions, and telling them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.errors import InvalidDataset
from augderm.learn.blank_skin import WINDOW_SHARE, blank_window, fit_blankness, lesion_window
from augderm.learn.records import Record


def _record(folder: Path, mask: str | None = "mask.png") -> Record:
    return Record(
        folder=folder, image="i.png", dataset="d", group="g", fold=1, aspect=4 / 3, label=0, mask=mask
    )


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[np.ndarray, Record]:
    """Red where the lesion is, grey elsewhere; the mask a quarter of the size."""
    phantom = draw_phantom(PhantomSpec(center=(0.7, 0.6)))
    pixels = np.where(phantom.mask[..., None], (255, 0, 0), (128, 128, 128)).astype(np.uint8)
    mask = Image.fromarray(phantom.mask).resize((150, 112))
    mask.save(tmp_path / "mask.png")
    return pixels, _record(tmp_path)


def test_a_blank_window_holds_nothing_of_the_lesion(drawn: tuple[np.ndarray, Record]) -> None:
    window = blank_window(*drawn)
    assert window is not None
    assert window.shape == (180, 240, 3)
    assert (window == 128).all()


def test_a_lesion_window_is_of_the_same_size_and_on_the_lesion(drawn: tuple[np.ndarray, Record]) -> None:
    blank, lesion = blank_window(*drawn), lesion_window(*drawn)
    assert blank is not None
    assert lesion is not None
    assert abs(blank.shape[0] - lesion.shape[0]) <= 1
    assert (lesion[..., 0] == 255).mean() > 0.3


def test_a_lesion_that_fills_the_image_leaves_no_blank_window(tmp_path: Path) -> None:
    Image.fromarray(np.full((30, 40), 255, np.uint8)).save(tmp_path / "mask.png")
    assert blank_window(np.full((300, 400, 3), 200, np.uint8), _record(tmp_path)) is None


def test_a_dark_corner_is_no_blank_skin(drawn: tuple[np.ndarray, Record]) -> None:
    pixels, record = drawn
    assert blank_window(pixels // 4, record) is None


def test_a_record_without_a_mask_has_no_windows(tmp_path: Path) -> None:
    pixels = np.full((300, 400, 3), 200, np.uint8)
    assert blank_window(pixels, _record(tmp_path, None)) is lesion_window(pixels, _record(tmp_path, None))


def test_an_empty_mask_has_no_lesion_window(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((30, 40), np.uint8)).save(tmp_path / "mask.png")
    assert lesion_window(np.full((300, 400, 3), 200, np.uint8), _record(tmp_path)) is None


def test_a_broken_mask_is_named(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"no image")
    with pytest.raises(InvalidDataset, match=r"mask\.png"):
        blank_window(np.full((300, 400, 3), 200, np.uint8), _record(tmp_path))


def test_a_window_is_smaller_than_the_image() -> None:
    assert 0.2 < WINDOW_SHARE < 0.5


def test_blankness_tells_two_clouds_apart_and_counts_each_half() -> None:
    rng = np.random.default_rng(0)
    shift = np.zeros(20)
    shift[3] = 4.0
    blank, lesions = rng.normal(size=(100, 20)) + shift, rng.normal(size=(2000, 20))
    weights, offset = fit_blankness(blank, lesions)
    new_blank, new_lesions = rng.normal(size=(500, 20)) + shift, rng.normal(size=(500, 20))
    assert np.mean(new_blank @ weights + offset > 0) > 0.93
    assert np.mean(new_lesions @ weights + offset < 0) > 0.93
    assert np.abs(weights).argmax() == 3

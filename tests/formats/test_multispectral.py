"""Stacks: decoded by rising wavelength, or refused with the file, the fault and the remedy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.phantom import StackSpec, simulate_stack
from augderm.domain.errors import AugDermError, InvalidConfig, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_STACK_PLANES, WORKING_SIDE_PX
from augderm.formats.multispectral import is_stack, read_stack
from support.images import declares_size, encode, tiff_of_pages
from support.stacks import LEVELS, tiff, write_folder, write_tiff

SPEC = StackSpec(side_px=40, wavelengths_nm=(700, 450, 500, 540, 1000), uneven=0.3, dark_level=0.02)
PHANTOM = simulate_stack(SPEC)
RISING = np.argsort(SPEC.wavelengths_nm)


def sidecar(path: Path, content: Any) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize("write", [write_tiff, write_folder])
def test_a_stack_comes_back_by_rising_wavelength_with_dark_and_flat(tmp_path: Path, write: Any) -> None:
    stack = read_stack(write(tmp_path, PHANTOM, SPEC.wavelengths_nm))
    assert list(stack.wavelengths_nm) == [450, 500, 540, 700, 1000]
    assert (stack.width_px, stack.height_px, stack.notes) == (40, 40, ())
    assert stack.dark is not None
    assert stack.flat is not None
    for found, drawn in zip(
        (stack.planes, stack.dark, stack.flat), (PHANTOM.planes, PHANTOM.dark, PHANTOM.flat), strict=True
    ):
        assert found / LEVELS == pytest.approx(drawn[RISING], abs=1 / LEVELS)


def test_dark_and_flat_may_be_one_image_for_all_planes_or_left_out(tmp_path: Path) -> None:
    path = write_tiff(tmp_path, PHANTOM, SPEC.wavelengths_nm, flat="one.png", dark=None)
    Image.fromarray(np.full((40, 40), 50_000, np.uint16)).save(tmp_path / "one.png")
    stack = read_stack(path)
    assert stack.dark is None
    assert stack.flat is not None
    assert stack.flat.shape == stack.planes.shape
    assert (stack.flat == 50_000).all()


def test_the_names_of_a_folder_do_not_give_the_order(tmp_path: Path) -> None:
    # "1000.png" sorts before "450.png".
    stack = read_stack(write_folder(tmp_path, PHANTOM, SPEC.wavelengths_nm))
    assert stack.planes[-1] / LEVELS == pytest.approx(PHANTOM.planes[4], abs=1 / LEVELS)


@pytest.mark.parametrize(
    ("levels", "top"),
    [
        (np.arange(256, dtype=np.uint8).reshape(16, 16), 255),
        (np.arange(0, 65536, 256, dtype=np.uint16).reshape(16, 16) + np.uint16(255), 65535),
        (np.linspace(0, 4095, 256).astype(np.uint16).reshape(16, 16), 4095),
        (np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16), None),
    ],
    ids=["8 bits", "16 bits", "12 bits", "float"],
)
def test_levels_are_kept_and_cut_off_ones_are_not_known(
    tmp_path: Path, levels: NDArray[Any], top: float | None
) -> None:
    (tmp_path / "s.tif").write_bytes(tiff([Image.fromarray(levels)]))
    sidecar(tmp_path / "s.wavelengths.json", {"wavelengths_nm": [500]})
    found = read_stack(tmp_path / "s.tif").planes[0]
    known = np.isfinite(found)
    assert (found[known] == levels[known]).all()
    assert (~known == (levels == top)).all()


def test_a_large_plane_is_reduced_and_what_was_cut_off_stays_unknown(tmp_path: Path) -> None:
    levels = np.full((60, 2 * WORKING_SIDE_PX), 1000, np.uint16)
    levels[30, 1000] = 65535
    (tmp_path / "s.tif").write_bytes(tiff([Image.fromarray(levels)]))
    sidecar(tmp_path / "s.wavelengths.json", {"wavelengths_nm": [500]})
    stack = read_stack(tmp_path / "s.tif")
    assert (stack.planes.shape, stack.width_px) == ((1, 30, WORKING_SIDE_PX), 2 * WORKING_SIDE_PX)
    assert np.argwhere(np.isnan(stack.planes[0])).tolist() == [[15, 500]]
    assert np.nanmin(stack.planes) == np.nanmax(stack.planes) == 1000


def test_images_that_the_sidecar_does_not_name_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    Image.new("RGB", (40, 40)).save(tmp_path / "overview.jpg")
    assert "1 images" in read_stack(tmp_path).notes[0]


def test_a_sidecar_makes_a_stack(tmp_path: Path) -> None:
    path = write_tiff(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    assert is_stack(path)
    assert is_stack(tmp_path)
    assert not is_stack(tmp_path / "flat.tif")


NM = list(SPEC.wavelengths_nm)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"wavelengths_nm": NM[:4]}, ("4 wavelengths", "5 pages")),
        ({"wavelengths_nm": [*NM, 620]}, ("6 wavelengths", "5 pages")),
        ({"wavelengths_nm": [*NM[:4], 450.0]}, ("page 2", "page 5", "450 nm", "leave one")),
        ({"wavelengths_nm": [*NM[:4], None]}, ("page 5", "None", "nanometres")),
        ({"wavelengths_nm": [*NM[:4], "450"]}, ("page 5", "nanometres")),
        ({"wavelengths_nm": [*NM[:4], True]}, ("page 5", "nanometres")),
        ('{"wavelengths_nm": [NaN, 1, 2, 3, 4]}', ("page 1", "nanometres")),
        ('{"wavelengths_nm": [1e999, 1, 2, 3, 4]}', ("page 1", "nanometres")),
        ({"wavelengths_nm": []}, ("no planes",)),
        ({"wavelengths_nm": 5}, ("no planes",)),
        ({"planes": {"a.png": 1}}, ("TIFF", "wavelengths_nm")),
        ({"wavelengths_nm": NM, "planes": {}}, ("TIFF", "wavelengths_nm")),
        ({}, ("TIFF", "wavelengths_nm")),
        ({"wavelength": NM}, ("wavelength", "wavelengths_nm, dark, flat")),
        ({"wavelengths_nm": NM, "flat": "../flat.tif"}, ("plain name",)),
        ({"wavelengths_nm": NM, "flat": "/etc/hosts"}, ("plain name",)),
        ({"wavelengths_nm": NM, "flat": ".."}, ("plain name",)),
        ({"wavelengths_nm": NM, "flat": "a\\b"}, ("plain name",)),
        ({"wavelengths_nm": NM, "flat": 3}, ("plain name",)),
        ({"wavelengths_nm": NM, "flat": "three.tif"}, ("3 pages", "or 5")),
        ({"wavelengths_nm": NM, "flat": "sub"}, ("folder",)),
    ],
)
def test_a_wrong_sidecar_is_refused_with_what_to_mend(
    tmp_path: Path, content: Any, words: tuple[str, ...]
) -> None:
    path = write_tiff(tmp_path, PHANTOM, NM)
    (tmp_path / "three.tif").write_bytes(tiff([Image.new("L", (40, 40))] * 3))
    (tmp_path / "sub").mkdir()
    sidecar(tmp_path / "stack.wavelengths.json", content)
    with pytest.raises(InvalidConfig) as refused:
        read_stack(path)
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_more_planes_than_the_limit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "s.tif").write_bytes(tiff_of_pages(100_000))
    sidecar(tmp_path / "s.wavelengths.json", {"wavelengths_nm": list(range(400, 400 + MAX_STACK_PLANES + 1))})
    with pytest.raises(LimitExceeded, match="65 planes, the limit is 64"):
        read_stack(tmp_path / "s.tif")
    sidecar(tmp_path / "s.wavelengths.json", {"wavelengths_nm": NM})
    with pytest.raises(LimitExceeded, match="more than 64 pages"):
        read_stack(tmp_path / "s.tif")


@pytest.mark.parametrize(
    ("plane", "kind", "words"),
    [
        (None, InvalidImage, "no such file"),
        (b"", InvalidImage, "empty"),
        (b"no image", InvalidImage, "no TIFF, PNG or DICOM"),
        (encode(Image.new("RGB", (40, 40)), "PNG"), InvalidImage, "a plane is grey"),
        (encode(Image.new("L", (40, 40)), "JPEG"), InvalidImage, "no TIFF, PNG or DICOM"),
        (encode(Image.new("L", (40, 39)), "PNG"), InvalidImage, "40 x 39 pixels, the first plane is 40 x 40"),
        (encode(Image.effect_noise((40, 40), 60), "PNG")[:-200], InvalidImage, "truncated"),
        (declares_size("PNG", 60_000, 60_000), LimitExceeded, "limit"),
        (encode(Image.new("L", (4, 4)), "PNG"), LimitExceeded, "the least is 16"),
        (tiff([Image.new("L", (40, 40))] * 2), InvalidImage, "2 pages, one is needed"),
    ],
    ids=["missing", "empty", "text", "colour", "JPEG", "size", "cut", "giant", "tiny", "pages"],
)
def test_a_wrong_plane_is_refused_by_its_name(
    tmp_path: Path, plane: bytes | None, kind: type[AugDermError], words: str
) -> None:
    write_folder(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    if plane is None:
        (tmp_path / "500.png").unlink()
    else:
        (tmp_path / "500.png").write_bytes(plane)
    with pytest.raises(kind, match=words) as refused:
        read_stack(tmp_path)
    assert "500.png" in str(refused.value)


def test_a_missing_plane_of_the_flat_and_one_of_another_size_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    Image.new("L", (30, 30)).save(tmp_path / "flat" / "500.png")
    with pytest.raises(InvalidImage, match="flat is 30 x 30"):
        read_stack(tmp_path)
    (tmp_path / "flat" / "500.png").unlink()
    with pytest.raises(InvalidImage, match="no such file"):
        read_stack(tmp_path)


def test_a_missing_sidecar_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"wavelengths\.json is missing.*write it as"):
        read_stack(tmp_path)


def test_damaged_tiffs_raise_nothing_else(tmp_path: Path) -> None:
    path = write_tiff(tmp_path, simulate_stack(replace(SPEC, side_px=16)), NM, dark=None, flat=None)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 12):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(whole) // 2, len(whole))])
        try:
            read_stack(path)
        except AugDermError as refused:
            assert str(tmp_path) in str(refused)  # noqa: PT017

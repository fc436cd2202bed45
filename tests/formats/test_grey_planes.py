"""Grey planes: the same levels whatever file they lie in, and one plane where one is asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.domain.errors import InvalidImage
from augderm.domain.limits import WORKING_SIDE_PX
from augderm.formats.grey_planes import grey_planes, single_plane
from support.stacks import dicom_file, tiff

FRAMES = np.random.default_rng(0).integers(0, 4096, (3, 20, 24)).astype(np.uint16)
FRAMES[:, 0, 0] = 4095


def test_pages_of_a_tiff_and_frames_of_a_dicom_file_are_the_same_planes(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff([Image.fromarray(frame) for frame in FRAMES]))
    (tmp_path / "b").write_bytes(dicom_file(FRAMES, [500, 540, 580]))
    pages, frames = grey_planes(tmp_path / "a.tif"), grey_planes(tmp_path / "b")
    for page, frame in zip(pages, frames, strict=True):
        assert np.array_equal(page.levels, frame.levels, equal_nan=True)
        # A camera of 12 bits is saturated at 4095, though 16 are stored.
        assert np.isnan(page.levels[0, 0])
        assert page.size == frame.size == (24, 20)
    assert [frame.wavelength_nm for frame in frames] == [500, 540, 580]
    assert [page.wavelength_nm for page in pages] == [None] * 3
    assert len({frame.subject for frame in frames}) == 1
    assert "Secret" not in repr(frames)


def test_a_large_frame_is_reduced_and_keeps_its_size(tmp_path: Path) -> None:
    wide = np.full((1, 16, 2 * WORKING_SIDE_PX), 700, np.uint16)
    (tmp_path / "a.dcm").write_bytes(dicom_file(wide, [500]))
    plane = single_plane(tmp_path / "a.dcm")
    assert plane.levels.shape == (8, WORKING_SIDE_PX)
    assert plane.size == (2 * WORKING_SIDE_PX, 16)
    assert (plane.levels == 700).all()


def test_several_frames_are_no_single_plane(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom_file(FRAMES, [500, 540, 580]))
    with pytest.raises(InvalidImage, match="holds 3 pages, one is needed"):
        single_plane(tmp_path / "a.dcm")


def test_the_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    data = dicom_file(FRAMES, [500, 540, 580])
    (tmp_path / "a.dcm").write_bytes(data)
    digest = hashlib.sha256()
    grey_planes(tmp_path / "a.dcm", digest)
    assert digest.hexdigest() == hashlib.sha256(hashlib.sha256(data).hexdigest().encode()).hexdigest()

"""DICOM as planes of a stack: levels and wavelengths as they are, or a refusal that names no patient."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from augderm.analysis.maps.phantom import StackSpec, simulate_stack
from augderm.domain.errors import AugDermError, InvalidConfig, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_DICOM_HEADER_BYTES, MAX_STACK_PLANES
from augderm.formats.dicom_planes import dicom_planes
from augderm.formats.multispectral import is_stack, read_stack
from support.stacks import LEVELS, PATIENT_NAME, dicom_file, levels, write_series

SPEC = StackSpec(side_px=40, wavelengths_nm=(700, 450, 500, 540, 1000))
PHANTOM = simulate_stack(SPEC)
NM = list(SPEC.wavelengths_nm)
RISING = np.argsort(NM)
FRAMES = levels(PHANTOM.planes)
ONE = FRAMES[:1]


def refusal(kind: type[AugDermError], data: bytes) -> str:
    with pytest.raises(kind) as refused:
        dicom_planes(data)
    assert "Secret" not in str(refused.value)
    return str(refused.value)


def test_a_series_comes_back_by_rising_wavelength(tmp_path: Path) -> None:
    stack = read_stack(write_series(tmp_path, PHANTOM, NM))
    assert list(stack.wavelengths_nm) == sorted(NM)
    assert stack.planes / LEVELS == pytest.approx(PHANTOM.planes[RISING], abs=1 / LEVELS)
    assert (stack.dark, stack.flat, stack.notes) == (None, None, ())


def test_files_that_are_no_planes_are_told_and_a_directory_of_files_is_none(tmp_path: Path) -> None:
    write_series(tmp_path, PHANTOM, NM)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"anything")
    (tmp_path / "readme.txt").write_text("x")
    (tmp_path / "overview.jpg").write_bytes(b"x")
    assert "1 images" in read_stack(tmp_path).notes[0]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_of_several_frames_is_a_stack_by_the_path_of_each_frame(tmp_path: Path, syntax: UID) -> None:
    path = tmp_path / "stack.dcm"
    path.write_bytes(dicom_file(FRAMES, NM, syntax=syntax))
    assert is_stack(path)
    stack = read_stack(path)
    assert list(stack.wavelengths_nm) == sorted(NM)
    assert np.array_equal(stack.planes, FRAMES[RISING])


def test_frames_name_their_path_and_do_not_follow_its_order() -> None:
    made = Dataset()
    made.OpticalPathIdentifier = "1"
    group = Dataset()
    group.OpticalPathIdentificationSequence = [made]
    data = dicom_file(FRAMES, NM, PerFrameFunctionalGroupsSequence=[group] * 5)
    assert dicom_planes(data).wavelengths_nm == (450,) * 5


def test_frames_that_name_no_path_have_no_wavelength_rather_than_a_guessed_one() -> None:
    bare = dicom_file(FRAMES, NM, PerFrameFunctionalGroupsSequence=None)
    assert dicom_planes(bare).wavelengths_nm == (None,) * 5


def test_a_sidecar_gives_wavelengths_dark_and_flat_to_dicom_too(tmp_path: Path) -> None:
    for index, at in enumerate(NM):
        (tmp_path / f"{at:g}.dcm").write_bytes(dicom_file(FRAMES[index : index + 1], [None]))
    (tmp_path / "white.dcm").write_bytes(dicom_file(np.full_like(ONE, 50_000), [None]))
    sidecar = {"planes": {f"{at:g}.dcm": at for at in NM}, "flat": "white.dcm"}
    (tmp_path / "wavelengths.json").write_text(json.dumps(sidecar))
    stack = read_stack(tmp_path)
    assert np.array_equal(stack.planes, FRAMES[RISING])
    assert stack.flat is not None
    assert (stack.flat == 50_000).all()
    assert stack.notes == ()


def test_a_sidecar_that_says_otherwise_is_taken_and_told(tmp_path: Path) -> None:
    (tmp_path / "s.dcm").write_bytes(dicom_file(FRAMES, NM))
    (tmp_path / "s.wavelengths.json").write_text(json.dumps({"wavelengths_nm": [*NM[:4], 900]}))
    stack = read_stack(tmp_path / "s.dcm")
    assert stack.wavelengths_nm[-1] == 900
    assert "other wavelengths" in stack.notes[0]


def test_the_wavelength_is_asked_for_where_the_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom_file(ONE, [None]))
    for path in (tmp_path, tmp_path / "a.dcm"):
        with pytest.raises(InvalidConfig, match=r"a\.dcm is not in the file .*write .*wavelengths\.json"):
            read_stack(path)


def test_two_planes_of_one_wavelength_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, PHANTOM, [*NM[:4], 450])
    with pytest.raises(InvalidConfig, match=r"IM0001 and IM0004 are both at 450 nm"):
        read_stack(tmp_path)


@pytest.mark.parametrize(
    "other", [{"PatientID": "P-8"}, {"PatientName": "Secret^Other"}, {"StudyInstanceUID": "1.2.9"}]
)
def test_files_of_two_patients_or_studies_are_refused_by_file_name(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    write_series(tmp_path, PHANTOM, NM)
    (tmp_path / "IM0003").write_bytes(dicom_file(FRAMES[3:4], [540], **other))
    with pytest.raises(InvalidImage, match="IM0000 and IM0003 are not of the same patient") as refused:
        read_stack(tmp_path)
    assert not any(word in str(refused.value) for word in ("Secret", "P-7", "P-8"))


def test_planes_of_another_size_are_refused_by_name(tmp_path: Path) -> None:
    write_series(tmp_path, PHANTOM, NM)
    (tmp_path / "IM0003").write_bytes(dicom_file(ONE[:, :30], [540]))
    with pytest.raises(InvalidImage, match="IM0003 is 40 x 30 pixels, the first plane is 40 x 40"):
        read_stack(tmp_path)


def test_stored_bits_rescale_and_saturation_are_heeded(tmp_path: Path) -> None:
    stored = np.full((1, 16, 16), 1000, np.uint16)
    stored[0, 0, 0], stored[0, 0, 1] = 4095, 1000 + 0x8000  # saturated; an overlay above the stored bits
    data = dicom_file(stored, [500], BitsStored=12, HighBit=11, RescaleSlope=2, RescaleIntercept=-100)
    (tmp_path / "a.dcm").write_bytes(data)
    plane = read_stack(tmp_path).planes[0]
    assert np.isnan(plane[0, 0])
    assert (plane.ravel()[1:] == 1900).all()


def test_8_bits_a_level_are_read_as_they_are() -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    bits: dict[str, Any] = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    found = dicom_planes(dicom_file(stored.astype(np.uint16), [500], **bits, PixelData=stored.tobytes()))
    assert found.top == 255
    assert np.array_equal(found.levels, stored)


def test_a_loss_of_long_ago_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom_file(ONE, [500], LossyImageCompression="01"))
    assert "compressed with loss" in read_stack(tmp_path).notes[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Rows": None}, "Rows (0028,0010) is missing"),
        ({"Columns": None}, "Columns (0028,0011) is missing"),
        ({"BitsStored": None}, "BitsStored (0028,0101) is missing"),
        ({"PixelData": None}, "no pixel data"),
        ({"PixelRepresentation": 1}, "unsigned"),
        ({"HighBit": 14}, "unsigned"),
        ({"BitsAllocated": 32}, "export 8 or 16"),
        ({"BitsStored": 0}, "export 8 or 16"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "a plane is grey"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "level 0 is white"),
        ({"NumberOfFrames": -3}, "number of frames is -3"),
        ({"NumberOfFrames": 9}, "cut off: 9 frames"),
        ({"Rows": 20_000}, "cut off: 1 frames of 40 x 20000"),
        ({"RescaleSlope": 0}, "Rescale"),
        ({"ModalityLUTSequence": [Dataset()]}, "Modality LUT"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_with_the_reason(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(InvalidImage, dicom_file(ONE, [500], **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "limit"),
        ({"Rows": 4}, "the least is 16"),
        ({"NumberOfFrames": 65}, "65 frames, the limit is 64"),
    ],
)
def test_sizes_beyond_the_limits_are_refused_before_anything_is_decoded(
    changes: dict[str, Any], words: str
) -> None:
    assert words in refusal(LimitExceeded, dicom_file(ONE, [500], **changes))


def with_syntax(uid: bytes) -> bytes:
    whole = dicom_file(ONE, [500])
    old = struct.pack("<HH2sH", 2, 16, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
    assert whole.count(old) == 1
    return whole.replace(old, struct.pack("<HH2sH", 2, 16, b"UI", len(uid)) + uid)


@pytest.mark.parametrize(
    ("uid", "words"),
    [
        (JPEGLSLossless.encode(), "JPEG-LS Lossless"),
        (DeflatedExplicitVRLittleEndian.encode(), "Deflated Explicit"),
        (b"1.2.3.4.5.6.7.89", "1.2.3.4.5.6.7.89"),
        (b"1.2.840.10008.1.2.2\0", "Big Endian"),
    ],
)
def test_other_transfer_syntaxes_are_refused_by_name_and_never_inflated(uid: bytes, words: str) -> None:
    message = refusal(InvalidImage, with_syntax(uid))
    assert words in message
    assert "Explicit VR Little Endian" in message


def nested(depth: int) -> bytes:
    """A sequence in a sequence and so on, put before the pixels."""
    begin = struct.pack("<HH2sHI", 0x48, 0x105, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    whole = dicom_file(ONE, [None])
    at = whole.index(struct.pack("<HH2s", 0x7FE0, 0x10, b"OW"))
    return whole[:at] + begin * depth + end * depth + whole[at:]


def test_deep_sequences_and_a_header_without_end_are_refused() -> None:
    refusal(InvalidImage, nested(5_000))
    whole = dicom_file(ONE, [500])
    at = whole.index(struct.pack("<HH2s", 0x7FE0, 0x10, b"OW"))
    private = struct.pack("<HH2sHI", 0x7FDF, 0x1010, b"OB", 0, MAX_DICOM_HEADER_BYTES)
    data = whole[:at] + private + bytes(MAX_DICOM_HEADER_BYTES) + whole[at:]
    assert "more than 4 MB" in refusal(LimitExceeded, data)


def test_a_file_cut_anywhere_is_refused_and_nothing_else_is_raised() -> None:
    whole = dicom_file(ONE[:, :16, :16], [500])
    dicom_planes(whole)
    for length in range(132, len(whole)):
        refusal(InvalidImage, whole[:length])


def test_damaged_bytes_raise_no_other_error_and_show_no_name(capfd: pytest.CaptureFixture[str]) -> None:
    whole = dicom_file(ONE[:, :16, :16], [500])
    rng = np.random.default_rng(0)
    header = whole.index(struct.pack("<HH2s", 0x7FE0, 0x10, b"OW"))
    for _ in range(400):
        damaged = bytearray(whole)
        for place in rng.integers(132, header + 12, 3):
            damaged[place] = rng.integers(256)
        with contextlib.suppress(InvalidImage, LimitExceeded):
            dicom_planes(bytes(damaged))
    assert "Secret" not in "".join(capfd.readouterr())


def test_more_frames_in_a_folder_than_the_limit_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frames = np.full((MAX_STACK_PLANES // 2 + 1, 16, 16), 7, np.uint16)
        (tmp_path / name).write_bytes(dicom_file(frames, list(range(400, 400 + len(frames)))))
    with pytest.raises(LimitExceeded, match="more than 64 frames"):
        read_stack(tmp_path)


def test_the_file_is_named_where_it_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, PHANTOM, NM)
    (tmp_path / "IM0002").write_bytes(dicom_file(ONE, [500])[:600])
    with pytest.raises(InvalidImage, match=r"IM0002: "):
        read_stack(tmp_path)


def test_a_name_in_the_support_files_is_there_to_be_hidden() -> None:
    assert PATIENT_NAME.encode() in dicom_file(ONE, [500])
    assert PATIENT_NAME.startswith("Secret")
    assert "Secret" not in repr(dicom_planes(dicom_file(ONE, [500])))

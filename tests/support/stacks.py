"""Multispectral stacks as files."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, VLPhotographicImageStorage

from augderm.analysis.maps.phantom import StackPhantom

LEVELS = 60_000
"""Level of a reflectance of 1 in 16 bits."""
PATIENT_NAME = "Secret^Name"
"""Of every DICOM file here; it must appear in no message."""


def sixteen_bit(plane: NDArray[np.float32]) -> Image.Image:
    """A plane in 0..1 as a 16-bit grey image."""
    return Image.fromarray(np.round(plane * LEVELS).astype(np.uint16))


def tiff(planes: Sequence[Image.Image]) -> bytes:
    """The bytes of a TIFF of one page a plane."""
    file = io.BytesIO()
    planes[0].save(file, "TIFF", save_all=True, append_images=planes[1:])
    return file.getvalue()


def write_tiff(folder: Path, phantom: StackPhantom, wavelengths: Sequence[float], **more: Any) -> Path:
    """stack.tif with dark.tif, flat.tif and its sidecar."""
    for name, planes in (("stack", phantom.planes), ("dark", phantom.dark), ("flat", phantom.flat)):
        (folder / f"{name}.tif").write_bytes(tiff([sixteen_bit(plane) for plane in planes]))
    sidecar = {"wavelengths_nm": list(wavelengths), "dark": "dark.tif", "flat": "flat.tif", **more}
    (folder / "stack.wavelengths.json").write_text(json.dumps(sidecar))
    return folder / "stack.tif"


def write_folder(folder: Path, phantom: StackPhantom, wavelengths: Sequence[float], **more: Any) -> Path:
    """A folder of one PNG a plane, sub-folders dark and flat, and its sidecar."""
    for place, planes in ((".", phantom.planes), ("dark", phantom.dark), ("flat", phantom.flat)):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for at, plane in zip(wavelengths, planes, strict=True):
            sixteen_bit(plane).save(folder / place / f"{at:g}.png")
    named = {f"{at:g}.png": at for at in wavelengths}
    sidecar = {"planes": named, "dark": "dark", "flat": "flat", **more}
    (folder / "wavelengths.json").write_text(json.dumps(sidecar))
    return folder


def dicom_file(
    frames: NDArray[np.uint16],
    wavelengths: Sequence[float | None],
    *,
    syntax: UID = ExplicitVRLittleEndian,
    **changes: Any,
) -> bytes:
    """The bytes of a DICOM file of grey frames (n, h, w), each with its optical path.

    Changes are attributes by keyword; None takes one out.
    """
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = VLPhotographicImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    made.PatientName, made.PatientID, made.StudyInstanceUID = PATIENT_NAME, "P-7", "1.2.3"
    count, made.Rows, made.Columns = frames.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    if count > 1:
        made.NumberOfFrames = count
        made.PerFrameFunctionalGroupsSequence = [_frame_of(str(at)) for at in range(count)]
    if any(at is not None for at in wavelengths):
        made.OpticalPathSequence = [_optical_path(str(at), nm) for at, nm in enumerate(wavelengths)]
    made.PixelData = frames.astype("<u2").tobytes()
    for name, value in changes.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _frame_of(path: str) -> Dataset:
    group, identified = Dataset(), Dataset()
    identified.OpticalPathIdentifier = path
    group.OpticalPathIdentificationSequence = [identified]
    return group


def _optical_path(name: str, wavelength: float | None) -> Dataset:
    path = Dataset()
    path.OpticalPathIdentifier = name
    if wavelength is not None:
        path.IlluminationWaveLength = wavelength
    return path


def levels(planes: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Planes in 0..1 as 16-bit levels."""
    return np.round(planes * LEVELS).astype(np.uint16)


def write_series(folder: Path, phantom: StackPhantom, wavelengths: Sequence[float]) -> Path:
    """A folder of one DICOM file a plane, without a sidecar."""
    for index, at in enumerate(wavelengths):
        one = levels(phantom.planes[index : index + 1])
        (folder / f"IM{index:04d}").write_bytes(dicom_file(one, [at]))
    return folder

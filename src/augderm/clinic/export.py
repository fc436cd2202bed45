"""A copy of a patient's data, as the patient may ask for: JSON by a published schema, and the images."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.belongings import belongings_of, rows_of
from augderm.clinic.finding import find_patient
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform

SCHEMA = "augderm.patient/1"
DATA = "patient.json"
"""The name within the ZIP; `SCHEMA_FILE` says what stands in it."""
HIDDEN = frozenset(
    {"search_name", "embedding", "preview_sha256", "pictures", "version", "lease_owner", "lease_until",
     "not_before", "clinic_id"}
)  # fmt: skip
"""Columns that say nothing of the patient: working state, and what is computed from the rest."""
LEFT_OUT = frozenset({"jobs", "pictures"})
"""Tables of working state alone."""
SCHEMA_FILE = Path(__file__).with_name("patient.schema.json")
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/webp": ".webp",
    "application/dicom": ".dcm",
}


@use_case("patient.export")
def export_patient(platform: Platform, person: Person, patient_id: str, target: BinaryIO) -> None:
    """Write a ZIP of all that is kept about a patient.

    Args:
        target: an open file that can be sought, such as a temporary one.

    Raises:
        NotFound: there is no such patient in this clinic.
        BlobDamaged: an image is missing or has changed.
    """
    with platform.database.writing() as session:
        find_patient(session, person, patient_id)
        # Before it is handed out: what cannot be logged is not exported.
        append(session, platform.now(), person, "patient.export", "patient", patient_id)
    with platform.database.reading() as session:
        tables = _tables(session, patient_id)
    (patient,) = tables.pop("patients")
    content = {"schema": SCHEMA, "exported_at": platform.now(), "patient": patient, **tables}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DATA, json.dumps(content, ensure_ascii=False, indent=2, default=_plain))
        for image in tables["images"]:
            # Photographs are compressed already.
            data = platform.blobs.get(str(image["sha256"]))
            archive.writestr(str(image["file"]), data, zipfile.ZIP_STORED)


def image_file(key: str, content_type: str) -> str:
    """The name of an image within the ZIP: by its key, since names of files can hold anything."""
    return str(PurePosixPath("images") / f"{key}{ENDINGS.get(content_type, '.bin')}")


def _tables(session: Session, patient_id: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {"images": []}
    for table, keys in belongings_of(session, patient_id).items():
        if table.name not in LEFT_OUT:
            found[table.name] = [
                {name: value for name, value in row.items() if name not in HIDDEN}
                for row in rows_of(session, table, keys)
            ]
    for image in found["images"]:
        image["file"] = image_file(str(image["id"]), str(image["content_type"]))
    return found


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")

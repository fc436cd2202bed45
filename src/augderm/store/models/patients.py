"""Patients and their lesions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Key, Line, Text, Word, reference


class PatientRow(Base):
    """A patient of one clinic. `search_name`: family and given name, case-folded, for every alphabet.

    `hold_reason`: why nothing of this patient may be erased; None where nothing stands against it.
    """

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("clinic_id", "identifier"),
        Index("ix_patients_clinic_id_search_name", "clinic_id", "search_name"),
    )
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics", index=False)
    identifier: Mapped[Line]
    family_name: Mapped[Line]
    given_name: Mapped[Line]
    search_name: Mapped[str] = mapped_column(String(800))
    birth_date: Mapped[date]
    sex: Mapped[Word | None]
    hold_reason: Mapped[Line | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)


class LesionRow(Base):
    """A lesion, whose identity lasts over visits; DICOM's TrackingUID is `2.25.` and its key as a number.

    Attributes:
        site: ISIC's anatom_site_general; `site_detail` its anatom_site_special.
        site_code, site_code_meaning: SNOMED CT by DICOM CID 4029, where one was chosen.
        laterality: left, right or midline.
        map_region: a region of `domain.body_map`; the columns above then follow from it.
        map_view, map_x, map_y: a point of the body map, x and y 0..1 of that view from its left top.
    """

    __tablename__ = "lesions"
    __table_args__ = (UniqueConstraint("patient_id", "label"),)
    id: Mapped[Key]
    patient_id: Mapped[str] = reference("patients", index=False)
    label: Mapped[Line]
    site: Mapped[Word | None]
    site_detail: Mapped[Word | None]
    site_code: Mapped[Word | None]
    site_code_meaning: Mapped[Line | None]
    laterality: Mapped[Word | None]
    map_region: Mapped[Word | None]
    map_view: Mapped[Word | None]
    map_x: Mapped[float | None]
    map_y: Mapped[float | None]
    note: Mapped[Text]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)

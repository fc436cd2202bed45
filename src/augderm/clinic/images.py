"""Images: taken in, in an order that no kill can break, and shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append, seen, seen_once
from augderm.clinic.cases import open_case, order
from augderm.clinic.errors import InvalidEntry, NeedsConfirmation, NotFound
from augderm.clinic.finding import find_image, find_lesion, find_visit
from augderm.clinic.machine_reads import latest_answers
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import enqueue
from augderm.clinic.quota import refuse_over_quota, take_room
from augderm.clinic.sweep import claim
from augderm.domain.text import storable, visible
from augderm.store.models import ImageRow, LesionRow, PatientRow, VisitRow

NAME_LETTERS = 200


@dataclass(frozen=True, slots=True)
class ClinicImage:
    """An image; `file_name` is foreign text, made safe to show."""

    id: str
    visit_id: str
    lesion_id: str | None
    case_id: str | None
    sha256: str
    content_type: str
    file_name: str
    size_bytes: int
    width_px: int
    height_px: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class AddedImage:
    """What became of an upload.

    Attributes:
        image: the image; an earlier one where the same file was sent for the same lesion and visit.
        new: whether it was not there before.
        same_file: images of other lesions, visits or patients with the very same bytes: a sign of a mix-up.
    """

    image: ClinicImage
    new: bool
    same_file: tuple[SameFile, ...]


@dataclass(frozen=True, slots=True)
class SameFile:
    """Where the same bytes stand already, in this clinic.

    Attributes:
        patient: "Family name, given name", which who may add images may see.
        lesion: its label; "" for an overview.
    """

    image_id: str
    visit_id: str
    patient_id: str
    patient: str
    birth_date: date
    lesion: str
    other_patient: bool


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The bytes of an image, and what they are."""

    data: bytes
    content_type: str
    file_name: str


def image_of(row: ImageRow) -> ClinicImage:
    """The row as others see it."""
    return ClinicImage(
        row.id,
        row.visit_id,
        row.lesion_id,
        row.case_id,
        row.sha256,
        row.content_type,
        row.file_name,
        row.size_bytes,
        row.width_px,
        row.height_px,
        row.uploaded_at,
    )


@use_case("image.add")
def add_image(
    platform: Platform,
    person: Person,
    visit_id: str,
    lesion_id: str,
    data: bytes,
    file_name: str,
    mm_per_px: float | None = None,
    confirmed: bool = False,
) -> AddedImage:
    """Take in a photograph of a lesion, and ask for it to be read.

    The blobs are written first, then everything else in one transaction. A kill before it leaves blobs that
    no row names, which `sweep` deletes; a kill after it leaves all. The same file sent again is the same
    image.

    Args:
        data: the file's bytes.
        file_name: as the browser gave it; only shown.
        mm_per_px: length of a pixel in millimetres, where known.
        confirmed: that it belongs here although another patient has the very same file.

    Raises:
        NeedsConfirmation: another patient of the clinic has it.
        InvalidImage, LimitExceeded: it is no image that can be read.
        NotFound: visit or lesion are not of this clinic, or of two patients.
        Conflict: the clinic's quota of images is used up.
        InvalidEntry: no lesion was chosen.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    with platform.database.reading() as session:
        _, patient = visit_and_lesion(session, person, visit_id, lesion_id)
        known = stored_image(session, visit_id, lesion_id, sha256) is not None
        if not known:
            refuse_over_quota(session, person.clinic_id, len(data))
        same = () if known or confirmed else same_file(session, person, sha256, patient.id)
    refuse_other_patients(same, platform, person)
    prepared = platform.prepare(data)
    platform.blobs.put(data)
    preview = platform.blobs.put(prepared.preview)
    with platform.database.writing() as session:
        visit, patient = visit_and_lesion(session, person, visit_id, lesion_id)
        lesion, _ = find_lesion(session, person, lesion_id)
        same = same_file(session, person, sha256, patient.id)
        earlier = stored_image(session, visit_id, lesion_id, sha256)
        log_told(platform, session, person, same)
        if earlier is not None:
            append(session, platform.now(), person, "image.facts", "image", earlier.id)
            return AddedImage(image_of(earlier), False, tuple(e for e in same if e.image_id != earlier.id))
        take_room(session, person.clinic_id, len(data))
        claim(platform, session, data)
        claim(platform, session, prepared.preview)
        case = open_case(platform, session, patient, visit, lesion)
        row = ImageRow(
            visit_id=visit_id,
            lesion_id=lesion_id,
            case_id=case.id,
            sha256=sha256,
            preview_sha256=preview,
            content_type=prepared.content_type,
            file_name=shown_name(file_name),
            size_bytes=len(data),
            width_px=prepared.width_px,
            height_px=prepared.height_px,
            mm_per_px=mm_per_px,
            capture=prepared.capture,
            uploaded_at=platform.now(),
            uploaded_by=person.user_id,
        )
        session.add(row)
        session.flush()
        order(session, case)
        answers = latest_answers(session, case.id)
        enqueue(session, row.id, platform.model_sha256, answers.id if answers else "", platform.now())
        append(
            session, platform.now(), person, "image.add", "image", row.id, sha256=sha256, confirmed=confirmed
        )
        return AddedImage(image_of(row), True, same)


@use_case("image.view")
def images_of(platform: Platform, person: Person, visit_id: str) -> list[ClinicImage]:
    """The images of a visit, in the order in which they came."""
    with platform.database.reading() as session:
        find_visit(session, person, visit_id)
        rows = session.scalars(
            select(ImageRow).where(ImageRow.visit_id == visit_id).order_by(ImageRow.uploaded_at, ImageRow.id)
        )
        found = [image_of(row) for row in rows]
    seen_once(platform, person, "image.list", "visit", visit_id)
    return found


@use_case("image.view")
def images_of_lesion(platform: Platform, person: Person, lesion_id: str) -> list[ClinicImage]:
    """The images of a lesion over all visits, the latest first."""
    with platform.database.reading() as session:
        find_lesion(session, person, lesion_id)
        rows = session.scalars(
            select(ImageRow)
            .where(ImageRow.lesion_id == lesion_id)
            .order_by(ImageRow.uploaded_at.desc(), ImageRow.id)
        )
        found = [image_of(row) for row in rows]
    seen_once(platform, person, "image.list", "lesion", lesion_id)
    return found


@use_case("image.view")
def see_image(platform: Platform, person: Person, image_id: str) -> ClinicImage:
    """What is known of one image, without its bytes."""
    with platform.database.reading() as session:
        found = image_of(find_image(session, person, image_id))
    seen_once(platform, person, "image.facts", "image", image_id)
    return found


@use_case("image.view")
def see_preview(platform: Platform, person: Person, image_id: str) -> ImageFile:
    """The image as a browser shows it."""
    with platform.database.reading() as session:
        row = find_image(session, person, image_id)
    seen_once(platform, person, "image.view", "image", image_id)
    return ImageFile(platform.blobs.get(row.preview_sha256), "image/jpeg", row.file_name)


@use_case("image.view")
def see_original(platform: Platform, person: Person, image_id: str) -> ImageFile:
    """The image's file as it came."""
    with platform.database.reading() as session:
        row = find_image(session, person, image_id)
    seen_once(platform, person, "image.view", "image", image_id, original=True)
    return ImageFile(platform.blobs.get(row.sha256), row.content_type, row.file_name)


def visit_and_lesion(
    session: Session, person: Person, visit_id: str, lesion_id: str
) -> tuple[VisitRow, PatientRow]:
    if not lesion_id:
        raise InvalidEntry("lesion", "This is empty; fill it in.")
    visit, patient = find_visit(session, person, visit_id)
    _, owner = find_lesion(session, person, lesion_id)
    if owner.id != patient.id:
        raise NotFound(
            "This lesion belongs to another patient than the visit. Choose a lesion of this patient."
        )
    return visit, patient


def stored_image(session: Session, visit_id: str, lesion_id: str, sha256: str) -> ImageRow | None:
    """The image of these bytes at this lesion and visit; None before it was added."""
    return session.scalar(
        select(ImageRow).where(
            ImageRow.visit_id == visit_id, ImageRow.lesion_id == lesion_id, ImageRow.sha256 == sha256
        )
    )


def same_file(session: Session, person: Person, sha256: str, patient_id: str) -> tuple[SameFile, ...]:
    """Where these bytes stand in the clinic, the oldest first."""
    rows = session.execute(
        select(ImageRow.id, ImageRow.visit_id, PatientRow, LesionRow.label)
        .join(VisitRow, VisitRow.id == ImageRow.visit_id)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .outerjoin(LesionRow, LesionRow.id == ImageRow.lesion_id)
        .where(ImageRow.sha256 == sha256, PatientRow.clinic_id == person.clinic_id)
        .order_by(ImageRow.uploaded_at, ImageRow.id)
    )
    return tuple(
        SameFile(
            image_id,
            visit,
            patient.id,
            f"{patient.family_name}, {patient.given_name}",
            patient.birth_date,
            label or "",
            patient.id != patient_id,
        )
        for image_id, visit, patient, label in rows
    )


def log_told(platform: Platform, session: Session, person: Person, same: tuple[SameFile, ...]) -> None:
    """Log, within a writing transaction, each other patient who is told to have the same file."""
    for patient_id in dict.fromkeys(each.patient_id for each in same if each.other_patient):
        append(session, platform.now(), person, "patient.view", "patient", patient_id)


def refuse_other_patients(same: tuple[SameFile, ...], platform: Platform, person: Person) -> None:
    """Refuse a photograph that another patient has, until somebody has looked. What was told is logged.

    Raises:
        NeedsConfirmation: one has it; its name is told to none but people of the clinic who see patients.
    """
    other = next((each for each in same if each.other_patient), None)
    if other is not None:
        seen(platform, person, "patient.view", "patient", other.patient_id)
        raise NeedsConfirmation(
            "This photograph stands already at lesion %(lesion)s of %(patient)s, born on %(birth_date)s. "
            "Make sure whose it is; if it belongs here too, confirm that and send it again.",
            lesion=other.lesion or "–",
            patient=other.patient,
            birth_date=other.birth_date.isoformat(),
        )


def shown_name(file_name: str) -> str:
    """A foreign file's name without its folders, safe to show."""
    return storable(visible(file_name.replace("\\", "/").rpartition("/")[2]))[:NAME_LETTERS]

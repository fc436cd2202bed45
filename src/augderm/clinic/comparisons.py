"""Comparisons over visits: asked for, waited for in the queue, and shown once the machine's read may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append, seen_once
from augderm.clinic.comparing import COMPARE
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.finding import find_image
from augderm.clinic.images import ImageFile
from augderm.clinic.lesions import LesionPage, lesion_of
from augderm.clinic.patients import patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import enqueue
from augderm.clinic.revealed import revealed_cases
from augderm.store.models import DerivedRow, ImageRow, JobRow, LesionRow, PatientRow

State = Literal["none", "queued", "running", "done", "failed"]
SIDES = ("baseline", "follow_up")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison of two photographs of one lesion.

    Attributes:
        page: the lesion and its patient.
        image_id, baseline_id: the later and the earlier photograph.
        state: "none" where nobody asked for it; "failed" where it cannot be done, `error` says why.
        blind: it is there, but this reader has not been shown the machine's read of the later case.
        content: `augderm.comparison/1`; None while there is none, or while it is blind. The probabilities
            of malignancy and the reads are left out unless those of both cases were shown.
        pictures: whether both were laid onto each other and can be shown.
    """

    page: LesionPage
    image_id: str
    baseline_id: str
    state: State
    error: str
    blind: bool
    content: dict[str, Any] | None
    pictures: bool


@use_case("comparison.ask")
def ask_comparison(platform: Platform, person: Person, image_id: str, baseline_image_id: str) -> None:
    """Have two photographs of one lesion compared; asked again it is the same one.

    Raises:
        InvalidEntry: they are of two lesions, or the same.
        Conflict: the baseline is not of an earlier visit.
    """
    with platform.database.writing() as session:
        image, baseline = _pair(session, person, image_id, baseline_image_id)
        if (baseline.uploaded_at, baseline.id) > (image.uploaded_at, image.id):
            raise Conflict("The photograph to compare with is the later one. Swap the two.")
        enqueue(session, image.id, platform.model_sha256, "", platform.now(), COMPARE + baseline.id)
        append(session, platform.now(), person, "comparison.ask", "image", image.id, baseline=baseline.id)


@use_case("comparison.view")
def see_comparison(platform: Platform, person: Person, image_id: str, baseline_image_id: str) -> Compared:
    """How far a comparison is, and what came of it."""
    with platform.database.reading() as session:
        image, baseline = _pair(session, person, image_id, baseline_image_id)
        lesion = session.get_one(LesionRow, image.lesion_id)
        page = LesionPage(lesion_of(lesion), patient_of(session.get_one(PatientRow, lesion.patient_id)))
        row = _latest(session, image, baseline)
        waits = _state(session, image, baseline) if row is None else None
        cases = [each for each in (image.case_id, baseline.case_id) if each]
        shown = revealed_cases(session, person, cases)
    blind = row is not None and image.case_id not in shown
    machine = row is not None and not blind
    state, error = waits or ("done", "")
    # The page is asked for again while it waits: whose it is is shown from the beginning.
    seen_once(
        platform, person, "comparison.view", "image", image.id, baseline=baseline.id, machine_shown=machine
    )
    if row is None or blind:
        return Compared(page, image.id, baseline.id, state, error, blind, None, False)
    content = row.content if set(cases) <= shown else _without_reads(row.content)
    return Compared(page, image.id, baseline.id, "done", "", False, content, bool(row.pictures))


@use_case("comparison.view")
def see_compared_picture(
    platform: Platform, person: Person, image_id: str, baseline_image_id: str, side: str
) -> ImageFile:
    """One of the two photographs as they were laid onto each other: "baseline" or "follow_up"."""
    with platform.database.reading() as session:
        image, baseline = _pair(session, person, image_id, baseline_image_id)
        row = _latest(session, image, baseline)
        shown = revealed_cases(session, person, [image.case_id or ""])
    if row is None or side not in row.pictures or image.case_id not in shown:
        raise NotFound("There is no such picture. Open the comparison from its lesion's page.")
    seen_once(platform, person, "image.view", "image", image.id, compared=baseline.id)
    return ImageFile(platform.blobs.get(row.pictures[side]), "image/jpeg", f"{side}.jpg")


def _pair(session: Session, person: Person, image_id: str, baseline_id: str) -> tuple[ImageRow, ImageRow]:
    image, baseline = find_image(session, person, image_id), find_image(session, person, baseline_id)
    if image.id == baseline.id or image.lesion_id is None or image.lesion_id != baseline.lesion_id:
        raise InvalidEntry("images", "Choose two photographs of one lesion.")
    return image, baseline


def _latest(session: Session, image: ImageRow, baseline: ImageRow) -> DerivedRow | None:
    return session.scalar(
        select(DerivedRow)
        .where(DerivedRow.image_id == image.id, DerivedRow.task == COMPARE + baseline.id)
        .order_by(DerivedRow.created_at.desc())
        .limit(1)
    )


def _state(session: Session, image: ImageRow, baseline: ImageRow) -> tuple[State, str]:
    job = session.scalar(
        select(JobRow)
        .where(JobRow.image_id == image.id, JobRow.task == COMPARE + baseline.id)
        .order_by(JobRow.created_at.desc())
        .limit(1)
    )
    if job is None:
        return "none", ""
    if job.state == "failed":
        return "failed", job.error
    return ("running" if job.state == "running" else "queued"), ""


def _without_reads(content: dict[str, Any]) -> dict[str, Any]:
    """Without what the network says of each photograph: measured changes alone."""

    def measured(changes: dict[str, Any]) -> dict[str, Any]:
        return {
            name: change
            for name, change in changes.items()
            if change["group"] not in ("probability", "structure")
        }

    return {
        **content,
        "baseline": None,
        "follow_ups": [
            {
                **each,
                "assessment": None,
                "advice": None,
                "changes": measured(each["changes"]),
                "changed": [name for name in each["changed"] if name in measured(each["changes"])],
            }
            for each in content["follow_ups"]
        ],
    }

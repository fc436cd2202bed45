"""What the machine says of an image: how far it is, and its read, hidden until a reader has committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.finding import find_image
from augderm.clinic.machine_reads import answers_known, counting_reads, latest_job
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import READ
from augderm.store.models import AssessmentRow, ImageRow, JobRow, ReadRow

State = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the machine is with an image.

    Attributes:
        state: "failed" where it gave up; `error` says why, in English.
        attempts: begun so far.
        quality: verdict on the photograph (`domain.assessment.Verdict`), None before it is done. Who takes
            photographs may see this at once: it says nothing of the lesion.
        quality_sentences: of the checks that are not good, in English.
    """

    state: State
    attempts: int
    error: str = ""
    quality: str | None = None
    quality_sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineRead:
    """The machine's read of an image, preliminary until a person signs the case.

    Attributes:
        blind: it is there, but this reader has not committed an own impression yet; `content` is then None.
        content: `augderm.assessment/1`; None while there is none.
        current: whether the latest answers are in it.
    """

    blind: bool
    content: dict[str, Any] | None
    current: bool = True


@use_case("image.view")
def progress(platform: Platform, person: Person, image_id: str) -> Progress:
    """How far the machine is. Asked again and again by the page, and so not logged."""
    with platform.database.reading() as session:
        image = find_image(session, person, image_id)
        counting = counting_reads(session, [image.id]).get(image.id)
        # New answers ask for a new read: until it is there, the earlier one is not the state of things.
        if counting is not None and counting.current:
            row = counting.row
            quality = row.content.get("quality") or {}
            checks = quality.get("checks", {}).values()
            sentences = tuple(check["sentence"] for check in checks if check["verdict"] != "good")
            return Progress("done", 0, "", quality.get("verdict"), sentences)
        answers = answers_known(session, [image.id])[image.id][-1]
        jobs = session.scalars(select(JobRow).where(JobRow.image_id == image.id, JobRow.task == READ)).all()
        job = latest_job(jobs, answers)
        if job is None:
            return Progress("failed", 0, "This image was never queued; send it again.")
        state: State = (
            "failed" if job.state == "failed" else "running" if job.state == "running" else "queued"
        )
        return Progress(state, job.attempts, job.error if state == "failed" else "")


@use_case("assessment.view")
def see_assessment(platform: Platform, person: Person, image_id: str) -> MachineRead:
    """The latest read of an image by the machine.

    Where the clinic reads blind first, it is None until this reader has committed an impression of the case.
    The first time that it is shown is kept with that impression.
    """
    with platform.database.reading() as session:
        image = find_image(session, person, image_id)
        counting = counting_reads(session, [image.id]).get(image.id)
        if counting is None:
            return MachineRead(False, None)
        row = counting.row
        if person.clinic.blind_first and _read(session, image, person) is None:
            return MachineRead(True, None)
    with platform.database.writing() as session:
        read = _read(session, image, person)
        if read is not None and read.revealed_at is None:
            read.revealed_at = platform.now()
        append(session, platform.now(), person, "assessment.view", "image", image_id, assessment=row.id)
    return MachineRead(False, row.content, counting.current)


def latest(session: Session, image_id: str) -> AssessmentRow | None:
    """The assessment of an image that counts, see `counting_reads`; None where there is none."""
    counting = counting_reads(session, [image_id]).get(image_id)
    return counting.row if counting else None


def _read(session: Session, image: ImageRow, person: Person) -> ReadRow | None:
    return session.scalar(
        select(ReadRow).where(ReadRow.case_id == image.case_id, ReadRow.reader_id == person.user_id)
    )

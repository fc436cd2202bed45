"""Which of the machine's reads of an image counts: the one that knew the latest answers of its case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.store.models import AnamnesisRow, AssessmentRow, ImageRow, JobRow


@dataclass(frozen=True, slots=True)
class CountingRead:
    """The read of an image that counts.

    Attributes:
        current: made with the latest answers of the case; otherwise they are not in it yet.
    """

    row: AssessmentRow
    current: bool


def counting_reads(
    session: Session,
    images: Collection[str],
    until: datetime | None = None,
    model_sha256: str | None = None,
) -> dict[str, CountingRead]:
    """By image the read with the newest answers, and of those the latest; images without a read are left out.

    Not the read that was stored last: a job that failed and was tried again may store one without the
    answers that an earlier one knew.

    Args:
        images: keys.
        until: a moment; later answers and reads are as if they were not there yet.
        model_sha256: of the bundle whose reads are looked at alone: figures of two bundles are not compared.
            None for all: a read that is shown names its model.
    """
    if not images:
        return {}
    return reads_knowing(session, answers_known(session, images, until), until, model_sha256)


def reads_knowing(
    session: Session,
    known: Mapping[str, list[str]],
    until: datetime | None = None,
    model_sha256: str | None = None,
) -> dict[str, CountingRead]:
    """As `counting_reads`, where the answers are known already.

    Args:
        known: of each image, as `answers_known` gives them.
    """
    made = select(AssessmentRow).where(AssessmentRow.image_id.in_(known))
    if until is not None:
        made = made.where(AssessmentRow.created_at <= until)
    if model_sha256 is not None:
        made = made.where(AssessmentRow.model_sha256 == model_sha256)

    def age(row: AssessmentRow) -> int:
        answers = known[row.image_id]
        return answers.index(row.answers) if row.answers in answers else -1

    found: dict[str, AssessmentRow] = {}
    # The least of keys that were stored at the same moment comes last.
    for row in session.scalars(made.order_by(AssessmentRow.created_at, AssessmentRow.id.desc())):
        earlier = found.get(row.image_id)
        if earlier is None or age(row) >= age(earlier):
            found[row.image_id] = row
    return {image: CountingRead(row, row.answers == known[image][-1]) for image, row in found.items()}


def answers_known(
    session: Session, images: Collection[str], until: datetime | None = None
) -> dict[str, list[str]]:
    """By image the keys of the answers of its case, the latest last; the first is "", for none."""
    asked = select(ImageRow.id, AnamnesisRow.id).join(AnamnesisRow, AnamnesisRow.case_id == ImageRow.case_id)
    if until is not None:
        asked = asked.where(AnamnesisRow.created_at <= until)
    found: dict[str, list[str]] = {image: [""] for image in images}
    for image, answers in session.execute(
        asked.where(ImageRow.id.in_(images)).order_by(AnamnesisRow.created_at, AnamnesisRow.id)
    ):
        found[image].append(answers)
    return found


def latest_answers(session: Session, case_id: str) -> AnamnesisRow | None:
    """The answers of a case that count."""
    return session.scalar(
        select(AnamnesisRow)
        .where(AnamnesisRow.case_id == case_id)
        .order_by(AnamnesisRow.created_at.desc(), AnamnesisRow.id.desc())
        .limit(1)
    )


def latest_job(jobs: Collection[JobRow], answers: str) -> JobRow | None:
    """Of an image's jobs, the one whose read would be current; of several models' the latest.

    Args:
        answers: key of the latest answers; "" for none.
    """
    return max(
        (job for job in jobs if job.answers == answers),
        key=lambda job: (job.created_at, job.id),
        default=None,
    )

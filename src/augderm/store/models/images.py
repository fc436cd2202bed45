"""Images, what the machine says of them, and the queue between."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, LargeBinary, UniqueConstraint, event, insert
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Hash, Key, Line, Text, Word, new_key, reference


class ImageRow(Base):
    """A photograph. The bytes are blobs named by their hashes.

    Attributes:
        lesion_id, case_id: None for an overview that shows no single lesion.
        preview_sha256: a JPEG of it, upright, sRGB, without what the camera wrote, at most 800 pixels.
        capture: the keys of `domain.capture.Capture`.
        mm_per_px: of the unreduced image, where known.
    """

    __tablename__ = "images"
    __table_args__ = (UniqueConstraint("visit_id", "lesion_id", "sha256"),)
    id: Mapped[Key]
    visit_id: Mapped[str] = reference("visits", index=False)
    lesion_id: Mapped[str | None] = reference("lesions")
    case_id: Mapped[str | None] = reference("cases")
    sha256: Mapped[Hash] = mapped_column(index=True)
    preview_sha256: Mapped[Hash] = mapped_column(index=True)
    content_type: Mapped[Word]
    file_name: Mapped[Line]
    size_bytes: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    mm_per_px: Mapped[float | None]
    capture: Mapped[dict[str, Any] | None]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = reference("users", index=False)


class AssessmentRow(Base):
    """One read by the machine, never changed. One for each image, model and set of answers.

    Attributes:
        answers: key of the anamnesis that was known; "" for none (part of the constraint, so never NULL).
        content: `augderm.assessment/1`, as published.
        band, probability: from the content, for ordering.
        pictures: blobs by name: "border" is a PNG of the size of the preview, 0 and 255, "outline" its points
            as JSON; "structure.SOURCE.NAME" a PNG likewise of each structure that was located.
        embedding: float32, little-endian.
        quality: verdict on the photograph, from the content, for counting.
        runtime: versions of augderm and of what ran the network.
    """

    __tablename__ = "assessments"
    __table_args__ = (
        UniqueConstraint("image_id", "model_sha256", "answers"),
        # Covers what figures and drift count: the content beside it is some kilobytes a row.
        Index(
            "ix_assessments_image_id_created_at",
            "image_id",
            "created_at",
            "model_sha256",
            "answers",
            "quality",
            "band",
            "probability",
        ),
    )
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images", index=False)
    model_sha256: Mapped[Hash]
    answers: Mapped[Word]
    quality: Mapped[Word | None]
    status: Mapped[Word]
    content: Mapped[dict[str, Any]]
    band: Mapped[Word | None]
    probability: Mapped[float | None]
    pictures: Mapped[dict[str, Any]]
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    runtime: Mapped[Line]
    created_at: Mapped[datetime]


class DerivedRow(Base):
    """What was worked out of an image after it was read. Never changed.

    Attributes:
        task: of the job that made it, see `clinic.derived`.
        content: its figures; pictures: its blobs by name.
    """

    __tablename__ = "derived"
    __table_args__ = (UniqueConstraint("image_id", "model_sha256", "task"),)
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images", index=False)
    model_sha256: Mapped[Hash]
    task: Mapped[Line]
    content: Mapped[dict[str, Any]]
    pictures: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class PictureRow(Base):
    """A blob that an assessment, or what was derived of an image, names in its `pictures`: added with it,
    so that a blob is looked up by its hash. No database does so within JSON.
    """

    __tablename__ = "pictures"
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images")
    sha256: Mapped[Hash] = mapped_column(index=True)


PICTURED: tuple[type[AssessmentRow] | type[DerivedRow], ...] = (AssessmentRow, DerivedRow)
"""Tables whose `pictures` name blobs."""


def _name_pictures(_mapper: object, connection: Connection, row: AssessmentRow | DerivedRow) -> None:
    rows = [{"id": new_key(), "image_id": row.image_id, "sha256": each} for each in row.pictures.values()]
    if rows:
        connection.execute(insert(PictureRow), rows)


for _table in PICTURED:
    # Here and not where they are written: what a writer forgot to name would be swept.
    event.listen(_table, "after_insert", _name_pictures)


class ErasedBlobRow(Base):
    """A blob that an erasure or the sweep gave up, from its transaction until the bytes are gone."""

    __tablename__ = "erased_blobs"
    sha256: Mapped[Hash] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class JobRow(Base):
    """An image to be read, or worked on after that: queued, running (until its lease ends), done or failed.

    `task`: "read", or one of `clinic.derived`.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("image_id", "model_sha256", "answers", "task"),
        Index("ix_jobs_state_not_before", "state", "not_before"),
    )
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images", index=False)
    model_sha256: Mapped[Hash]
    answers: Mapped[Word]
    task: Mapped[Line] = mapped_column(default="read")
    state: Mapped[Word]
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    lease_owner: Mapped[Word | None]
    lease_until: Mapped[datetime | None]
    error: Mapped[Text]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

"""Images, what the machine says of them, and the queue between."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Hash, Key, Line, Text, Word, reference


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
        pictures: blobs by name; "border" is a PNG of the size of the preview, 0 and 255.
        embedding: float32, little-endian.
        runtime: versions of augderm and of what ran the network.
    """

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("image_id", "model_sha256", "answers"),)
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images", index=False)
    model_sha256: Mapped[Hash]
    answers: Mapped[Word]
    status: Mapped[Word]
    content: Mapped[dict[str, Any]]
    band: Mapped[Word | None]
    probability: Mapped[float | None]
    pictures: Mapped[dict[str, Any]]
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    runtime: Mapped[Line]
    created_at: Mapped[datetime]


class ErasedBlobRow(Base):
    """A blob that an erasure gave up, from its transaction until the bytes are gone."""

    __tablename__ = "erased_blobs"
    sha256: Mapped[Hash] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class JobRow(Base):
    """An image to be read: queued, running (until its lease ends), done or failed."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("image_id", "model_sha256", "answers"),
        Index("ix_jobs_state_not_before", "state", "not_before"),
    )
    id: Mapped[Key]
    image_id: Mapped[str] = reference("images", index=False)
    model_sha256: Mapped[Hash]
    answers: Mapped[Word]
    state: Mapped[Word]
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    lease_owner: Mapped[Word | None]
    lease_until: Mapped[datetime | None]
    error: Mapped[Text]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

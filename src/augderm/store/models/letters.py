"""Texts of letters that a clinic has written itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Key, Text, Word, reference


class LetterTextRow(Base):
    """A clinic's own text of a letter; where there is none, the one that comes with augderm counts.

    Attributes:
        recipient: patient or doctor.
        language: a code of the pages' languages.
        text: paragraphs with the placeholders of `clinic.letters`; "" where the clinic gave its own one up.
    """

    __tablename__ = "letter_texts"
    __table_args__ = (UniqueConstraint("clinic_id", "recipient", "language"),)
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics", index=False)
    recipient: Mapped[Word]
    language: Mapped[Word]
    text: Mapped[Text]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)

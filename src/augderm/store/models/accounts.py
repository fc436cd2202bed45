"""Clinics, and who works there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Hash, Key, Line, Word, reference


class ClinicRow(Base):
    """A clinic: what one sees no other does.

    `blind_first`: a reader commits an impression before the machine's read is shown. `demonstration`: all
    patients are synthetic, every page says so, and the novelty of phantoms is no limit.
    """

    __tablename__ = "clinics"
    id: Mapped[Key]
    name: Mapped[Line]
    timezone: Mapped[Word]
    blind_first: Mapped[bool]
    demonstration: Mapped[bool]
    created_at: Mapped[datetime]


class UserRow(Base):
    """Somebody who works in a clinic. `roles` are parted by commas; without a password, a link is needed."""

    __tablename__ = "users"
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics")
    login: Mapped[Line] = mapped_column(unique=True)
    name: Mapped[Line]
    roles: Mapped[Line]
    password_hash: Mapped[Line | None]
    locale: Mapped[Word | None]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class SessionRow(Base):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "sessions"
    id: Mapped[Key]
    user_id: Mapped[str] = reference("users")
    token_sha256: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeLinkRow(Base):
    """A link that works once: `purpose` first (makes the first administrator), password, or sign_in."""

    __tablename__ = "one_time_links"
    id: Mapped[Key]
    user_id: Mapped[str | None] = reference("users")
    purpose: Mapped[Word]
    token_sha256: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginAttemptRow(Base):
    """A failed login, by what is limited: a hash of the login's name, or of the address it came from."""

    __tablename__ = "login_attempts"
    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]

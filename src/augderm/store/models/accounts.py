"""Clinics, and who works there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Hash, Key, Line, Word, reference


class ClinicRow(Base):
    """A clinic: what one sees no other does.

    `blind_first`: a reader commits an impression before the machine's read is shown; `blind_since`: without a
    pause, where it does. `demonstration`: all patients are synthetic, every page says so, and the novelty of
    phantoms is no limit. `image_quota_gb`: of all images as uploaded, in 10^9 bytes; `image_bytes`: what they
    have now, kept by `clinic.quota`. `retention_years`: after a patient's last visit, in which nothing is
    erased; None where nobody set one. `known_revision`: raised by whatever changes what `clinic.known_cases`
    keeps in memory.
    """

    __tablename__ = "clinics"
    id: Mapped[Key]
    name: Mapped[Line]
    timezone: Mapped[Word]
    blind_first: Mapped[bool]
    blind_since: Mapped[datetime]
    demonstration: Mapped[bool]
    image_quota_gb: Mapped[int | None]
    image_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    retention_years: Mapped[int | None]
    known_revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class UserRow(Base):
    """Somebody who works in a clinic. `roles` are parted by commas; without a password, a link is needed.

    `provider_subject`: issuer and subject at a provider of OpenID Connect, parted by a space; in a clinic one
    account's, in several clinics one account's each.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("provider_subject", "clinic_id"),)
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics")
    login: Mapped[Line] = mapped_column(unique=True)
    name: Mapped[Line]
    roles: Mapped[Line]
    password_hash: Mapped[Line | None]
    locale: Mapped[Word | None]
    provider_subject: Mapped[str | None] = mapped_column(String(600))
    active: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class SessionRow(Base):
    """A signed-in browser. Only the hashes of its token and of the address that it came from are kept."""

    __tablename__ = "sessions"
    id: Mapped[Key]
    user_id: Mapped[str] = reference("users")
    token_sha256: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    address_sha256: Mapped[Hash | None]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeLinkRow(Base):
    """A link that works once: `purpose` is one of `clinic.accounts.links`."""

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

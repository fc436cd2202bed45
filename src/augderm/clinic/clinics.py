"""A clinic's own settings, kept by its administrators; and further clinics on the same server."""

from __future__ import annotations

from dataclasses import dataclass

from augderm.clinic import entries
from augderm.clinic.accounts.links import make_link
from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.accounts.start import new_clinic, new_user, timezones
from augderm.clinic.audit import append
from augderm.clinic.errors import InvalidEntry, stale
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow

MOST_QUOTA_GB = 1_000_000
MOST_RETENTION_YEARS = 100


@dataclass(frozen=True, slots=True)
class ClinicSettings:
    """What a clinic is set to.

    Attributes:
        image_quota_gb: of all images as uploaded, in 10^9 bytes; None for no limit.
        retention_years: after the last visit, in which nothing is erased; None where nobody set one.
        used_bytes: of all images as uploaded.
    """

    id: str
    name: str
    timezone: str
    blind_first: bool
    image_quota_gb: int | None
    retention_years: int | None
    used_bytes: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicEntry:
    """What is typed of a clinic. Quota and retention are whole numbers as text, "" for none."""

    name: str
    timezone: str
    blind_first: bool
    image_quota_gb: str = ""
    retention_years: str = ""


@use_case("clinic.view")
def see_clinic(platform: Platform, person: Person) -> ClinicSettings:
    """The settings of the person's clinic."""
    with platform.database.reading() as session:
        row = session.get_one(ClinicRow, person.clinic_id)
        return _settings_of(row)


@use_case("clinic.change")
def change_clinic(platform: Platform, person: Person, entry: ClinicEntry, version: int) -> ClinicSettings:
    """Set the person's clinic. The log says what each setting was set to, but for the name.

    Raises:
        InvalidEntry: an entry is wrong.
        Conflict: changed in the meantime.
    """
    with platform.database.writing() as session:
        row = session.get_one(ClinicRow, person.clinic_id)
        if row.version != version:
            raise stale()
        row.name = entries.line("clinic", entry.name)
        row.timezone = entries.choice("timezone", entry.timezone, timezones())
        if entry.blind_first and not row.blind_first:
            # Everybody saw the machine's reads until now: what was there already is not read blind any more.
            row.blind_since = platform.now()
        row.blind_first = entry.blind_first
        row.image_quota_gb = _number("image_quota_gb", entry.image_quota_gb, MOST_QUOTA_GB)
        row.retention_years = _number("retention_years", entry.retention_years, MOST_RETENTION_YEARS)
        row.version += 1
        append(
            session,
            platform.now(),
            person,
            "clinic.change",
            "clinic",
            row.id,
            blind_first=row.blind_first,
            timezone=row.timezone,
            image_quota_gb=row.image_quota_gb,
            retention_years=row.retention_years,
        )
        return _settings_of(row)


def add_clinic(platform: Platform, name: str, timezone: str, login: str, user_name: str) -> str:
    """Another clinic on this server, and its administrator, who sets a password by a link.

    Returns:
        the link's token.

    Raises:
        InvalidEntry: an entry is wrong, or the login is taken.
    """
    with platform.database.writing() as session:
        clinic = new_clinic(session, platform, name, timezone)
        user = new_user(session, platform, clinic, login, user_name, "administrator", None)
        append(session, platform.now(), person_from(user, clinic), "clinic.add", "clinic", clinic.id)
        return make_link(session, "password", user.id, platform.now())


def _settings_of(row: ClinicRow) -> ClinicSettings:
    return ClinicSettings(
        row.id,
        row.name,
        row.timezone,
        row.blind_first,
        row.image_quota_gb,
        row.retention_years,
        row.image_bytes,
        row.version,
    )


def _number(field: str, given: str, most: int) -> int | None:
    tidy = given.strip()
    if not tidy:
        return None
    if not (tidy.isascii() and tidy.isdigit() and len(tidy) < 10 and 1 <= int(tidy) <= most):
        raise InvalidEntry(
            field, "Give a whole number from 1 to %(limit)s, or leave it empty for none.", limit=most
        )
    return int(tidy)

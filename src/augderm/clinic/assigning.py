"""Who reads a case: assigned by somebody, or taken as the next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case, find_user
from augderm.clinic.permissions import PERMISSIONS, use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.worklist import Today, WorklistCase, line_of, most_urgent_unassigned
from augderm.store.models import UserRow


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom a case can be assigned to."""

    id: str
    name: str


@use_case("worklist.view")
def readers_of(platform: Platform, person: Person) -> list[Reader]:
    """The readers of the clinic whose accounts are open, by name."""
    with platform.database.reading() as session:
        rows = session.scalars(
            select(UserRow)
            .where(UserRow.clinic_id == person.clinic_id, UserRow.active.is_(True))
            .order_by(UserRow.name, UserRow.id)
        )
        return [Reader(row.id, row.name) for row in rows if _reads(row)]


@use_case("worklist.take")
def take_next(platform: Platform, person: Person) -> WorklistCase | None:
    """Assign the most urgent case that nobody has to this reader; None where there is none.

    Found and assigned in one transaction, which is the only writer: two readers never get the same case.
    """
    today = Today.of(platform, person)
    with platform.database.writing() as session:
        row = most_urgent_unassigned(session, person)
        if row is None:
            return None
        row.assigned_to, row.version = person.user_id, row.version + 1
        session.flush()
        append(session, platform.now(), person, "worklist.take", "case", row.id)
        return line_of(session, person, today, row.id)


@use_case("worklist.assign")
def assign_case(
    platform: Platform, person: Person, case_id: str, reader_id: str, version: int
) -> WorklistCase:
    """Assign an unread case to a reader, or to nobody.

    Args:
        reader_id: "" for nobody.
        version: of the case as it was when the form was opened.

    Raises:
        Conflict: it was changed in the meantime, or is signed.
        InvalidEntry: this user reads no cases.
        NotFound: case or reader are not of this clinic.
    """
    today = Today.of(platform, person)
    with platform.database.writing() as session:
        row = find_case(session, person, case_id)
        if row.version != version:
            raise stale()
        if row.state != "unread":
            raise Conflict("This case is signed, and needs no reader any more.")
        if reader_id and not _reads(find_user(session, person, reader_id)):
            raise InvalidEntry("reader", "This user does not read cases; choose one of the list.")
        row.assigned_to, row.version = reader_id or None, row.version + 1
        session.flush()
        append(session, platform.now(), person, "worklist.assign", "case", row.id, reader=reader_id or None)
        return line_of(session, person, today, row.id)


def _reads(row: UserRow) -> bool:
    return row.active and bool(PERMISSIONS["worklist.take"] & set(row.roles.split(",")))

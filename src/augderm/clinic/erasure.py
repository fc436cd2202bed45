"""Erasing a patient: every row in one transaction, then the bytes that nobody else has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append
from augderm.clinic.belongings import CHUNK, Belongings, belongings_of, delete_all
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_patient
from augderm.clinic.known_cases import known_changed
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.quota import give_room_back
from augderm.clinic.retention import kept
from augderm.clinic.sweep import NAMING, finish_erasures
from augderm.clinic.uploads import sweep_uploads
from augderm.store.models import Base, ErasedBlobRow, ImageRow, PatientRow

log = logging.getLogger("augderm.clinic")


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took: rows of all tables, and files that no other patient's row names.

    Attributes:
        files_left: whether files may still be there, since deleting them failed; the server's sweep tries
            again. No row leads to them any more.
    """

    rows: int
    files: int
    files_left: bool


@use_case("patient.erase")
def erase_patient(
    platform: Platform, person: Person, patient_id: str, identifier: str, version: int
) -> Erased:
    """Erase a patient with everything that belongs to the patient. It cannot be undone but from a backup.

    What stays is the audit log, which holds keys, codes, numbers and files' hashes, and no text. Figures
    about readers and machine are counted from the cases that are there, so an erased patient's are in them no
    more.

    A kill after the transaction leaves the files' names on a list, from which `sweep` deletes them, and
    unfinished uploads for a visit that is gone, which `sweep_uploads` deletes. The database's triggers refuse
    to change a committed read, and let it be deleted for this alone. Once it has committed nothing is raised:
    whoever asked must not be told that nothing was erased.

    Args:
        identifier: the patient's, typed again: nobody erases the wrong patient by one click.

    Raises:
        InvalidEntry: it is not this patient's identifier.
        Conflict: there is a hold, the clinic's retention has not ended, or it was changed in the meantime.
    """
    with platform.database.writing() as session:
        row = find_patient(session, person, patient_id)
        if row.version != version:
            raise stale()
        if entries.line("identifier", identifier) != row.identifier:
            raise InvalidEntry(
                "identifier", "This is not this patient's identifier; look again, and type it."
            )
        _refuse_while_kept(platform, session, row)
        found = belongings_of(session, row.id)
        for sha256 in sorted(_blobs(session, found)):
            session.merge(ErasedBlobRow(sha256=sha256, erased_at=platform.now()))
        give_room_back(session, person.clinic_id, _size(session, found))
        count = sum(map(len, found.values()))
        session.expunge(row)
        delete_all(session, found)
        known_changed(session, person.clinic_id)
        append(session, platform.now(), person, "patient.erase", "patient", patient_id, rows=count)
    platform.known.forget(person.clinic_id)
    steps = (_forget, finish_erasures, sweep_uploads)
    done = _, files, _ = [_tried(step, platform) for step in steps]
    return Erased(count, files or 0, files_left=None in done)


def _forget(platform: Platform) -> int:
    platform.database.forget()
    return 0


def _tried(step: Callable[[Platform], int], platform: Platform) -> int | None:
    """What a step says; None where it failed, which the server's log then holds."""
    try:
        return step(platform)
    except Exception:
        log.exception("after an erasure, %s failed; the sweep tries again", step.__name__)
        return None


def _refuse_while_kept(platform: Platform, session: Session, row: PatientRow) -> None:
    standing = kept(session, row)
    if standing.hold_reason is not None:
        raise Conflict(
            "Nothing of this patient may be erased: %(reason)s. Lift the hold first, if the reason has gone.",
            reason=standing.hold_reason,
        )
    if standing.kept_until is not None and platform.now().date() < standing.kept_until:
        raise Conflict(
            "Your clinic keeps this patient's data until %(day)s. Erase them from that day on, or change the "
            "retention in the clinic's settings if the law allows it.",
            day=standing.kept_until.isoformat(),
        )


def _size(session: Session, found: Belongings) -> int:
    keys = found.get(Base.metadata.tables[ImageRow.__tablename__], [])
    return sum(
        session.scalar(
            select(func.sum(ImageRow.size_bytes)).where(ImageRow.id.in_(keys[start : start + CHUNK]))
        )
        or 0
        for start in range(0, len(keys), CHUNK)
    )


def _blobs(session: Session, found: Belongings) -> set[str]:
    named: set[str] = set()
    for table, keys in found.items():
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            for column in NAMING:
                if table is column.class_.__table__:
                    named.update(session.scalars(select(column).where(column.class_.id.in_(chunk))))
    return named

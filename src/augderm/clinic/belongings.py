"""Every row that belongs to a patient, found by the tables' own foreign keys: a table that is added later is
exported and erased with the others, whoever adds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Column, Table, delete, select, update
from sqlalchemy.orm import Session

from augderm.store.models import Base, PatientRow

CHUNK = 400
"""Keys in one statement; SQLite takes some ten thousand, older ones 999."""
Belongings = dict[Table, list[str]]
"""Keys of rows by table, those that others refer to first."""


def belongings_of(session: Session, patient_id: str) -> Belongings:
    """The keys of all rows that refer to a patient, directly or through others; the patient's own first."""
    patients = Base.metadata.tables[PatientRow.__tablename__]
    found: Belongings = {patients: [patient_id]}
    for table in Base.metadata.sorted_tables:
        references = [
            (column, key.column.table)
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table in found and key.column.table is not table
        ]
        keys: dict[str, None] = {}
        for column, owner in references:
            for chunk in _chunks(found[owner]):
                keys |= dict.fromkeys(session.scalars(select(_key(table)).where(column.in_(chunk))))
        if keys:
            found[table] = sorted(keys)
    return found


def rows_of(session: Session, table: Table, keys: Collection[str]) -> Iterator[dict[str, object]]:
    """The rows as the tables hold them, by key."""
    for chunk in _chunks(sorted(keys)):
        query = select(table).where(_key(table).in_(chunk)).order_by(_key(table))
        yield from (dict(row) for row in session.execute(query).mappings())


def delete_all(session: Session, found: Belongings) -> None:
    """Delete the rows, those first that refer to others."""
    for table in reversed(list(found)):
        # Rows that refer to rows of their own table (a corrected outcome to its correction) let go first:
        # both may be in different chunks.
        own = [key.parent for key in table.foreign_keys if key.column.table is table]
        for chunk in _chunks(found[table]) if own else ():
            session.execute(update(table).where(_key(table).in_(chunk)).values(dict.fromkeys(own)))
        for chunk in _chunks(found[table]):
            session.execute(delete(table).where(_key(table).in_(chunk)))


def _key(table: Table) -> Column[str]:
    (key,) = table.primary_key.columns
    return key


def _chunks(keys: Collection[str]) -> Iterator[list[str]]:
    listed = list(keys)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]

"""What every table shares: names of constraints, keys, and moments in UTC. Portable types only."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

KEY_LETTERS = 36
HASH_LETTERS = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, in UTC on both sides. SQLite has no time zones, so what comes back is given its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database; a moment without a time zone is refused, since nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; give a moment in UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables. Constraints have names, so that a migration can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own way)
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
    }


def new_key() -> str:
    """A key for a new row: a random UUID as text."""
    return str(uuid.uuid4())


def reference(table: str, *, index: bool = True) -> Any:
    """A column's foreign key to another table's `id`."""
    return mapped_column(String(KEY_LETTERS), ForeignKey(f"{table}.id"), index=index)


Key = Annotated[str, mapped_column(String(KEY_LETTERS), primary_key=True, default=new_key)]
Hash = Annotated[str, mapped_column(String(HASH_LETTERS))]
Word = Annotated[str, mapped_column(String(40))]
"""A word of a closed vocabulary."""
Line = Annotated[str, mapped_column(String(200))]
"""A line of text, such as a name."""
Text = Annotated[str, mapped_column(String(4000))]
"""A paragraph."""

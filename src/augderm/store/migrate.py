"""Bringing a database to this version's tables: once, under a lock, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, text

from augderm.domain.errors import InvalidConfig
from augderm.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 7_203_114
"""Of PostgreSQL's advisory lock: any number that nobody else uses in this database."""


def migrate(database: Database) -> None:
    """Make the tables, or bring older ones up to date. Several processes may call it at once.

    Raises:
        InvalidConfig: the database was made by a newer augderm.
    """
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    with _locked(database), database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        if found == scripts.get_current_head():
            return
        if found is not None and found not in {each.revision for each in scripts.walk_revisions()}:
            raise InvalidConfig(
                f"the database is of a newer augderm (its tables are of revision {found}, which this version "
                "does not know); install that version or a later one, or restore a backup made before"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's settings, with the migrations that lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    if database.file:
        with FileLock(f"{database.file}.migrating"):
            yield
        return
    with database.engine.connect() as connection:
        _advisory(connection, "pg_advisory_lock")
        try:
            yield
        finally:
            _advisory(connection, "pg_advisory_unlock")


def _advisory(connection: Connection, function: str) -> None:
    connection.execute(text(f"SELECT {function}(:number)"), {"number": _LOCK_NUMBER})

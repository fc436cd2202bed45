"""Bringing a database to this version's tables: once, under a lock, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from augderm.domain.errors import InvalidConfig
from augderm.store.database import Database
from augderm.store.postgresql import lock_migrations, refuse_unfit, unlock_migrations, unreachable

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The revision of the latest migration: whether a database has it is asked without alembic, whose import is a
tenth of a server's start."""
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Make the tables, or bring older ones up to date. Several processes may call it at once.

    Raises:
        InvalidConfig: the database was made by a newer augderm, cannot be reached, or is made otherwise than
            `store.postgresql` needs it.
    """
    with _locked(database), database.engine.connect() as connection:
        found = _revision(connection)
        connection.rollback()
        if found == HEAD:
            return
        from alembic import command
        from alembic.script import ScriptDirectory

        config = alembic_config()
        scripts = ScriptDirectory.from_config(config)
        if found is not None and found not in {each.revision for each in scripts.walk_revisions()}:
            raise InvalidConfig(
                f"the database is of a newer augderm (its tables are of revision {found}, which this version "
                "does not know); install that version or a later one, or restore a backup made before"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def alembic_config() -> Config:
    """Alembic's settings, with the migrations that lie in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    if database.file:
        with FileLock(f"{database.file}.migrating"):
            yield
        return
    try:
        connection = database.engine.connect()
    except OperationalError as error:
        raise unreachable(database.url, error) from None
    with connection:
        refuse_unfit(connection)
        connection.rollback()
        lock_migrations(connection)
        try:
            yield
        finally:
            unlock_migrations(connection)

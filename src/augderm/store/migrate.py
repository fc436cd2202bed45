"""Bringing a database to this version's tables: once, under a lock, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

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


def refuse_unmigrated(database: Database) -> None:
    """Refuse a database that has not this version's tables, and make or change none.

    Raises:
        InvalidConfig: that is so, or it is not there or cannot be reached.
    """
    if database.file and not database.file.is_file():
        raise InvalidConfig(
            f"there is no database {database.file}; give the one that `augderm serve` was given"
        )
    try:
        with database.engine.connect() as connection:
            found = _revision(connection)
    except DatabaseError as error:
        raise unreachable(database.url, error) from None
    shown = database.url.render_as_string(hide_password=True)
    if found is None:
        raise InvalidConfig(f"{shown} holds no clinic: it has no tables; give the one that is served")
    if found != HEAD:
        raise InvalidConfig(
            f"the tables of {shown} are of revision {found}, this version's of {HEAD}; use the version that "
            "serves it, or serve it with this one first"
        )


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

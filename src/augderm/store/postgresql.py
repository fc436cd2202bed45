"""PostgreSQL as the clinic wants it: one writer at a time, as on SQLite, and readers that see one moment."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from augderm.domain.errors import InvalidConfig

if TYPE_CHECKING:
    from psycopg.abc import Buffer

CONNECT_TIMEOUT_S = 10
IDLE_TIMEOUT_MS = 60_000
"""A writer of which nothing is heard that long, since its machine or network is gone, gives its turn up."""
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Options of a reader: one moment for all that it asks, and no change."""
_WRITERS = 7_203_115
_MIGRATIONS = 7_203_114
"""Advisory locks: any numbers that nobody else uses in this database."""


def postgresql_engine(url: URL, connections: int, wait_ms: int, writing: str) -> Engine:
    """Connections to a PostgreSQL database, none of them made yet.

    Args:
        connections: kept open at most.
        wait_ms: how long a writer waits for its turn.
        writing: the execution option of those transactions that write.

    Raises:
        InvalidConfig: the driver is not installed.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise InvalidConfig("PostgreSQL needs psycopg; pip install 'augderm[postgres]'")
    engine = create_engine(
        # Whatever driver was named: there is one that is tested.
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        pool_size=connections,
        # A connection that a restart of the server or a firewall has cut is replaced before it is used.
        pool_pre_ping=True,
        # What is told of an error goes to the server's output, where no patient's name belongs.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        from psycopg.types.string import StrDumper

        class WithoutNul(StrDumper):
            """Text of PostgreSQL holds no NUL. None is ever kept; what is looked up by one is not found."""

            def dump(self, obj: str) -> Buffer | None:
                return super().dump(obj.replace("\0", "\ufffd"))

        connection.adapters.register_dumper(str, WithoutNul)
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {wait_ms}")
        # The months of a moment are asked for in the session's zone, which is otherwise the server's.
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "handle_error")
    def _without_details(context: ExceptionContext) -> None:
        # PostgreSQL adds the whole row to its refusals.
        error, told = context.original_exception, context.sqlalchemy_exception
        if told is not None and (reason := getattr(getattr(error, "diag", None), "message_primary", None)):
            error.args = (reason,)
            told.args = (f"({type(error).__name__}) {reason}",)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(writing):
            # The first statement, so that all that follow see what the writer before has committed. Use
            # cases look before they write, and the log's next entry follows the last one: two at once
            # could both be right by what they saw.
            connection.exec_driver_sql(
                f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}; "
                f"SELECT pg_advisory_xact_lock({_WRITERS})"
            )

    return engine


def refuse_unfit(connection: Connection) -> None:
    """Refuse a database whose text is not ordered and kept as SQLite's is.

    The order of a language changes with the system's libraries, and breaks the indexes that keep identifiers
    unique; other encodings cannot hold every name.

    Raises:
        InvalidConfig: that is so.
    """
    encoding = connection.scalar(text("SHOW server_encoding"))
    by_letters: bool = connection.scalar(text("SELECT 'B' < 'a' AND 'z' < 'ä'"))
    if encoding != "UTF8" or not by_letters:
        order = "" if by_letters else " and the order of a language"
        raise InvalidConfig(
            f"the database has the encoding {encoding}{order}; make it with: "
            "createdb --template template0 --encoding UTF8 --locale C NAME"
        )


def unreachable(url: URL, error: DatabaseError) -> InvalidConfig:
    """What to say where no connection can be made; never the password."""
    reason = " ".join(str(error.orig).split())
    return InvalidConfig(
        f"the database {url.render_as_string(hide_password=True)} cannot be reached ({reason}); "
        "start it, or correct --database and PGPASSWORD"
    )


def lock_migrations(connection: Connection) -> None:
    """Wait until nobody else changes the tables; the lock ends with the connection or `unlock_migrations`."""
    # However long another one's migration takes.
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _MIGRATIONS})
    # The lock is the connection's and stays; an open transaction would keep VACUUM from its work.
    connection.commit()


def unlock_migrations(connection: Connection) -> None:
    """Let the next one in."""
    connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _MIGRATIONS})
    connection.commit()

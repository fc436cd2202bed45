"""The database: one engine, short transactions, writers one after the other.

SQLite by default, in WAL mode: readers never wait for a writer. `synchronous` is FULL, since in WAL mode the
cheaper NORMAL may lose the last commits when the power fails, and a case that was acknowledged must stay.
PostgreSQL by its URL (`store.postgresql`), with the same promises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from augderm.domain.errors import InvalidConfig
from augderm.store.postgresql import READING, postgresql_engine

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another before it gives up."""
FORGET_TIMEOUT_MS = 200
CONNECTIONS = 40
"""That are kept open at most: as many as the server has threads."""
DIALECTS = ("sqlite", "postgresql")
_WRITING = "augderm_writing"


class Database:
    """Sessions on one database.

    Args:
        url: as SQLAlchemy writes it: "sqlite:////folder/augderm.db", "postgresql://user@host/name".

    Raises:
        InvalidConfig: the URL is none, or of another kind of database.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise InvalidConfig(
                "the database's URL cannot be read; give sqlite:////folder/augderm.db, or "
                "postgresql://user@host/name"
            ) from None
        if parsed.get_backend_name() not in DIALECTS:
            raise InvalidConfig(
                f"a database of the kind {parsed.get_backend_name()} is not supported; "
                "use SQLite or PostgreSQL"
            )
        sqlite = parsed.get_backend_name() == "sqlite"
        self.url = parsed
        self.file = Path(parsed.database) if sqlite and parsed.database else None
        self.engine = (
            _sqlite(parsed) if sqlite else postgresql_engine(parsed, CONNECTIONS, BUSY_TIMEOUT_MS, _WRITING)
        )
        self._turn = threading.Lock()
        self._reader = self.engine if sqlite else self.engine.execution_options(**READING)
        self._writer = self.engine.execution_options(**{_WRITING: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and changes nothing."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back by any exception.

        It takes the writer's lock at once (SQLite's BEGIN IMMEDIATE, an advisory lock of PostgreSQL): what
        it sees stays so until its end, and a transaction that began as a reader could be refused in its
        middle. Threads of one process take turns: SQLite's own waiting sleeps longer and longer between two
        looks, and lets whoever comes just then go first; and none waits with a connection in its hand.
        """
        in_turn = self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                session.connection()  # begins it in the database as well
                yield session
        finally:
            if in_turn:
                self._turn.release()

    def forget(self) -> bool:
        """Bring what was deleted off the disk: SQLite's write-ahead log still holds it until it is emptied.

        Readers that are under way keep it from being emptied. While it waits for them no one can write, so
        it soon gives up; `clinic.sweep`, which the server repeats, tries again.

        Returns:
            whether it is done; always so with PostgreSQL, where nothing can be.
        """
        if not self.file:
            return True
        with self.engine.connect() as connection:
            connection.rollback()
            driver = connection.connection.driver_connection
            if driver is None:
                return False
            driver.execute(f"PRAGMA busy_timeout={FORGET_TIMEOUT_MS}")
            try:
                busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            return not busy

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _sqlite(url: URL) -> Engine:
    # Beyond its size the pool would open a connection, with its settings, for each request.
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=CONNECTIONS,
        # What is told of an error goes to the server's output, where no patient's name belongs.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by itself, too late and only for some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in (
            ("busy_timeout", BUSY_TIMEOUT_MS),
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            # What was erased is overwritten, and not only taken out of the tables.
            ("secure_delete", "ON"),
        ):
            cursor.execute(f"PRAGMA {name}={value}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options: dict[str, Any] = dict(connection.get_execution_options())
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITING) else "BEGIN")

    return engine

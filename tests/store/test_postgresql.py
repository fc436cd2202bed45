"""PostgreSQL: one writer at a time, readers that cannot write, and a database that is not fit is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from augderm.domain.errors import InvalidConfig
from augderm.store.database import Database
from augderm.store.migrate import migrate
from augderm.store.models import LoginAttemptRow
from support.clinic import START
from support.postgres import PostgresServer


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    url = postgres.make_migrated()
    made = Database(url)
    yield made
    made.close()
    postgres.drop(url)


def _attempts(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(text("SELECT count(*) FROM login_attempts")) or 0


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"), database.reading() as session:
        session.execute(text("DELETE FROM login_attempts"))
    with database.writing() as session:
        session.add(LoginAttemptRow(key="a", at=START))
    assert _attempts(database) == 1, "the connection writes again"


def test_a_writer_waits_for_another_servers_and_gives_up_in_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augderm.store.database.BUSY_TIMEOUT_MS", 50)
    other = Database(database.url.render_as_string(hide_password=False))
    with database.writing() as session:
        session.connection()
        with pytest.raises(OperationalError, match="lock timeout"), other.writing() as waiting:
            waiting.connection()
    with other.writing() as session:
        session.connection()
    other.close()


def test_a_writer_whose_connection_is_cut_leaves_nothing_and_the_next_has_its_turn(
    database: Database, postgres: PostgresServer
) -> None:
    with pytest.raises(OperationalError), database.writing() as session:  # noqa: PT012
        session.add(LoginAttemptRow(key="a", at=START))
        session.flush()
        number = session.scalar(text("SELECT pg_backend_pid()"))
        postgres.run(f"SELECT pg_terminate_backend({number}, 10000)")
        session.scalar(text("SELECT 1"))
    assert _attempts(database) == 0
    with database.writing() as session:
        session.add(LoginAttemptRow(key="a", at=START))
    assert _attempts(database) == 1


def test_a_writer_of_which_nothing_is_heard_gives_its_turn_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augderm.store.postgresql.IDLE_TIMEOUT_MS", 200)
    other = Database(database.url.render_as_string(hide_password=False))
    with pytest.raises(DBAPIError), database.writing() as session:  # noqa: PT012
        session.add(LoginAttemptRow(key="a", at=START))
        session.flush()
        with other.writing() as after:
            after.connection()
        session.scalar(text("SELECT 1"))
    other.close()
    assert _attempts(database) == 0


@pytest.mark.parametrize(
    "how",
    [
        "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
        "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'",
    ],
)
def test_a_database_of_another_encoding_or_order_is_refused_with_the_remedy(
    postgres: PostgresServer, how: str
) -> None:
    url = postgres.make(how)
    database = Database(url)
    with pytest.raises(InvalidConfig, match="createdb --template template0 --encoding UTF8 --locale C"):
        migrate(database)
    database.close()
    postgres.drop(url)


def test_one_that_cannot_be_reached_is_told_without_its_password() -> None:
    database = Database(f"postgresql://ada:secret@/clinic?host={os.devnull}")
    with pytest.raises(InvalidConfig, match=r"clinic.*cannot be reached") as refused:
        migrate(database)
    assert "secret" not in str(refused.value)

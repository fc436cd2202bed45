"""Transactions: whole or not at all, durable, one writer after the other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from augderm.domain.errors import InvalidConfig
from augderm.store.database import BUSY_TIMEOUT_MS, Database
from augderm.store.migrate import migrate
from augderm.store.models import LoginAttemptRow, SessionRow
from support.postgres import on_both_databases

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Iterator[Database]:
    made = Database(database_url or f"sqlite:///{tmp_path}/a.db")
    migrate(made)
    yield made
    made.close()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_connection_to_sqlite_is_durable_and_checks_its_keys(
    database: Database, pragma: str, value: object
) -> None:
    with database.reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


@on_both_databases
def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def change() -> None:
        with database.writing() as session:
            session.add(LoginAttemptRow(key="a", at=NOW))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    with database.reading() as session:
        assert session.scalars(select(LoginAttemptRow)).all() == []


@on_both_databases
def test_moments_come_back_in_utc_and_those_without_a_zone_are_refused(database: Database) -> None:
    with database.writing() as session:
        session.add(LoginAttemptRow(key="a", at=NOW))
    with database.reading() as session:
        found = session.scalars(select(LoginAttemptRow)).one().at
    assert found == NOW
    assert found.utcoffset() == timedelta(0)
    with pytest.raises(StatementError, match="no time zone"), database.writing() as session:
        session.add(LoginAttemptRow(key="a", at=NOW.replace(tzinfo=None)))


@on_both_databases
def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(
            SessionRow(user_id="nobody", token_sha256="0", created_at=NOW, seen_at=NOW, expires_at=NOW)
        )


@on_both_databases
def test_writers_that_read_first_do_not_lose_each_others_changes(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))

    def count() -> None:
        for _ in range(10):
            with database.writing() as session:
                number = session.scalar(text("SELECT n FROM counter"))
                session.execute(text("UPDATE counter SET n = :n"), {"n": number + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(text("SELECT n FROM counter")) == 40


@on_both_databases
def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.reading() as session:
        assert session.scalars(select(LoginAttemptRow)).all() == []
        with database.writing() as other:
            other.add(LoginAttemptRow(key="a", at=NOW))
        assert session.scalars(select(LoginAttemptRow)).all() == []
    with database.reading() as session:
        assert len(session.scalars(select(LoginAttemptRow)).all()) == 1


@on_both_databases
def test_what_an_error_tells_names_no_patient(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        session.add(SessionRow(id="Ada", token_sha256="0", created_at=NOW, seen_at=NOW, expires_at=NOW))
    assert "Ada" not in str(refused.value)


@on_both_databases
def test_text_is_ordered_by_letters_whatever_the_language(database: Database) -> None:
    with database.writing() as session:
        session.add_all([LoginAttemptRow(key=key, at=NOW) for key in ("ä", "b", "B", "a", "_", "é")])
    with database.reading() as session:
        found = session.scalars(select(LoginAttemptRow.key).order_by(LoginAttemptRow.key)).all()
    assert found == ["B", "_", "a", "b", "ä", "é"]


@on_both_databases
def test_what_is_looked_up_by_a_text_with_a_nul_is_not_found(database: Database) -> None:
    with database.reading() as session:
        assert session.get(LoginAttemptRow, "a\0b") is None


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/name"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidConfig, match=r"(?i)sqlite"):
        Database(url)


@on_both_databases
def test_writers_of_one_process_take_turns_and_a_failed_one_gives_its_turn_up(
    database: Database,
) -> None:
    with pytest.raises(ZeroDivisionError), database.writing():
        raise ZeroDivisionError
    inside: list[int] = []
    most = []

    def write(number: int) -> None:
        with database.writing():
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


@pytest.mark.databases("sqlite")
def test_a_writing_block_has_the_writers_lock_from_its_beginning(database: Database) -> None:
    assert database.file is not None
    with (
        database.writing(),
        closing(sqlite3.connect(database.file, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


@pytest.mark.databases("sqlite")
def test_the_log_of_writes_is_emptied_as_soon_as_no_reader_is_in_the_way_and_writers_go_on(
    database: Database,
) -> None:
    assert database.file is not None
    log = database.file.with_name(f"{database.file.name}-wal")
    with database.writing() as session:
        session.add(LoginAttemptRow(key="erased", at=NOW))
    with database.reading() as reader:
        reader.scalars(select(LoginAttemptRow)).all()
        with database.writing() as session:
            session.execute(delete(LoginAttemptRow))
        assert not database.forget()
        assert log.stat().st_size > 0
        with database.writing() as session:
            session.add(LoginAttemptRow(key="another", at=NOW))
    assert database.forget()
    assert log.stat().st_size == 0
    with database.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA busy_timeout")) == BUSY_TIMEOUT_MS

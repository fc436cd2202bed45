"""Migrations: what they make is what the models say, and nothing newer is touched."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from augderm.domain.errors import InvalidConfig
from augderm.store.database import Database
from augderm.store.migrate import HEAD, alembic_config, migrate
from augderm.store.models import Base
from support.postgres import PostgresServer, on_both_databases


@pytest.fixture
def database(kind_of_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without tables."""
    if kind_of_database == "sqlite":
        yield Database(f"sqlite:///{tmp_path}/a.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    made = Database(server.make())
    yield made
    made.close()
    server.drop(str(made.engine.url))


@on_both_databases
def test_migrations_make_what_the_models_say(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(Base.metadata.tables) <= set(database.engine.dialect.get_table_names(connection))


def test_there_is_one_head_and_it_is_the_one_that_is_looked_for() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


@on_both_databases
def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.writing() as session:
        session.execute(text("INSERT INTO login_attempts VALUES ('k', 'key', '2026-01-01 00:00:00')"))
    migrate(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM login_attempts")) == 1


@on_both_databases
def test_a_newer_database_is_refused_with_the_remedy(database: Database) -> None:
    migrate(database)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InvalidConfig, match=r"9999.*install that version or a later one"):
        migrate(database)


@on_both_databases
def test_several_may_migrate_at_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate, database) for _ in range(4)]:
            done.result()
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1

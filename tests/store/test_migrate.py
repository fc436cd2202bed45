"""Migrations: what they make is what the models say, and nothing newer is touched."""

from __future__ import annotations

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


def test_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(Base.metadata.tables) <= set(database.engine.dialect.get_table_names(connection))


def test_there_is_one_head_and_it_is_the_one_that_is_looked_for() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    migrate(database)
    with database.writing() as session:
        session.execute(text("INSERT INTO login_attempts VALUES ('k', 'key', '2026-01-01 00:00:00')"))
    migrate(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM login_attempts")) == 1


def test_a_newer_database_is_refused_with_the_remedy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    migrate(database)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InvalidConfig, match=r"9999.*install that version or a later one"):
        migrate(database)

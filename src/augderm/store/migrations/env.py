"""Alembic's entry: runs the migrations on the connection that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from augderm.store.models import Base

connection = context.config.attributes["connection"]
# Tables are altered on SQLite by copying them: `batch_alter_table` in a migration works on both databases.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

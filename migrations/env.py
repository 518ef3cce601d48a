"""How Alembic reaches the database: over the connection that app.storage.migrate hands it."""

from __future__ import annotations

from alembic import context

from app.storage.migrate import COMPARE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    **COMPARE,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

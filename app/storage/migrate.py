"""Brings the database to the version of this code, once, however many processes start at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from app.models.index_names import NEAR_PREFIX
from app.models.tables import metadata
from app.storage.advisory import MIGRATE_LOCK
from app.storage.revisions import MIGRATIONS_DIR


def _is_ours(
    item: object, name: str | None, kind: str, reflected: bool, compare_to: object
) -> bool:
    is_foreign = reflected and compare_to is None
    if kind == "index" and is_foreign and (name or "").startswith(NEAR_PREFIX):
        return False
    return not (kind == "table" and is_foreign and name not in metadata.tables)


COMPARE: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "include_object": _is_ours,
}
"""How models and database are compared: tables that are not ours, the job engine's among them, and
the indexes of big products, which a job makes, are left alone."""


@contextmanager
def _connected(conninfo: str) -> Iterator[tuple[Config, Connection]]:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool
    )
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_DIR))
        config.attributes["connection"] = connection
        yield config, connection
    engine.dispose()


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql(f"select pg_advisory_lock({MIGRATE_LOCK})")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"select pg_advisory_unlock({MIGRATE_LOCK})")
        connection.commit()


def upgrade(conninfo: str, revision: str = "head") -> None:
    """Run every migration up to ``revision``; other processes that do the same wait."""
    with _connected(conninfo) as (config, connection), _locked(connection):
        command.upgrade(config, revision)
        connection.commit()


def downgrade(conninfo: str, revision: str) -> None:
    """Take migrations back down to ``revision`` (``base`` for all of them)."""
    with _connected(conninfo) as (config, connection), _locked(connection):
        command.downgrade(config, revision)
        connection.commit()


def drift(conninfo: str) -> list[object]:
    """What autogenerate would still change: empty when models and migrations agree."""
    with _connected(conninfo) as (_, connection):
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata)
        )


def revision(conninfo: str, message: str) -> None:
    """Write a new migration from the difference between models and database, for review."""
    with _connected(conninfo) as (config, _):
        command.revision(config, message=message, autogenerate=True)

"""What ``/readyz`` asks the database: answered from partial indexes, in a millisecond."""

from __future__ import annotations

from dataclasses import dataclass

from app.storage.advisory import WORKER_CONNECTION_NAME
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value

# A database without any migration has no such table.
SELECT_HAS_VERSION = "select to_regclass('alembic_version') is not null"
SELECT_VERSION = "select version_num from alembic_version"
# The inner limits keep each look within its partial index, however much waits.
SELECT_WAITING_WORK = """
    select
      coalesce(extract(epoch from clock_timestamp() - (
        select max(state_change) from pg_stat_activity
        where datname = current_database() and application_name = %(name)s
      )), 'infinity')::float8 as silent_seconds,
      coalesce(extract(epoch from clock_timestamp() - least(
        (select min(received_at) from (
          select received_at from delivery where stage = 'received' order by id limit 100) d),
        (select min(received_at) from (
          select received_at from comment where stage = 'parsed'
          order by delivery_id limit 100) c),
        (select min(received_at) from (
          select received_at from comment where stage = 'enriched' limit 100) g)
      )), 0)::float8 as waiting_seconds
"""


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """How long no worker was heard of, and how long the oldest row waits (seconds; 0 where none
    does)."""

    silent_seconds: float
    waiting_seconds: float


async def database_version(connection: Connection) -> str | None:
    """The revision of the database; None where no migration ran."""
    if not await fetch_value(connection, SELECT_HAS_VERSION, []):
        return None
    version: str | None = await fetch_value(connection, SELECT_VERSION, [])
    return version


async def waiting_work(connection: Connection) -> WaitingWork:
    """Who works, and what waits for longest."""
    values = {"name": WORKER_CONNECTION_NAME}
    work = await fetch_one(connection, SELECT_WAITING_WORK, values, of=WaitingWork)
    assert work is not None
    return work

"""Looks at the database: its server, its version, its clock, and what searches in it stand on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from app.config import Settings
from app.judging.chosen_model import encoder_space
from app.learning.reenriching import comments_of_other_encoders
from app.running.verdicts import right, wrong
from app.storage.db import Database
from app.storage.dbcheck import check_server
from app.storage.revisions import revisions
from app.storage.rows import fetch_value
from app.themes.search_index import EXACT_MOST, index_states
from integrations.tracker_contract import Finding

CLOCK_TOLERANCE_SECONDS = 5.0
"""Between our clock and the database's: signed times are accepted for 300 s, leases last 30 s."""

SELECT_DATABASE_TIME = "select clock_timestamp()"


def server_finding(settings: Settings, url: str) -> Finding:
    """The versions of the server, which answers."""
    facts = check_server(url)
    # The embedded server's address names a password file; the configured one may hold the password
    # itself.
    place = f"{facts.database} at RELAY_DATABASE_URL"
    if settings.database_url is None:
        place = f"embedded, {url}"
    return right("database", f"PostgreSQL {facts.version}, pgvector {facts.pgvector} ({place}).")


def migrations_finding(settings: Settings, url: str) -> Finding:
    """Whether the database is of this program's version."""
    current, newest = revisions(url)
    if current == newest:
        return right("migrations", f"The database is at {current}, the newest version.")
    detail = f"The database is at {current or 'none'}, this program needs {newest}."
    return wrong("migrations", detail, "Run `relay migrate`.")


async def clock_finding(database: Database, clock: Callable[[], datetime]) -> Finding:
    """Whether this machine and the database agree on the time."""
    async with database.transaction() as connection:
        started = time.monotonic()
        our_time = clock()
        database_time = await fetch_value(connection, SELECT_DATABASE_TIME)
        elapsed = time.monotonic() - started
    # The database read its clock somewhere between question and answer.
    seconds_off = abs((our_time - database_time).total_seconds() + elapsed / 2)
    return Finding(
        "clock",
        seconds_off <= CLOCK_TOLERANCE_SECONDS,
        f"{seconds_off:.1f} s between this machine's clock and the database's.",
        "Let both follow a time server (timedatectl set-ntp true): signatures and leases depend on "
        "it.",
    )


async def vectors_finding(settings: Settings, database: Database) -> Finding:
    """Whether all vectors are of the encoder that serves."""
    space = encoder_space(settings)
    async with database.transaction() as connection:
        count = await comments_of_other_encoders(connection, space)
    if not count:
        return right("vectors", f"All are of {space}.")
    detail = (
        f"Comments with vectors of another encoder than {space}: {count:,}. New ones cannot find "
        "them by meaning."
    )
    return wrong("vectors", detail, "Run `relay model reenrich`.")


async def search_finding(database: Database, *, exact_most: int = EXACT_MOST) -> Finding:
    """Whether every product too big for exact search has an index of its own."""
    async with database.transaction() as connection:
        states = await index_states(connection, exact_most=exact_most)
    if not states:
        detail = f"Exact: no product has more than {exact_most:,} comments in themes."
        return right("search", detail)
    waiting = [state for state in states if not state.usable]
    indexed = len(states) - len(waiting)
    detail = f"{indexed} of {len(states)} big products have an index of their own."
    if waiting:
        names = ", ".join(f"{state.slug} ({state.space.live:,} comments)" for state in waiting)
        detail += f" Searched exactly, and so more slowly, until theirs is built: {names}."
    remedy = (
        "Let `relay worker` run: it builds indexes every ten minutes; `search_index_failed` in its "
        "log says why not."
    )
    return Finding("search", not waiting, detail, remedy)

"""Looks at the database: its server, its version, its clock, and what searches in it stand on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from app.config import Settings
from app.judging.chosen_model import built_in_model, encoder_space
from app.judging.model_in_force import model_in_force, settings_in_force
from app.learning.rereading import progress
from app.models.states import Rereading
from app.running.verdicts import right, still_to_do, wrong
from app.storage.db import Database
from app.storage.dbcheck import check_server
from app.storage.revisions import revisions
from app.storage.rows import fetch_value
from app.themes.search_index import EXACT_MOST, index_states
from classifiers.encoding import encoder
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


async def model_in_force_finding(settings: Settings, database: Database) -> Finding:
    """Whether the model that is in force is on this machine, where a worker may run."""
    async with database.transaction() as connection:
        chosen = await settings_in_force(connection, settings)
    if chosen.encoder:
        return right("model in force", f"{chosen.encoder}, as RELAY_ENCODER says.")
    model = built_in_model(chosen)
    named = f"{model.choice} ({model.name})"
    if encoder.is_prepared(settings.model_path, model):
        return right("model in force", f"{named}; it reads {model.about}.")
    remedy = f"A worker on this machine needs it: run `relay model prepare {model.choice}` here."
    return wrong("model in force", f"{named} is not installed in {settings.model_path}.", remedy)


async def vectors_finding(settings: Settings, database: Database) -> Finding:
    """Whether all vectors are of the encoder that serves."""
    async with database.transaction() as connection:
        chosen = await settings_in_force(connection, settings)
        space = encoder_space(chosen)
        state = await progress(connection, space)
        rereading = (await model_in_force(connection)).rereading
    if not state.waiting:
        return right("vectors", f"All are of {space}.")
    if rereading is not Rereading.done and not settings.encoder:
        detail = (
            f"After a change of model {state.waiting:,} of {state.comments:,} comments are still "
            f"to be read again, {state.in_themes:,} of them in themes; new comments wait for their "
            "theme until those are."
        )
        return still_to_do("vectors", detail, "Let `relay worker` run: it reads them.")
    detail = (
        f"Comments with vectors of another encoder than {space}: {state.waiting:,}. New ones "
        "cannot find them by meaning."
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

"""Looks at everything the service stands on; every finding that is not right has a remedy."""

from __future__ import annotations

import importlib.metadata
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.config import Settings
from app.errors import RelayError
from app.judging.chosen_model import encoder_space, known_languages, load_enricher, load_grouper
from app.learning.reenriching import comments_of_other_encoders
from app.running.checks import tracker_findings
from app.running.runtime import Services, database_url, open_vault, unknown_settings
from app.setup.trackers import list_trackers
from app.storage.db import Database
from app.storage.dbcheck import check_server
from app.themes.search_index import EXACT_MOST, index_states
from app.themes.writing import chat
from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.model_files import published_model, verify
from integrations.tracker_contract import Finding

CLOCK_TOLERANCE = 5.0
"""Seconds between our clock and the database's: signed times are accepted for 300 s, leases last 30
s."""

DISK_LEAST = 2**30


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


async def findings(
    settings: Settings, url: str, *, clock: Callable[[], datetime] = now
) -> list[Finding]:
    """Look at database, migrations, clock, keys and trackers of a database that answers at
    ``url``."""
    found = _database(settings, url)
    found.append(_migrations(settings, url))
    database = Database(url, size=4)
    await database.open()
    try:
        found.append(await _clock(database, clock))
        services = Services(settings, database)
        key = _secret_key(settings)
        found.append(key)
        if key.ok and found[1].ok:
            found += await _trackers(services)
        if found[1].ok:
            found.append(await _vectors(settings, database))
            found.append(await search_finding(database))
        found += await _language_model(settings)
    finally:
        await database.close()
    return found


def surroundings(settings: Settings) -> list[Finding]:
    """What can be looked at without a database: settings, model, disk."""
    strange = unknown_settings()
    spelling = Finding(
        "settings",
        not strange,
        "All are known." if not strange else f"Nobody reads {', '.join(strange)}.",
        "Correct the names; docs/configuration.md lists them all.",
    )
    return [spelling, _model(settings), _disk(settings.data_dir)]


def examine(settings: Settings, run: Callable[[str], list[Finding]]) -> list[Finding]:
    """``run`` over the database that answers, or the finding that says why none does."""
    try:
        with database_url(settings) as url:
            return run(url)
    except RelayError as error:
        return [
            Finding(
                "database",
                False,
                error.detail,
                "Put that right first; the rest is looked at afterwards.",
            )
        ]


def _database(settings: Settings, url: str) -> list[Finding]:
    facts = check_server(url)
    # The embedded server's address names a password file, where the configured one may hold the
    # password itself.
    place = (
        f"embedded, {url}"
        if settings.database_url is None
        else f"{facts.database} at RELAY_DATABASE_URL"
    )
    return [
        Finding(
            "database", True, f"PostgreSQL {facts.version}, pgvector {facts.pgvector} ({place})."
        )
    ]


def _migrations(settings: Settings, url: str) -> Finding:
    from app.storage import migrate

    current, newest = migrate.versions(url)
    if current == newest:
        return Finding("migrations", True, f"The database is at {current}, the newest version.")
    return Finding(
        "migrations",
        False,
        f"The database is at {current or 'none'}, this program needs {newest}.",
        "Run `relay migrate`.",
    )


async def _clock(database: Database, clock: Callable[[], datetime]) -> Finding:
    async with database.transaction() as connection:
        asked = time.monotonic()
        before = clock()
        row = await (await connection.execute("select clock_timestamp() as at")).fetchone()
        took = time.monotonic() - asked
    assert row is not None
    # The answer was made somewhere between question and answer.
    off = abs((before - row["at"]).total_seconds() + took / 2)
    return Finding(
        "clock",
        off <= CLOCK_TOLERANCE,
        f"{off:.1f} s between this machine's clock and the database's.",
        "Let both follow a time server (timedatectl set-ntp true): signatures and leases depend on "
        "it.",
    )


def _secret_key(settings: Settings) -> Finding:
    try:
        open_vault(settings)
    except (RelayError, OSError) as error:
        said = (
            error.detail
            if isinstance(error, RelayError)
            else f"The key file cannot be read ({error.strerror})."
        )
        return Finding(
            "secret key",
            False,
            said,
            "Make a key with `relay secret-key`, or restore the one that was used.",
        )
    if settings.secret_key is not None:
        return Finding("secret key", True, "Set by RELAY_SECRET_KEY.")
    path = settings.data_dir / "secret.key"
    private = not path.stat().st_mode & 0o077
    return Finding(
        "secret key",
        private,
        f"In {path}; keep a copy of it with your backups."
        if private
        else f"Others can read {path}.",
        f"Run: chmod 600 {path}",
    )


async def _trackers(services: Services) -> list[Finding]:
    async with services.database.session() as session:
        trackers = await list_trackers(session)
    if not trackers:
        return [Finding("trackers", True, "None is connected yet.")]
    found = []
    for tracker in trackers:
        for each in await tracker_findings(services, tracker):
            found.append(
                Finding(
                    f"tracker {tracker.name}: {each.subject}", each.ok, each.detail, each.remedy
                )
            )
    return found


async def _language_model(settings: Settings) -> list[Finding]:
    """Nothing where none is configured: it is an extra."""
    if not settings.llm_url and not settings.llm_model:
        return []
    endpoint = chat(settings)
    if endpoint is None:
        return [
            Finding(
                "language model",
                False,
                "It is half configured.",
                "Set both RELAY_LLM_URL and RELAY_LLM_MODEL.",
            )
        ]
    return [
        Finding("language model", each.ok, each.detail, each.remedy)
        for each in await endpoint.check()
    ]


async def search_finding(database: Database, *, exact_most: int = EXACT_MOST) -> Finding:
    """Whether every product too big for exact search has an index of its own."""
    async with database.transaction() as connection:
        states = await index_states(connection, exact_most=exact_most)
    if not states:
        return Finding(
            "search", True, f"Exact: no product has more than {exact_most:,} comments in themes."
        )
    waiting = [state for state in states if not state.usable]
    said = f"{len(states) - len(waiting)} of {len(states)} big products have an index of their own."
    if waiting:
        names = ", ".join(f"{state.slug} ({state.space.live:,} comments)" for state in waiting)
        said += f" Searched exactly, and so more slowly, until theirs is built: {names}."
    remedy = "Let `relay worker` run: it builds indexes every ten minutes; `search_index_failed` in its log says why not."
    return Finding("search", not waiting, said, remedy)


def _model(settings: Settings) -> Finding:
    try:
        load_grouper(settings)
    except ModelError as error:
        again = (
            "Train the heads in RELAY_HEADS_DIR again with this version, or unset it."
            if settings.heads_dir
            else ""
        )
        return Finding("model", False, error.detail, again)
    if settings.encoder:
        return _named_model(settings)
    try:
        verify(published_model())
        weights = "weights with the known SHA-256"
    except ModelError as error:
        if error.reason == "model_digest_mismatch" or not encoder.is_prepared(settings.model_path):
            return Finding("model", False, error.detail, "Then run `relay model prepare`.")
        weights = "weights not installed, which serving does not need"
    if not encoder.is_prepared(settings.model_path):
        return Finding(
            "model",
            False,
            f"Not prepared in {settings.model_path}.",
            "Run `relay model prepare` once.",
        )
    runtime = importlib.metadata.version("openvino")
    return Finding(
        "model", True, f"Prepared in {settings.model_path} ({weights}, OpenVINO {runtime})."
    )


def _named_model(settings: Settings) -> Finding:
    try:
        enricher = load_enricher(settings)
    except ModelError as error:
        return Finding(
            "model",
            False,
            error.detail,
            "Correct RELAY_ENCODER and RELAY_HEADS_DIR, or unset both.",
        )
    known = known_languages(settings)
    said = "every language" if known is None else ", ".join(sorted(known))
    return Finding("model", True, f"{enricher.space} through sentence-transformers, for {said}.")


async def _vectors(settings: Settings, database: Database) -> Finding:
    space = encoder_space(settings)
    async with database.transaction() as connection:
        count = await comments_of_other_encoders(connection, space)
    if not count:
        return Finding("vectors", True, f"All are of {space}.")
    return Finding(
        "vectors",
        False,
        f"Comments with vectors of another encoder than {space}: {count:,}. New ones cannot find "
        "them by meaning.",
        "Run `relay model reenrich`.",
    )


def _disk(folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(there).free
    return Finding(
        "disk",
        free >= DISK_LEAST,
        f"{free / 2**30:.1f} GiB free for {folder}.",
        "Free some space (1 GiB at least), or point RELAY_DATA_DIR at a bigger disk.",
    )

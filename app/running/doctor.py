"""Looks at everything the service stands on; every finding that is not right has a remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from app.config import Settings
from app.errors import RelayError
from app.running.checks import tracker_findings
from app.running.database_findings import (
    clock_finding,
    migrations_finding,
    model_in_force_finding,
    search_finding,
    server_finding,
    vectors_finding,
)
from app.running.machine_findings import (
    disk_finding,
    model_finding,
    network_finding,
    secret_key_finding,
    settings_finding,
)
from app.running.mail_findings import mail_findings
from app.running.runtime import Services, database_url
from app.running.stored_secrets import try_stored_secrets
from app.running.verdicts import still_to_do, under, wrong
from app.setup.credentials_end import credentials_end, near_end
from app.setup.sources import Source, list_sources
from app.setup.trackers import list_trackers
from app.storage.db import Database
from app.themes.writing import chat
from integrations.tracker_contract import Finding


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


async def findings(
    settings: Settings, url: str, *, clock: Callable[[], datetime] = now
) -> list[Finding]:
    """Look at database, migrations, clock, keys and trackers of a database that answers at
    ``url``."""
    server, migrations = server_finding(settings, url), migrations_finding(settings, url)
    results = [server, migrations]
    database = Database(url, size=4)
    await database.open()
    try:
        results.append(await clock_finding(database, clock))
        secret_key = secret_key_finding(settings)
        results.append(secret_key)
        if secret_key.ok and migrations.ok:
            results += await connected_findings(Services(settings, database))
        if migrations.ok:
            results.append(await model_in_force_finding(settings, database))
            results.append(await vectors_finding(settings, database))
            results.append(await search_finding(database))
        if migrations.ok:
            results += await mail_findings(settings, database)
        results += await language_model_findings(settings)
    finally:
        await database.close()
    return results


def surroundings(settings: Settings) -> list[Finding]:
    """What can be looked at without a database: settings, network, model, disk."""
    return [
        settings_finding(),
        network_finding(settings),
        model_finding(settings),
        disk_finding(settings.data_dir),
    ]


def examine(settings: Settings, run: Callable[[str], list[Finding]]) -> list[Finding]:
    """``run`` over the database that answers, or the finding that says why none does."""
    try:
        with database_url(settings) as url:
            return run(url)
    except RelayError as error:
        remedy = "Put that right first; the rest is looked at afterwards."
        return [wrong("database", error.detail, remedy)]


async def connected_findings(services: Services) -> list[Finding]:
    """Whether every stored secret can be read, and what every tracker answers."""
    async with services.database.transaction() as connection:
        sources = await list_sources(connection)
        trackers = await list_trackers(connection)
    results = []
    if not sources:
        remedy = "Connect one: `relay source add NAME --platform PLATFORM`."
        results.append(still_to_do("sources", "None is connected yet: nothing arrives.", remedy))
    if not trackers:
        remedy = "Connect one: `relay tracker add NAME --type TYPE`."
        results.append(still_to_do("trackers", "None is connected yet: no tickets.", remedy))
    results += await ending_findings(services, sources)
    if sources or trackers:
        stored = await try_stored_secrets(services)
        results += stored.findings
        for tracker in stored.readable_trackers:
            results += under(f"tracker {tracker.name}", await tracker_findings(services, tracker))
    return results


async def ending_findings(services: Services, sources: Sequence[Source]) -> list[Finding]:
    """The credentials of sources that end soon, or have ended."""
    results = []
    for source in sources:
        async with services.database.transaction() as connection:
            ending = near_end(await credentials_end(connection, source.id))
        if ending is not None:
            remedy = f"Run `relay source credentials {source.name!r}`."
            tell = wrong if ending.is_pressing else still_to_do
            results.append(tell(f"source {source.name}", ending.detail, remedy))
    return results


async def language_model_findings(settings: Settings) -> list[Finding]:
    """Nothing where none is configured: it is an extra."""
    if not settings.llm_url and not settings.llm_model:
        return []
    endpoint = chat(settings)
    if endpoint is None:
        remedy = "Set both RELAY_LLM_URL and RELAY_LLM_MODEL."
        return [wrong("language model", "It is half configured.", remedy)]
    return [
        Finding("language model", answer.ok, answer.detail, answer.remedy)
        for answer in await endpoint.check()
    ]

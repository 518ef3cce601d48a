"""Tries every stored secret with the keys that are here: a restored database whose key was left
behind looks well until something arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import RelayError
from app.running.runtime import Services
from app.running.verdicts import right, wrong
from app.setup.polling import poll_credentials
from app.setup.products import list_products
from app.setup.sources import Source, active_secrets, list_sources
from app.setup.tracker_hooks import read_hook
from app.setup.trackers import Tracker, list_trackers
from app.storage.db import Connection
from integrations.tracker_contract import Finding

RESTORE_KEY = (
    "Start with the key that it was stored with (RELAY_SECRET_KEY, or the file secret.key of the "
    "old data folder). If that key is lost: "
)


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """What was found, and the trackers whose credentials can be read."""

    findings: Sequence[Finding]
    readable_trackers: Sequence[Tracker]


async def try_stored_secrets(services: Services) -> StoredSecrets:
    """Decrypt the secrets of every source and tracker, and what lets us into them."""
    async with services.database.transaction() as connection:
        slugs = {product.id: product.slug for product in await list_products(connection)}
        sources = await list_sources(connection)
        trackers = await list_trackers(connection)
        unreadable_sources = [
            source for source in sources if not await _reads_source(services, connection, source)
        ]
        unreadable_polls = [
            source for source in sources if not await _reads_poll(services, connection, source)
        ]
        unreadable_hooks = [
            tracker for tracker in trackers if not await _reads_hook(services, connection, tracker)
        ]
    readable = [tracker for tracker in trackers if _reads_tracker(services, tracker)]
    findings = [_source_finding(source, slugs[source.product_id]) for source in unreadable_sources]
    findings += [_poll_finding(source, slugs[source.product_id]) for source in unreadable_polls]
    findings += [
        _tracker_finding(tracker, slugs[tracker.product_id])
        for tracker in trackers
        if tracker not in readable
    ]
    findings += [
        _hook_finding(tracker, slugs[tracker.product_id])
        for tracker in unreadable_hooks
        if tracker in readable
    ]
    if not findings:
        count = f"{len(sources)} source(s) and {len(trackers)} tracker(s)"
        findings = [right("stored secrets", f"Those of {count} can be read with the key.")]
    return StoredSecrets(findings, readable)


async def _reads_source(services: Services, connection: Connection, source: Source) -> bool:
    try:
        await active_secrets(connection, services.vault, source.id)
    except RelayError:
        return False
    return True


async def _reads_poll(services: Services, connection: Connection, source: Source) -> bool:
    try:
        await poll_credentials(connection, services.vault, source.id)
    except RelayError:
        return False
    return True


def _reads_tracker(services: Services, tracker: Tracker) -> bool:
    try:
        services.vault.decrypt_fields(bytes(tracker.credentials))
    except RelayError:
        return False
    return True


async def _reads_hook(services: Services, connection: Connection, tracker: Tracker) -> bool:
    try:
        await read_hook(connection, services.vault, tracker.id)
    except RelayError:
        return False
    return True


def _source_finding(source: Source, product: str) -> Finding:
    rotate = f"relay source rotate {source.name!r} --product {product}"
    return wrong(
        f"source {source.name}: secret",
        "It was stored with another key, so everything that arrives is turned away.",
        f"{RESTORE_KEY}`{rotate}`, put the new secret into the platform, then `{rotate} --finish`.",
    )


def _poll_finding(source: Source, product: str) -> Finding:
    enter = f"relay source credentials {source.name!r} --product {product}"
    return wrong(
        f"source {source.name}: credentials",
        "They were stored with another key, so its platform cannot be asked.",
        f"{RESTORE_KEY}`{enter}`.",
    )


def _tracker_finding(tracker: Tracker, product: str) -> Finding:
    change = f"relay tracker set {tracker.name!r} --product {product} --credentials"
    return wrong(
        f"tracker {tracker.name}: credentials",
        "They were stored with another key, so no ticket can be written.",
        f"{RESTORE_KEY}`{change}`.",
    )


def _hook_finding(tracker: Tracker, product: str) -> Finding:
    return wrong(
        f"tracker {tracker.name}: webhook",
        "Its secret was stored with another key, so what the tracker tells is turned away.",
        f"{RESTORE_KEY}make a new one on the tracker's page (product {product}), and enter it in "
        "the tracker.",
    )

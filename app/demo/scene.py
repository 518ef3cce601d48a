"""The demo's product with its sources, trackers and administrator: made once, then found again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from app.demo.community import DEMO_PRODUCT, events, load
from app.demo.sending import SourceAddress
from app.demo.sending import settings as source_settings
from app.models.states import Policy, Role
from app.queries.deliveries import count_deliveries_of
from app.running.runtime import Services
from app.setup.accounts import create_user, has_password, list_users, set_password
from app.setup.products import Product, create_product, list_products
from app.setup.reply_accounts import set_reply_credentials
from app.setup.reply_policies import reply_rules, set_reply_rules
from app.setup.sources import (
    Source,
    active_secrets,
    create_source,
    list_sources,
    update_source,
)
from app.setup.tracker_hooks import register_hook
from app.setup.trackers import create_tracker, list_trackers, update_tracker
from app.storage.db import Connection
from app.storage.vault import Vault
from classifiers.contract import Kind

DEMO_EMAIL = "admin@tidewater.example"
DEMO_SOURCES = {
    "Community forum": "discourse",
    "In-app feedback": "generic",
    "GitHub repository": "github",
    "Slack community": "slack",
}
FORUM_ACCOUNT = {"api_key": "key-of-the-demo", "api_username": "tidewater-team"}
SANDBOX_TOKEN = {"token": "token-of-the-demo"}


@dataclass(frozen=True, slots=True)
class DemoTracker:
    """A tracker of the demo; ``base_url`` is the sandbox's, which changes."""

    name: str
    type: str
    settings: Mapping[str, str]
    credentials: Mapping[str, str]
    kind: Kind


DEMO_TRACKERS = (
    DemoTracker(
        "Jira (sandbox)",
        "jira",
        {"project": "TIDE"},
        {**SANDBOX_TOKEN, "email": DEMO_EMAIL},
        Kind.bug,
    ),
    DemoTracker(
        "GitHub (sandbox)",
        "github",
        {"repository": "tidewater/app"},
        SANDBOX_TOKEN,
        Kind.feature,
    ),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the replay needs. ``password`` is empty where a person has chosen another one.

    ``epoch`` is when the product was made: with it every replay sends the same deliveries.
    """

    product: Product
    sources: Mapping[str, SourceAddress]
    epoch: datetime
    password: str
    deliveries: int

    @property
    def expected(self) -> int:
        """How many deliveries a whole replay stores."""
        return len(events(load(), self.epoch))

    @property
    def complete(self) -> bool:
        """Whether all of them are stored."""
        return self.deliveries >= self.expected


async def set_up(services: Services, sandbox: str, password_file: Path) -> Scene:
    """Make what is missing. ``sandbox`` is the address of the sandbox tracker; a new one reaches
    the trackers too."""
    async with services.database.transaction() as connection:
        product = await _product(connection)
        sources = await _sources(connection, services.vault, product)
        await _answers(connection, services.vault, product, sources, sandbox)
        await _trackers(connection, services.vault, product, sandbox)
        addresses = {
            source.name: SourceAddress(
                str(source.id),
                source.platform,
                (await active_secrets(connection, services.vault, source.id))[0],
            )
            for source in sources
        }
    async with services.database.transaction() as connection:
        stored = await count_deliveries_of(connection, [source.id for source in sources])
    password = await _administrator(services, password_file)
    assert product.created_at is not None
    return Scene(product, addresses, product.created_at, password, stored)


async def tell_of_changes(services: Services, product: Product, address: str) -> None:
    """Let the sandbox send what happens to its tickets to ``address``, where the web server is.
    Raises Conflict where it does not answer."""
    async with services.database.transaction() as connection:
        listed = await list_trackers(connection, product.id)
    for tracker in listed:
        if tracker.name in {planned.name for planned in DEMO_TRACKERS}:
            await register_hook(
                services.database,
                services.vault,
                tracker.id,
                base_url=address,
                network=services.settings.network,
            )


async def _product(connection: Connection) -> Product:
    for product in await list_products(connection):
        if product.slug == DEMO_PRODUCT.lower():
            return product
    # Lower than what a team would choose: in a sandbox a wrong ticket costs nothing, and there is
    # more to look at.
    return await create_product(
        connection, DEMO_PRODUCT, policy=Policy.auto, auto_min_people=2, auto_min_confidence=0.5
    )


async def _sources(connection: Connection, vault: Vault, product: Product) -> list[Source]:
    by_name = {source.name: source for source in await list_sources(connection, product.id)}
    for name, platform in DEMO_SOURCES.items():
        if name not in by_name:
            fields = source_settings(platform)
            secret = secrets.token_urlsafe(32)  # Slack would make it itself
            by_name[name], _ = await create_source(
                connection, vault, product.id, platform, name, fields, secret
            )
    return [by_name[name] for name in DEMO_SOURCES]


async def _answers(
    connection: Connection, vault: Vault, product: Product, sources: list[Source], sandbox: str
) -> None:
    """Answers to the forum's people go to the sandbox, which shows them; nobody waits there for a
    status to stand."""
    address = f"{sandbox}/forum"
    for source in sources:
        if source.platform != "discourse" or source.settings.get("base_url") == address:
            continue
        await update_source(
            connection, source.id, settings={**source.settings, "base_url": address}
        )
        await set_reply_credentials(connection, vault, source.id, FORUM_ACCOUNT)
        rules = await reply_rules(connection, product.id)
        await set_reply_rules(connection, product.id, replace(rules, wait_minutes=0))


async def _trackers(connection: Connection, vault: Vault, product: Product, sandbox: str) -> None:
    """Bugs go to a Jira project and requests to a GitHub repository, so that both can be seen."""
    by_name = {tracker.name: tracker for tracker in await list_trackers(connection, product.id)}
    for planned in DEMO_TRACKERS:
        tracker = by_name.get(planned.name)
        if tracker is None:
            await create_tracker(
                connection,
                vault,
                product.id,
                planned.type,
                planned.name,
                {**planned.settings, "base_url": sandbox, "audience": "members"},
                planned.credentials,
                [planned.kind],
            )
        elif tracker.settings.get("base_url") != sandbox:
            settings = {**tracker.settings, "base_url": sandbox}
            await update_tracker(connection, vault, tracker.id, settings=settings)


def _password(path: Path) -> tuple[str, bool]:
    """(password, whether it is new), kept in a file that only this user can read."""
    is_new = not path.exists()
    if is_new:
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12) + "\n")
    return path.read_text().strip(), is_new


async def _administrator(services: Services, password_file: Path) -> str:
    password, is_new = await asyncio.to_thread(_password, password_file)
    async with services.database.transaction() as connection:
        users = {user.email: user for user in await list_users(connection)}
        if DEMO_EMAIL not in users:
            await create_user(connection, DEMO_EMAIL, "Demo", password, Role.admin)
        elif is_new:
            await set_password(connection, users[DEMO_EMAIL].id, password)
        elif not await has_password(connection, users[DEMO_EMAIL].id, password):
            return ""
    return password

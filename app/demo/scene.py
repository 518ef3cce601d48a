"""The demo's product with its sources, trackers and administrator: made once, found again at every
later start."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.community import PRODUCT, events, load
from app.demo.sending import SourceAddress
from app.demo.sending import settings as source_settings
from app.models.product import Product
from app.models.source import Source
from app.models.states import Role
from app.models.tracker import Tracker
from app.running.runtime import Services
from app.setup.accounts import create_user, has_password, list_users, set_password
from app.setup.products import create_product, list_products
from app.setup.sources import active_secrets, create_source, list_sources
from app.setup.trackers import create_tracker, list_trackers, update_tracker
from app.storage.vault import Vault

EMAIL = "admin@tidewater.example"
SOURCES = {
    "Community forum": "discourse",
    "In-app feedback": "generic",
    "GitHub repository": "github",
    "Slack community": "slack",
}
_TOKEN = {"token": "sandbox"}


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
    async with services.database.session() as session:
        product = await _product(session)
        sources = await _sources(session, services.vault, product)
        await _trackers(session, services.vault, product, sandbox)
        addresses = {
            source.name: SourceAddress(
                str(source.id),
                source.platform,
                (await active_secrets(session, services.vault, source.id))[0],
            )
            for source in sources
        }
    async with services.database.transaction() as connection:
        found = await connection.execute(
            "select count(*) as stored from delivery where source_id = any(%s)",
            [[source.id for source in sources]],
        )
        row = await found.fetchone()
    assert row is not None
    password = await _administrator(services, password_file)
    assert product.created_at is not None
    return Scene(product, addresses, product.created_at, password, row["stored"])


async def _product(session: AsyncSession) -> Product:
    found = [each for each in await list_products(session) if each.slug == PRODUCT.lower()]
    if found:
        return found[0]
    # Lower than what a team would choose: in a sandbox a wrong ticket costs nothing, and there is
    # more to look at.
    return await create_product(
        session, PRODUCT, policy="auto", auto_min_people=2, auto_min_confidence=0.5
    )


async def _sources(session: AsyncSession, vault: Vault, product: Product) -> list[Source]:
    known = {source.name: source for source in await list_sources(session, product.id)}
    for name, platform in SOURCES.items():
        if name not in known:
            fields = source_settings(platform)
            secret = secrets.token_urlsafe(32)  # Slack would make it itself
            known[name], _ = await create_source(
                session, vault, product.id, platform, name, fields, secret
            )
    return [known[name] for name in SOURCES]


async def _trackers(session: AsyncSession, vault: Vault, product: Product, sandbox: str) -> None:
    """Bugs go to a Jira project and requests to a GitHub repository, so that both can be seen."""
    known = {tracker.name: tracker for tracker in await list_trackers(session, product.id)}
    wanted: list[tuple[str, str, dict[str, str], dict[str, str], str]] = [
        (
            "Jira (sandbox)",
            "jira",
            {"base_url": sandbox, "project": "TIDE"},
            {**_TOKEN, "email": EMAIL},
            "bug",
        ),
        (
            "GitHub (sandbox)",
            "github",
            {"base_url": sandbox, "repository": "tidewater/app"},
            _TOKEN,
            "feature",
        ),
    ]
    for name, kind, settings, credentials, takes in wanted:
        if name not in known:
            await create_tracker(
                session, vault, product.id, kind, name, settings, credentials, [takes]
            )
        elif _address(known[name]) != sandbox:
            changed = {**known[name].settings, "base_url": sandbox}
            await update_tracker(session, vault, known[name].id, settings=changed)


def _address(tracker: Tracker) -> object:
    return tracker.settings.get("base_url")


def _password(path: Path) -> tuple[str, bool]:
    """(password, whether it was made now), kept in a file that only this user can read."""
    made = not path.exists()
    if made:
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12) + "\n")
    return path.read_text().strip(), made


async def _administrator(services: Services, password_file: Path) -> str:
    password, made = await asyncio.to_thread(_password, password_file)
    async with services.database.transaction() as connection:
        users = {user.email: user for user in await list_users(connection)}
        if EMAIL not in users:
            await create_user(connection, EMAIL, "Demo", password, Role.admin)
        elif made:
            await set_password(connection, users[EMAIL].id, password)
        elif not await has_password(connection, users[EMAIL].id, password):
            return ""
    return password

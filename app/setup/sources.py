"""Sources of a product: connected channels, their secrets and their set-up guide."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import Invalid, NotFound
from app.models.source import Source, SourceSecret
from app.setup.fields import (
    checked_fields,
    checked_name,
    list_connected,
    refuse_taken_name,
    rename,
)
from app.setup.platforms import platform
from app.setup.products import get_product
from app.storage.vault import Vault

SOURCE_KEY_MIN_CHARACTERS = 8


async def list_sources(session: AsyncSession, product_id: uuid.UUID | None = None) -> list[Source]:
    """Sources by name."""
    return await list_connected(session, Source, product_id)


async def get_source(session: AsyncSession, source_id: uuid.UUID) -> Source:
    """The source. Raises NotFound."""
    source = await session.get(Source, source_id)
    if source is None:
        raise NotFound("There is no source with this id.", reason="source_not_found")
    return source


async def create_source(
    session: AsyncSession,
    vault: Vault,
    product_id: uuid.UUID,
    platform_name: str,
    name: str,
    settings: Mapping[str, Any],
    secret: str | None = None,
) -> tuple[Source, str]:
    """A new source and its secret in clear, shown this once. ``secret`` takes one that the platform
    made."""
    definition = platform(platform_name)
    await get_product(session, product_id)
    source = Source(
        product_id=product_id,
        platform=definition.name,
        name=checked_name(name),
        settings=checked_fields(definition.settings, settings, "settings"),
    )
    await refuse_taken_name(session, Source, product_id, source.name)
    session.add(source)
    await session.flush()
    return source, await _add_secret(session, vault, source, secret)


async def rotate_secret(
    session: AsyncSession, vault: Vault, source_id: uuid.UUID, secret: str | None = None
) -> str:
    """A second secret beside the one in use; both are accepted until the next rotation. Older ones
    end now."""
    source = await get_source(session, source_id)
    await retire_old_secret(session, source_id)
    return await _add_secret(session, vault, source, secret)


async def retire_old_secret(session: AsyncSession, source_id: uuid.UUID) -> None:
    """Accept the newest secret only, once the platform uses it."""
    active = await _active_secrets(session, source_id)
    for older in active[1:]:
        older.retired_at = datetime.now(UTC)
        session.add(older)
    await session.flush()


async def active_secrets(session: AsyncSession, vault: Vault, source_id: uuid.UUID) -> list[str]:
    """The secrets in use in clear, newest first. For the operator's own eyes and the demo only."""
    active = await _active_secrets(session, source_id)
    return [vault.decrypt(bytes(secret.ciphertext)) for secret in active]


async def update_source(
    session: AsyncSession,
    source_id: uuid.UUID,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    enabled: bool | None = None,
) -> Source:
    """Change what is given. A source that is switched off answers 404 and keeps what it has."""
    source = await get_source(session, source_id)
    await rename(session, source, name)
    if settings is not None:
        source.settings = checked_fields(platform(source.platform).settings, settings, "settings")
    if enabled is not None:
        source.enabled = enabled
    session.add(source)
    await session.flush()
    return source


async def delete_source(session: AsyncSession, source_id: uuid.UUID) -> None:
    """Delete a source with its deliveries and comments."""
    await session.delete(await get_source(session, source_id))
    await session.flush()


def webhook_url(base_url: str, source_id: uuid.UUID) -> str:
    """Where the platform has to post to."""
    return f"{base_url}/hooks/{source_id}"


def guide(source: Source, base_url: str, secret: str) -> str:
    """The platform's set-up steps (Markdown) with this source's address; ``secret`` may be a
    placeholder."""
    steps = platform(source.platform).guide
    steps = steps.replace("{webhook_url}", webhook_url(base_url, source.id))
    return steps.replace("{secret}", secret)


async def _active_secrets(session: AsyncSession, source_id: uuid.UUID) -> list[SourceSecret]:
    query = (
        select(SourceSecret)
        .where(SourceSecret.source_id == source_id, col(SourceSecret.retired_at).is_(None))
        .order_by(col(SourceSecret.created_at).desc())
    )
    return list((await session.exec(query)).all())


async def _add_secret(
    session: AsyncSession, vault: Vault, source: Source, secret: str | None
) -> str:
    definition = platform(source.platform)
    if secret is None:
        if definition.new_secret is None:
            raise Invalid(
                f"{definition.title} makes the secret itself: copy it from there and give it here.",
                reason="secret_needed",
            )
        secret = definition.new_secret()
    if len(secret.strip()) < SOURCE_KEY_MIN_CHARACTERS:
        raise Invalid(
            f"A secret has at least {SOURCE_KEY_MIN_CHARACTERS} characters.",
            reason="secret_too_short",
        )
    session.add(SourceSecret(source_id=source.id, ciphertext=vault.encrypt(secret.strip())))
    await session.flush()
    await session.refresh(source)
    return secret.strip()

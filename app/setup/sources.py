"""Sources of a product: connected channels, their secrets and their set-up guide."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from app.errors import Invalid, NotFound
from app.setup.fields import checked_fields, checked_name, name_taken
from app.setup.platforms import platform
from app.setup.products import get_product
from app.setup.rechecks import leave_old_comments, resume_rechecks
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.storage.vault import Vault
from integrations.weak_secrets import weakness

SELECT_SOURCES = """
    select id, product_id, platform, name, settings, enabled, created_at
    from source where %(product)s::uuid is null or product_id = %(product)s order by name
"""
SELECT_SOURCE_ROW = """
    select id, product_id, platform, name, settings, enabled, created_at from source where id = %s
"""
INSERT_SOURCE = """
    insert into source (id, product_id, platform, name, settings) values (%s, %s, %s, %s, %s)
    on conflict (product_id, name) do nothing
    returning id, product_id, platform, name, settings, enabled, created_at
"""
SELECT_SOURCE_NAMESAKE = """
    select 1 from source where product_id = %s and name = %s and id <> %s
"""
UPDATE_SOURCE = """
    update source
    set name = coalesce(%(name)s, name), settings = coalesce(%(settings)s, settings),
        enabled = coalesce(%(enabled)s, enabled)
    where id = %(id)s
    returning id, product_id, platform, name, settings, enabled, created_at
"""
BEGIN_POLLING = "insert into source_poll (source_id) values (%s)"
# What was wrong may be right now. Where another server is asked, its cursor means nothing, and
# whoever polls the old one stores no more.
RESUME_POLLING = """
    update source_poll
    set due_at = now(), paused_until = null, reason = '', detail = '', failures = 0,
        cursor = case when %(elsewhere)s then '' else cursor end,
        lease_id = null, lease_until = null
    where source_id = %(source)s
"""
DELETE_SOURCE = "delete from source where id = %s"
SELECT_ACTIVE_SECRETS = """
    select ciphertext from source_secret
    where source_id = %s and retired_at is null order by created_at desc, id
"""
# A transaction has one time: two secrets in one are told apart by the clock.
INSERT_SIGNING_KEY = """
    insert into source_secret (id, source_id, ciphertext, created_at)
    values (%s, %s, %s, clock_timestamp())
"""
RETIRE_OLDER_SECRETS = """
    update source_secret set retired_at = now()
    where source_id = %(source)s and retired_at is null and id not in (
        select id from source_secret where source_id = %(source)s and retired_at is null
        order by created_at desc, id limit 1
    )
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One connected channel. ``settings`` has the shape that the platform's source declares."""

    id: uuid.UUID
    product_id: uuid.UUID
    platform: str
    name: str
    settings: dict[str, Any]
    enabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Secret:
    ciphertext: bytes


async def list_sources(connection: Connection, product_id: uuid.UUID | None = None) -> list[Source]:
    """Sources by name."""
    return await fetch_all(connection, SELECT_SOURCES, {"product": product_id}, of=Source)


async def get_source(connection: Connection, source_id: uuid.UUID) -> Source:
    """The source. Raises NotFound."""
    source = await fetch_one(connection, SELECT_SOURCE_ROW, [source_id], of=Source)
    if source is None:
        raise _source_not_found()
    return source


async def create_source(
    connection: Connection,
    vault: Vault,
    product_id: uuid.UUID,
    platform_name: str,
    name: str,
    settings: Mapping[str, Any],
    secret: str | None = None,
) -> tuple[Source, str]:
    """A new source and its secret in clear, shown this once; blank where its platform sends
    nothing. ``secret`` takes one that the platform made."""
    definition = platform(platform_name)
    await get_product(connection, product_id)
    name = checked_name(name)
    checked = Jsonb(checked_fields(definition.settings, settings, "settings"))
    values = [uuid.uuid4(), product_id, definition.name, name, checked]
    source = await fetch_one(connection, INSERT_SOURCE, values, of=Source)
    if source is None:
        raise name_taken(name)
    if definition.polling is not None and definition.polling.credentials is None:
        await connection.execute(BEGIN_POLLING, [source.id])
    if not definition.sends:
        return source, ""
    return source, await _add_secret(connection, vault, source, secret)


async def rotate_secret(
    connection: Connection, vault: Vault, source_id: uuid.UUID, secret: str | None = None
) -> str:
    """A second secret beside the one in use; both are accepted until the next rotation. Older ones
    end now."""
    source = await get_source(connection, source_id)
    await retire_old_secret(connection, source_id)
    return await _add_secret(connection, vault, source, secret)


async def retire_old_secret(connection: Connection, source_id: uuid.UUID) -> None:
    """Accept the newest secret only, once the platform uses it."""
    await connection.execute(RETIRE_OLDER_SECRETS, {"source": source_id})


async def active_secrets(connection: Connection, vault: Vault, source_id: uuid.UUID) -> list[str]:
    """The secrets in use in clear, newest first. For the operator's own eyes and the demo only."""
    active = await fetch_all(connection, SELECT_ACTIVE_SECRETS, [source_id], of=_Secret)
    return [vault.decrypt(bytes(secret.ciphertext)) for secret in active]


async def update_source(
    connection: Connection,
    source_id: uuid.UUID,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    enabled: bool | None = None,
) -> Source:
    """Change what is given. A source that is switched off answers 404 and keeps what it has."""
    source = await get_source(connection, source_id)
    values: dict[str, Any] = {"id": source_id, "enabled": enabled, "name": None, "settings": None}
    if name is not None:
        values["name"] = checked_name(name)
        namesake = [source.product_id, values["name"], source_id]
        if await fetch_one(connection, SELECT_SOURCE_NAMESAKE, namesake) is not None:
            raise name_taken(values["name"])
    if settings is not None:
        definition = platform(source.platform)
        values["settings"] = Jsonb(checked_fields(definition.settings, settings, "settings"))
    changed = await fetch_one(connection, UPDATE_SOURCE, values, of=Source)
    if changed is None:
        raise _source_not_found()
    if settings is not None:
        values = {
            "source": source_id,
            "elsewhere": _polled_account(source) != _polled_account(changed),
        }
        await connection.execute(RESUME_POLLING, values)
        await resume_rechecks(connection, source_id)
        if values["elsewhere"]:
            await leave_old_comments(connection, source_id)
    return changed


def _polled_account(source: Source) -> str:
    """Where a source's platform is asked; blank where it is not, or its settings are not
    complete."""
    definition = platform(source.platform)
    if definition.polling is None:
        return ""
    try:
        return definition.polling.account(definition.settings.model_validate(source.settings), {})
    except ValidationError:
        return ""


async def delete_source(connection: Connection, source_id: uuid.UUID) -> None:
    """Delete a source with its deliveries and comments."""
    deleted = await connection.execute(DELETE_SOURCE, [source_id])
    if deleted.rowcount == 0:
        raise _source_not_found()


def webhook_url(base_url: str, source_id: uuid.UUID) -> str:
    """Where the platform has to post to. One that is only polled posts nothing: what comes there is
    refused."""
    return f"{base_url}/hooks/{source_id}"


def guide(source: Source, base_url: str, secret: str) -> str:
    """The platform's set-up steps (Markdown) with this source's address; ``secret`` may be a
    placeholder."""
    steps = platform(source.platform).guide
    steps = steps.replace("{webhook_url}", webhook_url(base_url, source.id))
    return steps.replace("{secret}", secret)


async def _add_secret(
    connection: Connection, vault: Vault, source: Source, secret: str | None
) -> str:
    definition = platform(source.platform)
    if not definition.sends:
        raise Invalid(
            f"{definition.title} sends nothing, so there is no secret.", reason="secret_unused"
        )
    if secret is None:
        if definition.new_secret is None:
            raise Invalid(
                f"{definition.title} makes the secret itself: copy it from there and give it here.",
                reason="secret_needed",
            )
        secret = definition.new_secret()
    reason, sentence = weakness(definition.signed_by(source.settings), secret.strip())
    if reason:
        raise Invalid(sentence, reason=reason)
    values = [uuid.uuid4(), source.id, vault.encrypt(secret.strip())]
    await connection.execute(INSERT_SIGNING_KEY, values)
    return secret.strip()


def _source_not_found() -> NotFound:
    return NotFound("There is no source with this id.", reason="source_not_found")

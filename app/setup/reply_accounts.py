"""By whose account a source is answered: its credentials, whether answers go out by themselves, and
how many in an hour.

They are another set than those that read: a key that only reads cannot write when it leaks.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from app.errors import Conflict, Invalid
from app.setup.fields import checked_fields
from app.setup.platforms import platform
from app.setup.sources import Source, get_source
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value
from app.storage.vault import Vault
from integrations.contract import Finding
from integrations.http import client
from integrations.network import Network
from integrations.reply_contract import ReplyError, Replying
from integrations.scrubbing import Scrubber

ANSWERS_PER_HOUR_MOST = 1_000

SELECT_REPLY_ACCOUNT = """
    select source_id, enabled, automatic, per_hour, paused_until, reason, detail, created_at
    from source_replies where source_id = %s
"""
SELECT_REPLY_CREDENTIALS = "select credentials from source_replies where source_id = %s"
# What was wrong may be right now: it is tried at once.
UPSERT_REPLY_ACCOUNT = """
    insert into source_replies as r (source_id, credentials) values (%s, %s)
    on conflict (source_id) do update
    set credentials = excluded.credentials, enabled = true, paused_until = null, reason = '',
        detail = ''
"""
# Who waited for news where nobody could be told is looked for again. The ledger of tickets is
# another room's: this goes along, so that both are one transaction.
DRAFT_AGAIN = """
    update ticket set drafted_since = null
    where told_at is null and drafted_since is not null and theme_id in (
        select theme_id from comment where source_id = %s and theme_id is not null)
"""
UPDATE_REPLY_ACCOUNT = """
    update source_replies
    set enabled = coalesce(%(enabled)s, enabled), automatic = coalesce(%(automatic)s, automatic),
        per_hour = coalesce(%(per_hour)s, per_hour)
    where source_id = %(source)s
"""
DELETE_REPLY_ACCOUNT = "delete from source_replies where source_id = %s"


@dataclass(frozen=True, slots=True)
class ReplyAccount:
    """The account by which a source is answered, without what lets it in."""

    source_id: uuid.UUID
    enabled: bool
    automatic: bool
    per_hour: int
    paused_until: datetime | None
    reason: str
    detail: str
    created_at: datetime


def replying_of(source: Source) -> Replying[Any]:
    """How the source's platform is answered. Raises Conflict (``platform_cannot``)."""
    definition = platform(source.platform)
    if definition.replying is None:
        raise Conflict(definition.no_replies, reason="platform_cannot")
    return definition.replying


async def reply_account(connection: Connection, source_id: uuid.UUID) -> ReplyAccount | None:
    """The account that answers; None where none was entered."""
    return await fetch_one(connection, SELECT_REPLY_ACCOUNT, [source_id], of=ReplyAccount)


async def set_reply_credentials(
    connection: Connection, vault: Vault, source_id: uuid.UUID, credentials: Mapping[str, Any]
) -> ReplyAccount:
    """Store what lets us write, encrypted; what waits is tried at once. Raises Invalid,
    NotFound."""
    source = await get_source(connection, source_id)
    entered = checked_fields(replying_of(source).credentials, credentials, "credentials")
    await connection.execute(UPSERT_REPLY_ACCOUNT, [source_id, vault.encrypt_fields(entered)])
    await connection.execute(DRAFT_AGAIN, [source_id])
    return await required_account(connection, source_id)


async def update_reply_account(
    connection: Connection,
    source_id: uuid.UUID,
    *,
    enabled: bool | None = None,
    automatic: bool | None = None,
    per_hour: int | None = None,
) -> ReplyAccount:
    """Change what is given; ``per_hour`` is 0 for the platform's number. Raises Invalid, Conflict,
    NotFound."""
    source = await get_source(connection, source_id)
    replying = replying_of(source)
    if automatic and not replying.automatic:
        raise Invalid(
            "The rules of this platform want that a person looks at every answer.",
            reason="automatic_not_allowed",
        )
    if per_hour is not None and not 0 <= per_hour <= ANSWERS_PER_HOUR_MOST:
        raise Invalid(
            f"Answers an hour: 0 (for the platform's number) to {ANSWERS_PER_HOUR_MOST:,}.",
            reason="threshold_invalid",
        )
    await required_account(connection, source_id)
    values = {
        "source": source_id,
        "enabled": enabled,
        "automatic": automatic,
        "per_hour": per_hour,
    }
    await connection.execute(UPDATE_REPLY_ACCOUNT, values)
    return await required_account(connection, source_id)


async def forget_reply_account(connection: Connection, source_id: uuid.UUID) -> None:
    """Answer there no longer, and forget what let us in. Drafts and what was posted stay. Raises
    NotFound."""
    await get_source(connection, source_id)
    await connection.execute(DELETE_REPLY_ACCOUNT, [source_id])


async def reply_credentials(
    connection: Connection, vault: Vault, source_id: uuid.UUID
) -> dict[str, object]:
    """What lets us write, in clear; never log or show it. Raises SecretUnreadable."""
    stored = await fetch_value(connection, SELECT_REPLY_CREDENTIALS, [source_id])
    return vault.decrypt_fields(bytes(stored)) if stored is not None else {}


def secret_values(replying: Replying[Any], credentials: Mapping[str, object]) -> list[str]:
    """What of the credentials nobody may read; the name of an account is no secret."""
    return [
        str(credentials.get(name) or "")
        for name, field in replying.credentials.model_fields.items()
        if field.annotation is SecretStr
    ]


async def check_replies(
    connection: Connection, vault: Vault, source_id: uuid.UUID, *, network: Network
) -> list[Finding]:
    """Ask the platform by whose account we would answer. Posts nothing. Raises Invalid, Conflict,
    NotFound."""
    source = await get_source(connection, source_id)
    replying = replying_of(source)
    await required_account(connection, source_id)
    credentials = await reply_credentials(connection, vault, source_id)
    settings = platform(source.platform).settings.model_validate(source.settings)
    scrubber = Scrubber(secret_values(replying, credentials))
    async with client(network) as http:
        try:
            findings = await replying.check(settings, credentials, http)
        except ReplyError as error:
            findings = [Finding("Answers", False, error.detail, "Enter other credentials.")]
    return scrubber.cleaned(findings)


async def required_account(connection: Connection, source_id: uuid.UUID) -> ReplyAccount:
    """The account that answers. Raises Conflict (``no_reply_account``)."""
    account = await reply_account(connection, source_id)
    if account is None:
        raise Conflict(NO_ACCOUNT_DETAIL, reason="no_reply_account")
    return account


NO_ACCOUNT_DETAIL = (
    "Nobody can be answered here yet: enter the credentials of the account that answers, on the "
    "source's page."
)

"""The webhook of a tracker: where it is sent to, and the secret that signs it."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import Conflict, NotFound
from app.setup.opened_tracker import OpenedTracker, open_tracker
from app.setup.platforms import tracker_type
from app.setup.trackers import Tracker
from app.storage.db import Connection, Database
from app.storage.rows import fetch_one, fetch_value
from app.storage.vault import SecretUnreadable, Vault
from integrations.network import Network
from integrations.tracker_contract import TrackerError, TrackerType

TRACKER_HOOKS_PATH = "/hooks/trackers/"
HOOK_SECRET_BYTES = 32

SELECT_HOOK = """
    select hook_secret, hook_old_secret, hook_id, heard_at, compared_at from tracker where id = %s
"""
KEEP_FIRST_HOOK_KEY = """
    update tracker set hook_secret = %s where id = %s and hook_secret is null
"""
ROTATE_HOOK_KEY = """
    update tracker
    set hook_old_secret = case when %(keep)s then hook_secret end, hook_secret = %(new)s
    where id = %(tracker)s
"""
# A change that comparing found, and that the webhook, which had told of others, did not.
SELECT_SILENT = """
    select exists (
        select from ticket k join tracker t on t.id = k.tracker_id
        where t.id = %s and k.status_from = 'comparison'
          and (t.heard_at is not null or t.hook_id <> '')
          and k.status_since > coalesce(t.heard_at, '-infinity'))
"""
STORE_HOOK_ID = "update tracker set hook_id = %s, hook_old_secret = null where id = %s"


@dataclass(frozen=True, slots=True)
class TrackerHook:
    """A tracker's webhook with its secret in clear: never log it. ``old_secret`` is accepted beside
    it as long as it is there; ``registered``: by ourselves."""

    secret: str
    old_secret: str
    registered: bool
    heard_at: datetime | None
    compared_at: datetime | None

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that are accepted."""
        return tuple(secret for secret in (self.secret, self.old_secret) if secret)


@dataclass(frozen=True, slots=True)
class _HookRow:
    hook_secret: bytes | None
    hook_old_secret: bytes | None
    hook_id: str
    heard_at: datetime | None
    compared_at: datetime | None


def tracker_hook_url(base_url: str, tracker_id: uuid.UUID) -> str:
    """Where the tracker has to post to."""
    return f"{base_url}{TRACKER_HOOKS_PATH}{tracker_id}"


async def read_hook(connection: Connection, vault: Vault, tracker_id: uuid.UUID) -> TrackerHook:
    """The webhook; a secret is made where there is none yet. Raises NotFound."""
    row = await _row(connection, tracker_id)
    if row.hook_secret is None:
        await connection.execute(KEEP_FIRST_HOOK_KEY, [vault.encrypt(new_secret()), tracker_id])
        row = await _row(connection, tracker_id)
    return TrackerHook(
        _clear(vault, row.hook_secret),
        _clear(vault, row.hook_old_secret),
        bool(row.hook_id),
        row.heard_at,
        row.compared_at,
    )


async def is_silent(connection: Connection, tracker_id: uuid.UUID) -> bool:
    """Whether comparing found a change since the webhook told something last."""
    return bool(await fetch_value(connection, SELECT_SILENT, [tracker_id]))


async def rotate_hook_secret(connection: Connection, vault: Vault, tracker_id: uuid.UUID) -> None:
    """A new secret; the one so far is accepted beside it until it is ended or the next one comes,
    or dropped where our key does not read it. Raises NotFound."""
    row = await _row(connection, tracker_id)
    try:
        _clear(vault, row.hook_secret)
        keep = True
    except SecretUnreadable:
        keep = False
    values = {"tracker": tracker_id, "new": vault.encrypt(new_secret()), "keep": keep}
    await connection.execute(ROTATE_HOOK_KEY, values)


async def register_hook(
    database: Database, vault: Vault, tracker_id: uuid.UUID, *, base_url: str, network: Network
) -> None:
    """Let the tracker send its changes here, as far as our account may say so there.

    Raises NotFound, and Conflict (``hook_not_registered``) with what a person has to do.
    """
    async with database.transaction() as connection:
        hook = await read_hook(connection, vault, tracker_id)
        opened: OpenedTracker | None = await open_tracker(
            connection, vault, tracker_id, network=network
        )
    if opened is None:
        raise _no_tracker()
    try:
        address = tracker_hook_url(base_url, tracker_id)
        registered = await opened.tracker.register_hook(address, hook.secret)
    except TrackerError as error:
        raise Conflict(error.detail, reason="hook_not_registered") from None
    finally:
        await opened.tracker.close()
    async with database.transaction() as connection:
        await connection.execute(STORE_HOOK_ID, [registered.id or "registered", tracker_id])


def tracker_guide(tracker: Tracker, base_url: str, secret: str = "") -> str:
    """The set-up steps of its type (Markdown) with this tracker's address, and with the webhook's
    secret where it is given."""
    steps = tracker_type(tracker.type).guide
    steps = steps.replace("{webhook_url}", tracker_hook_url(base_url, tracker.id))
    return steps.replace("`{secret}`", f"`{secret}`" if secret else "that stands beside it")


def new_tracker_guide(type_: TrackerType[Any]) -> str:
    """The set-up steps of a type before there is a tracker of it."""
    steps = type_.guide.replace("`{webhook_url}`", "as the tracker's page will show it")
    return steps.replace("`{secret}`", "that stands beside it")


def new_secret() -> str:
    """A secret that nobody guesses. Hexadecimal digits are base64 as well, which the libraries of
    Standard Webhooks want."""
    return secrets.token_hex(HOOK_SECRET_BYTES)


async def _row(connection: Connection, tracker_id: uuid.UUID) -> _HookRow:
    row = await fetch_one(connection, SELECT_HOOK, [tracker_id], of=_HookRow)
    if row is None:
        raise _no_tracker()
    return row


def _clear(vault: Vault, ciphertext: bytes | None) -> str:
    return vault.decrypt(bytes(ciphertext)) if ciphertext else ""


def _no_tracker() -> NotFound:
    return NotFound("There is no tracker with this id.", reason="tracker_not_found")

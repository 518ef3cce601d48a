"""A tracker as a push needs it: read over the connection that holds the tracker's lock and its
tickets."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.models.states import Visibility
from app.setup.platforms import tracker_type
from app.storage.db import Connection
from app.storage.rows import fetch_one
from app.storage.vault import Vault
from integrations.network import Network
from integrations.tracker_contract import Tracker as OpenConnection
from integrations.tracker_contract import TrackerType

SELECT_TRACKER = """
    select name, type, settings, credentials, reason <> '' as troubled, account_confirmed,
           coalesce(paused_until > coalesce(%(now)s::timestamptz, now()), false) as paused
    from tracker where id = %(tracker)s and enabled
"""


@dataclass(slots=True)
class OpenedTracker:
    """A tracker ready to be called. ``troubled``: its row still says what was wrong the last time.
    ``audience``: who can read its tickets, as a person set it; None where it is to be asked.
    ``has_own_account``: nobody else writes by its account; ``account_confirmed``: whose it is was
    asked since the credentials were entered; ``account_asked``: in this run.
    ``renamed``: see ``Tracker.renamed``."""

    id: uuid.UUID
    name: str
    type: TrackerType[Any]
    tracker: OpenConnection
    paused: bool
    troubled: bool
    audience: Visibility | None = None
    has_own_account: bool = False
    account_confirmed: bool = True
    account_asked: bool = False
    renamed: Callable[[], Awaitable[Mapping[str, str]]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _TrackerRow:
    name: str
    type: str
    settings: Mapping[str, Any]
    credentials: bytes
    troubled: bool
    paused: bool
    account_confirmed: bool


async def open_tracker(
    connection: Connection,
    vault: Vault,
    tracker_id: uuid.UUID,
    *,
    network: Network,
    now: datetime | None = None,
) -> OpenedTracker | None:
    """The enabled tracker, ready to be called; None where it is gone or switched off. Makes no
    request. Whether it is paused is asked of ``now``; None is the database's time."""
    values = {"tracker": tracker_id, "now": now}
    row = await fetch_one(connection, SELECT_TRACKER, values, of=_TrackerRow)
    if row is None:
        return None
    type_ = tracker_type(row.type)
    credentials = vault.decrypt_fields(bytes(row.credentials))
    tracker = connect(type_, row.settings, credentials, network=network)
    chosen = str(row.settings.get("audience") or "")
    audience = Visibility(chosen) if chosen in set(Visibility) else None
    return OpenedTracker(
        tracker_id,
        row.name,
        type_,
        tracker,
        row.paused,
        row.troubled,
        audience,
        has_own_account=type_.has_own_account(type_.settings.model_validate(dict(row.settings))),
        account_confirmed=row.account_confirmed,
        renamed=tracker.renamed,
        settings=row.settings,
    )


def connect(
    type_: TrackerType[Any],
    settings: Mapping[str, Any],
    credentials: Mapping[str, Any],
    *,
    network: Network,
) -> OpenConnection:
    """The tracker behind stored settings and decrypted credentials. Makes no request."""
    return type_.open(
        type_.settings.model_validate(dict(settings)),
        type_.credentials.model_validate(dict(credentials)),
        network=network,
    )

"""Trackers of a product: set up and checked; a push opens them in ``opened_tracker``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from app.errors import Invalid, NotFound
from app.models.states import Recurrence, Visibility
from app.setup.fields import checked_fields, checked_name, name_taken
from app.setup.opened_tracker import connect
from app.setup.platforms import tracker_type
from app.setup.products import get_product
from app.setup.routing_rules import require_unused
from app.setup.status_words import checked_recurrence, checked_status_map
from app.setup.tracker_accounts import differs, forget_account, note_account
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.storage.vault import Vault
from classifiers.kind_words import THEME_KINDS
from integrations.network import Network
from integrations.tracker_contract import Finding, TrackerError, TrackerType
from integrations.tracker_contract import Tracker as OpenConnection

# Those that waited because the tracker seemed to be more public, and those that show more or less
# now; the push looks at each of them. Tickets belong to another room: this goes along, so that the
# setting and what follows from it are one transaction.
RECONSIDER_TICKETS = """
    update ticket
    set state = case when state = 'blocked' and linked_at is not null then 'created'
                     when state = 'blocked' then 'pending' else state end,
        reason = case when state = 'blocked' then '' else reason end,
        detail = case when state = 'blocked' then '' else detail end,
        due_at = now()
    where tracker_id = %s
      and ((state = 'blocked' and reason = 'more_private_than_tracker')
        or (state = 'created' and theme_id in (
            select id from theme where visibility in ('members', 'private'))))
"""
# What their statuses mean may be something else now.
LOOK_AGAIN = """
    update ticket set look_at = now()
    where tracker_id = %s and state = 'created' and superseded_at is null
"""
SELECT_TRACKERS = """
    select id, product_id, type, name, settings, credentials, kinds, enabled, paused_until, reason,
           detail, checked_at, seen_audience, created_at,
           status_map, recurrence, announces, heard_at, compared_at, hook_id
    from tracker where %(product)s::uuid is null or product_id = %(product)s order by name
"""
SELECT_TRACKER_WHOLE = """
    select id, product_id, type, name, settings, credentials, kinds, enabled, paused_until, reason,
           detail, checked_at, seen_audience, created_at,
           status_map, recurrence, announces, heard_at, compared_at, hook_id
    from tracker where id = %s
"""
INSERT_TRACKER = """
    insert into tracker (id, product_id, type, name, settings, credentials, kinds)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (product_id, name) do nothing
    returning id, product_id, type, name, settings, credentials, kinds, enabled, paused_until,
              reason, detail, checked_at, seen_audience, created_at,
           status_map, recurrence, announces, heard_at, compared_at, hook_id
"""
SELECT_TRACKER_NAMESAKE = """
    select 1 from tracker where product_id = %s and name = %s and id <> %s
"""
UPDATE_TRACKER = """
    update tracker
    set name = coalesce(%(name)s, name), settings = coalesce(%(settings)s, settings),
        credentials = coalesce(%(credentials)s, credentials), kinds = coalesce(%(kinds)s, kinds),
        enabled = coalesce(%(enabled)s, enabled),
        status_map = coalesce(%(status_map)s, status_map),
        recurrence = coalesce(%(recurrence)s, recurrence),
        announces = coalesce(%(announces)s, announces),
        paused_until = null, reason = '', detail = '',
        account_confirmed = account_confirmed and %(credentials)s::bytea is null
    where id = %(id)s
    returning id, product_id, type, name, settings, credentials, kinds, enabled, paused_until,
              reason, detail, checked_at, seen_audience, created_at,
           status_map, recurrence, announces, heard_at, compared_at, hook_id
"""
SELECT_ANY_ENABLED = "select 1 from tracker where product_id = %s and enabled limit 1"
DELETE_TRACKER = "delete from tracker where id = %s"
MARK_TRACKER_CHECKED = "update tracker set checked_at = %s where id = %s"


@dataclass(frozen=True, slots=True)
class Tracker:
    """A Jira project or GitHub repository. ``kinds`` lists the kinds of theme it takes,
    comma-separated; ``credentials`` are encrypted.

    ``paused_until`` holds back every call after the tracker asked for it; ``reason`` and ``detail``
    say what is wrong. ``seen_audience``: who may read its tickets, as it said when it was asked
    last. ``status_map`` says what statuses mean that we would take for something else, and
    ``recurrence`` what is done there when people speak again of what was shipped; ``announces``:
    whether its tickets get a comment at thresholds. ``heard_at``:
    when its webhook told something last, ``compared_at`` when its lists were read; ``hook_id`` is
    blank where we did not register the webhook.
    """

    id: uuid.UUID
    product_id: uuid.UUID
    type: str
    name: str
    settings: dict[str, Any]
    credentials: bytes
    kinds: str
    enabled: bool
    paused_until: datetime | None
    reason: str
    detail: str
    checked_at: datetime | None
    seen_audience: Visibility
    created_at: datetime
    status_map: dict[str, str]
    recurrence: Recurrence
    announces: bool
    heard_at: datetime | None
    compared_at: datetime | None
    hook_id: str


async def list_trackers(
    connection: Connection, product_id: uuid.UUID | None = None
) -> list[Tracker]:
    """Trackers by name."""
    return await fetch_all(connection, SELECT_TRACKERS, {"product": product_id}, of=Tracker)


async def has_trackers(connection: Connection, product_id: uuid.UUID) -> bool:
    """Whether a ticket of the product can be anywhere."""
    return await fetch_value(connection, SELECT_ANY_ENABLED, [product_id]) is not None


async def get_tracker(connection: Connection, tracker_id: uuid.UUID) -> Tracker:
    """The tracker. Raises NotFound."""
    tracker = await fetch_one(connection, SELECT_TRACKER_WHOLE, [tracker_id], of=Tracker)
    if tracker is None:
        raise _tracker_not_found()
    return tracker


async def create_tracker(
    connection: Connection,
    vault: Vault,
    product_id: uuid.UUID,
    type_name: str,
    name: str,
    settings: Mapping[str, Any],
    credentials: Mapping[str, Any],
    kinds: Sequence[str] = ("bug", "feature"),
) -> Tracker:
    """Connect a tracker; nothing is called yet (see ``check_tracker``). Raises Invalid, NotFound,
    Conflict."""
    type_ = tracker_type(type_name)
    await get_product(connection, product_id)
    name = checked_name(name)
    values = [
        uuid.uuid4(),
        product_id,
        type_.name,
        name,
        Jsonb(checked_fields(type_.settings, settings, "settings")),
        vault.encrypt_fields(checked_fields(type_.credentials, credentials, "credentials")),
        checked_kinds(kinds),
    ]
    tracker = await fetch_one(connection, INSERT_TRACKER, values, of=Tracker)
    if tracker is None:
        raise name_taken(name)
    return tracker


async def update_tracker(
    connection: Connection,
    vault: Vault,
    tracker_id: uuid.UUID,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
    kinds: Sequence[str] | None = None,
    enabled: bool | None = None,
    confirm_account: bool = False,
    status_map: Mapping[str, str] | None = None,
    recurrence: str | None = None,
    announces: bool | None = None,
) -> Tracker:
    """Change what is given; a pause after an error ends, so that what waits is tried again.
    ``confirm_account``: the credentials may belong to another account than before."""
    tracker = await get_tracker(connection, tracker_id)
    type_ = tracker_type(tracker.type)
    values: dict[str, Any] = {
        "id": tracker_id,
        "name": None,
        "settings": None,
        "credentials": None,
        "kinds": None if kinds is None else checked_kinds(kinds),
        "enabled": enabled,
        "status_map": None,
        "announces": announces,
        "recurrence": None if recurrence is None else checked_recurrence(recurrence),
    }
    if status_map is not None:
        values["status_map"] = Jsonb(checked_status_map(status_map))
        await connection.execute(LOOK_AGAIN, [tracker_id])
    if name is not None:
        values["name"] = checked_name(name)
        namesake = [tracker.product_id, values["name"], tracker_id]
        if await fetch_one(connection, SELECT_TRACKER_NAMESAKE, namesake) is not None:
            raise name_taken(values["name"])
    if settings is not None:
        values["settings"] = Jsonb(checked_fields(type_.settings, settings, "settings"))
        await connection.execute(RECONSIDER_TICKETS, [tracker_id])
    if credentials is not None:
        checked = checked_fields(type_.credentials, credentials, "credentials")
        values["credentials"] = vault.encrypt_fields(checked)
    if confirm_account:
        await forget_account(connection, tracker_id)
    changed = await fetch_one(connection, UPDATE_TRACKER, values, of=Tracker)
    if changed is None:
        raise _tracker_not_found()
    return changed


async def delete_tracker(connection: Connection, tracker_id: uuid.UUID) -> None:
    """Forget the tracker and its ledger; the tickets in the tracker itself stay as they are. Raises
    NotFound; Conflict where a routing rule sends tickets there."""
    await require_unused(connection, tracker_id)
    deleted = await connection.execute(DELETE_TRACKER, [tracker_id])
    if deleted.rowcount == 0:
        raise _tracker_not_found()


async def check_tracker(
    connection: Connection, vault: Vault, tracker_id: uuid.UUID, *, network: Network
) -> list[Finding]:
    """Ask the tracker whether we may do what we need to do; each finding that is not right has a
    remedy."""
    tracker = await get_tracker(connection, tracker_id)
    credentials = vault.decrypt_fields(bytes(tracker.credentials))
    type_ = tracker_type(tracker.type)
    opened = connect(type_, tracker.settings, credentials, network=network)
    try:
        findings = await opened.check()
        return [*findings, *await _account_findings(connection, type_, tracker, opened, findings)]
    except TrackerError as error:
        remedy = "Correct the tracker's settings or credentials."
        return [Finding("connection", False, error.detail, remedy)]
    finally:
        await opened.close()


async def _account_findings(
    connection: Connection,
    type_: TrackerType[Any],
    tracker: Tracker,
    opened: OpenConnection,
    findings: Sequence[Finding],
) -> list[Finding]:
    """Note whose account it is where none is noted; a finding where it is another one now."""
    if not all(finding.ok for finding in findings[:1]):
        return []
    account = await opened.whoami()
    own = type_.has_own_account(type_.settings.model_validate(dict(tracker.settings)))
    noted_name = await note_account(connection, tracker.id, account, own=own)
    if noted_name is None:
        return []
    remedy = "Confirm the account, or enter the former credentials again."
    return [Finding("Account", False, differs(noted_name, account.name), remedy)]


async def mark_checked(connection: Connection, tracker_id: uuid.UUID, at: datetime) -> None:
    """Remember when a person looked at the tracker's check."""
    updated = await connection.execute(MARK_TRACKER_CHECKED, [at, tracker_id])
    if updated.rowcount == 0:
        raise _tracker_not_found()


def checked_kinds(kinds: Sequence[str]) -> str:
    """The kinds of theme a tracker takes, as it is stored. Raises Invalid."""
    words = {kind.strip().lower() for kind in kinds if kind.strip()}
    chosen = sorted({"feature" if word == "request" else word for word in words})
    if not chosen or not set(chosen) <= {kind.value for kind in THEME_KINDS}:
        raise Invalid(
            "A tracker takes bugs, requests or both: write bug, request or bug,request.",
            reason="kind_invalid",
        )
    return ",".join(chosen)


def _tracker_not_found() -> NotFound:
    return NotFound("There is no tracker with this id.", reason="tracker_not_found")

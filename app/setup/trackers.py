"""Trackers of a product: set up and checked; a push opens them in ``opened_tracker``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import Invalid, NotFound
from app.models.tracker import Tracker
from app.setup.fields import (
    checked_fields,
    checked_name,
    list_connected,
    refuse_taken_name,
    rename,
)
from app.setup.opened_tracker import connect
from app.setup.platforms import tracker_type
from app.setup.products import get_product
from app.setup.tracker_accounts import differs
from app.storage.vault import Vault
from classifiers.contract import THEME_KINDS
from integrations.network import Network
from integrations.tracker_contract import Finding, TrackerError, TrackerType
from integrations.tracker_contract import Tracker as OpenConnection

# Those that waited because the tracker seemed to be more public, and those that show more or less
# now; the push looks at each of them.
RECONSIDER_TICKETS = text("""
    update ticket
    set state = case when state = 'blocked' then 'pending' else state end,
        reason = case when state = 'blocked' then '' else reason end,
        detail = case when state = 'blocked' then '' else detail end,
        due_at = now()
    where tracker_id = :tracker_id
      and ((state = 'blocked' and reason = 'more_private_than_tracker')
        or (state = 'created' and theme_id in (
            select id from theme where visibility in ('members', 'private'))))
""")
"""Tickets belong to another room and SQL; this goes over the session, so that the setting and what
follows from it are one transaction."""


async def list_trackers(
    session: AsyncSession, product_id: uuid.UUID | None = None
) -> list[Tracker]:
    """Trackers by name."""
    return await list_connected(session, Tracker, product_id)


async def get_tracker(session: AsyncSession, tracker_id: uuid.UUID) -> Tracker:
    """The tracker. Raises NotFound."""
    tracker = await session.get(Tracker, tracker_id)
    if tracker is None:
        raise NotFound("There is no tracker with this id.", reason="tracker_not_found")
    return tracker


async def create_tracker(
    session: AsyncSession,
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
    await get_product(session, product_id)
    tracker = Tracker(
        product_id=product_id,
        type=type_.name,
        name=checked_name(name),
        settings=checked_fields(type_.settings, settings, "settings"),
        credentials=vault.encrypt_fields(
            checked_fields(type_.credentials, credentials, "credentials")
        ),
        kinds=checked_kinds(kinds),
    )
    await refuse_taken_name(session, Tracker, product_id, tracker.name)
    session.add(tracker)
    await session.flush()
    await session.refresh(tracker)
    return tracker


async def update_tracker(
    session: AsyncSession,
    vault: Vault,
    tracker_id: uuid.UUID,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
    kinds: Sequence[str] | None = None,
    enabled: bool | None = None,
    confirm_account: bool = False,
) -> Tracker:
    """Change what is given; a pause after an error ends, so that what waits is tried again.
    ``confirm_account``: the credentials may belong to another account than before."""
    tracker = await get_tracker(session, tracker_id)
    type_ = tracker_type(tracker.type)
    await rename(session, tracker, name)
    if settings is not None:
        tracker.settings = checked_fields(type_.settings, settings, "settings")
        connection = await session.connection()
        await connection.execute(RECONSIDER_TICKETS, {"tracker_id": tracker_id})
    if credentials is not None:
        tracker.credentials = vault.encrypt_fields(
            checked_fields(type_.credentials, credentials, "credentials")
        )
        tracker.account_confirmed = False
    if confirm_account:
        tracker.account_id = tracker.account_login = tracker.account_name = ""
        tracker.account_is_machine = tracker.account_confirmed = False
    if kinds is not None:
        tracker.kinds = checked_kinds(kinds)
    if enabled is not None:
        tracker.enabled = enabled
    tracker.paused_until, tracker.reason, tracker.detail = None, "", ""
    session.add(tracker)
    await session.flush()
    return tracker


async def delete_tracker(session: AsyncSession, tracker_id: uuid.UUID) -> None:
    """Forget the tracker and its ledger; the tickets in the tracker itself stay as they are."""
    await session.delete(await get_tracker(session, tracker_id))
    await session.flush()


async def check_tracker(
    session: AsyncSession, vault: Vault, tracker_id: uuid.UUID, *, network: Network
) -> list[Finding]:
    """Ask the tracker whether we may do what we need to do; each finding that is not right has a
    remedy."""
    tracker = await get_tracker(session, tracker_id)
    credentials = vault.decrypt_fields(tracker.credentials)
    type_ = tracker_type(tracker.type)
    opened = connect(type_, tracker.settings, credentials, network=network)
    try:
        findings = await opened.check()
        return [*findings, *await _account_findings(session, type_, tracker, opened, findings)]
    except TrackerError as error:
        remedy = "Correct the tracker's settings or credentials."
        return [Finding("connection", False, error.detail, remedy)]
    finally:
        await opened.close()


async def _account_findings(
    session: AsyncSession,
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
    if tracker.account_id and account.identity not in ("", tracker.account_id):
        remedy = "Confirm the account, or enter the former credentials again."
        return [Finding("Account", False, differs(tracker.account_name, account.name), remedy)]
    tracker.account_id = account.identity or tracker.account_id
    tracker.account_login, tracker.account_name = account.login, account.name
    tracker.account_is_machine, tracker.account_confirmed = account.is_machine or own, True
    session.add(tracker)
    await session.flush()
    return []


async def mark_checked(session: AsyncSession, tracker_id: uuid.UUID, at: datetime) -> None:
    """Remember when a person looked at the tracker's check."""
    tracker = await get_tracker(session, tracker_id)
    tracker.checked_at = at
    session.add(tracker)
    await session.flush()


def checked_kinds(kinds: Sequence[str]) -> str:
    """The kinds of theme a tracker takes, as it is stored. Raises Invalid."""
    chosen = sorted({kind.strip() for kind in kinds if kind.strip()})
    if not chosen or not set(chosen) <= {kind.value for kind in THEME_KINDS}:
        raise Invalid("A tracker takes bug, feature or both.", reason="kind_invalid")
    return ",".join(chosen)

"""Holds the account that a tracker's credentials belong to against the one that was noted first."""

from __future__ import annotations

from app.setup.opened_tracker import OpenedTracker
from app.setup.tracker_accounts import differs, note_account
from app.storage.db import Database
from integrations.tracker_contract import TrackerError

ACCOUNT_CHANGED_REASON = "account_changed"


async def require_same_account(database: Database, opened: OpenedTracker) -> None:
    """Nothing where the credentials belong to the account that is noted, which is noted where none
    is; asked once per run. Raises TrackerError ``account_changed``."""
    if opened.account_asked:
        return
    try:
        account = await opened.tracker.whoami()
    except TrackerError as error:
        if error.reason not in ("forbidden", "not_found"):
            raise
        opened.account_asked = True  # it tells nobody who they are, and lets them in all the same
        return
    async with database.transaction() as connection:
        noted_name = await note_account(connection, opened.id, account, own=opened.has_own_account)
    if noted_name is not None:
        raise TrackerError(
            ACCOUNT_CHANGED_REASON, differs(noted_name, account.name), permanent=True
        )
    opened.account_asked = True

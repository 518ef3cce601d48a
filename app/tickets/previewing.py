"""Shows the very requests that would make a theme's tickets now, without sending anything."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.errors import NotFound
from app.models.states import Visibility
from app.setup.opened_tracker import open_tracker
from app.setup.ticket_contents import TicketContents
from app.setup.trackers import list_trackers
from app.storage.db import Connection
from app.storage.rows import fetch_one
from app.storage.vault import Vault
from app.tickets.drafts import load_draft
from app.tickets.filling import fill_draft
from app.tickets.routing import decide_theme, takers
from integrations.network import Network
from integrations.tracker_contract import TrackerError

SELECT_THEME_TO_PREVIEW = "select kind, product_id from theme where id = %s"


@dataclass(frozen=True, slots=True)
class Preview:
    """The request that would make a ticket in a tracker; ``problem`` says why none can be made.
    ``rule_name`` is blank where the product's own policy decides."""

    tracker_id: uuid.UUID
    tracker_name: str
    rule_name: str
    why: str
    method: str = ""
    address: str = ""
    body: Mapping[str, Any] | None = None
    problem: str = ""


async def preview_tickets(
    connection: Connection, vault: Vault, theme_id: uuid.UUID, *, base_url: str, network: Network
) -> list[Preview]:
    """One for each tracker that would take the theme. Calls nobody: a tracker that was not asked
    yet who may read it counts as one that everybody reads. Raises NotFound."""
    theme = await fetch_one(connection, SELECT_THEME_TO_PREVIEW, [theme_id])
    if theme is None:
        raise NotFound("There is no such theme.", reason="theme_not_found")
    decision = await decide_theme(connection, theme["product_id"], theme_id)
    trackers = [one for one in await list_trackers(connection, theme["product_id"]) if one.enabled]
    contents = decision.rule.contents if decision.rule else TicketContents()
    previews = []
    for tracker in takers(decision, theme["kind"], trackers):
        opened = await open_tracker(connection, vault, tracker.id, network=network)
        assert opened is not None  # it was just read, and is switched on
        preview = Preview(tracker.id, tracker.name, decision.rule_name, decision.why)
        marker = f"relay-{theme_id.hex}"
        shown = opened.audience or tracker.seen_audience
        try:
            draft = await load_draft(
                connection,
                theme_id,
                marker,
                base_url,
                shown=Visibility.public if shown is Visibility.unknown else shown,
            )
            draft = await fill_draft(connection, draft, contents, theme_id, tracker.id)
            request = opened.tracker.preview(draft)
            previews.append(
                replace(preview, method=request.method, address=request.address, body=request.body)
            )
        except TrackerError as error:
            previews.append(replace(preview, problem=error.detail))
        finally:
            await opened.tracker.close()
    return previews

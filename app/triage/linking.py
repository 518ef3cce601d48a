"""A person's decisions about which ticket stands for a theme: one that is there already, none, or a
new one. Each leaves a line of activity; linking and letting go can be undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import Conflict
from app.models.states import ThemeStatus, TicketState
from app.storage.db import Connection
from app.themes.activity import record
from app.themes.locks import LockedTheme, lock_theme
from app.tickets.linking import (
    NOT_RETRIED_REASONS,
    LinkableTicket,
    begin_anew,
    let_go,
    lock_linkable,
    place_of_ticket,
    point_to,
)
from app.tickets.lookalikes import LocatedTicket
from app.triage import decisions
from app.triage.before import LinkBefore, RowBefore


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking did: the ticket's row, and the lines of activity, the latest last."""

    ticket_id: uuid.UUID
    activities: list[int]


async def link(
    connection: Connection,
    theme_id: uuid.UUID,
    located: LocatedTicket,
    *,
    actor: str,
    undo_seconds: float,
    version: int | None = None,
    replace: bool = False,
) -> Linked:
    """Let a ticket that people opened stand for the theme, which is accepted by that.

    Raises NotFound; Conflict where the theme has a ticket in that tracker already
    (``ticket_there``, unless ``replace``), where the ticket is another theme's, or while one is
    being created.
    """
    theme = await lock_theme(connection, theme_id, version)
    row = await lock_linkable(connection, theme_id, located.tracker_id)
    if row is not None and row.leads_somewhere and not replace:
        raise Conflict(
            f"The theme has the ticket {row.remote_key} in this tracker already: relink that one.",
            reason="ticket_there",
        )
    activities: list[int] = []
    if theme.status is not ThemeStatus.accepted:
        accepted = await decisions.accept(
            connection, theme_id, actor=actor, undo_seconds=undo_seconds
        )
        activities.append(accepted)
    ticket_id = await point_to(
        connection, theme_id, located.tracker_id, located.remote, wait_seconds=undo_seconds
    )
    detail = {"ticket": located.remote.ref.key, "sentence": located.remote.title}
    activities.append(
        await _record(connection, theme, "ticket_linked", actor, detail, ticket_id, row)
    )
    return Linked(ticket_id, activities)


async def relink(
    connection: Connection,
    ticket_id: uuid.UUID,
    located: LocatedTicket,
    *,
    actor: str,
    undo_seconds: float,
) -> Linked:
    """Let another ticket stand for the theme in place of this one, which stays as it is there."""
    theme_id, _ = await place_of_ticket(connection, ticket_id)
    return await link(
        connection, theme_id, located, actor=actor, undo_seconds=undo_seconds, replace=True
    )


async def unlink(connection: Connection, ticket_id: uuid.UUID, *, actor: str) -> int:
    """Write no more into a ticket, and follow it no more; none is made in its place. Returns the
    activity. Raises NotFound; Conflict where there is no ticket to let go of
    (``no_ticket_there``)."""
    theme, row = await _lock(connection, ticket_id)
    if not row.leads_somewhere:
        raise Conflict(
            "This ticket is not in the tracker, so there is nothing to let go of.",
            reason="no_ticket_there",
        )
    await let_go(connection, row)
    detail = {"ticket": row.remote_key}
    return await _record(connection, theme, "ticket_unlinked", actor, detail, row.id, row)


async def recreate(
    connection: Connection, ticket_id: uuid.UUID, *, actor: str, undo_seconds: float
) -> int:
    """Make another ticket in place of one that is gone, hidden from us or was let go of. Returns
    the activity. Raises NotFound; Conflict for one that is there (``ticket_there``), and for a
    theme that is not accepted (``theme_not_accepted``)."""
    theme, row = await _lock(connection, ticket_id)
    is_lost = row.state is TicketState.blocked and row.reason in NOT_RETRIED_REASONS
    if row.state not in (TicketState.gone, TicketState.unlinked) and not is_lost:
        raise Conflict(
            "Only a ticket that is gone or was unlinked is made anew: unlink it first.",
            reason="ticket_there",
        )
    if theme.status is not ThemeStatus.accepted:
        raise Conflict("Accept the theme first.", reason="theme_not_accepted")
    await begin_anew(connection, row, wait_seconds=undo_seconds)
    return await record(
        connection,
        theme.product_id,
        theme.id,
        "ticket_recreated",
        actor=actor,
        detail={"ticket": row.remote_key},
    )


async def _lock(connection: Connection, ticket_id: uuid.UUID) -> tuple[LockedTheme, LinkableTicket]:
    """The theme and the row of a ticket that lives. Raises NotFound, Conflict."""
    theme_id, tracker_id = await place_of_ticket(connection, ticket_id)
    theme = await lock_theme(connection, theme_id)
    row = await lock_linkable(connection, theme_id, tracker_id)
    if row is None or row.id != ticket_id:
        raise Conflict(
            "The matter of this ticket is followed in another one.", reason="ticket_superseded"
        )
    return theme, row


async def _record(
    connection: Connection,
    theme: LockedTheme,
    verb: str,
    actor: str,
    detail: Mapping[str, object],
    ticket_id: uuid.UUID,
    row: LinkableTicket | None,
) -> int:
    before = LinkBefore(ticket=ticket_id, was=_row_before(row))
    return await record(
        connection,
        theme.product_id,
        theme.id,
        verb,
        actor=actor,
        detail=detail,
        before=before.stored(),
    )


def _row_before(row: LinkableTicket | None) -> RowBefore | None:
    """None for a row that did not lead anywhere: undo lets accepting plan it anew."""
    if row is None or not row.remote_id:
        return None
    return RowBefore(
        state=row.state,
        marker=row.marker,
        title=row.title,
        remote_id=row.remote_id,
        remote_key=row.remote_key,
        url=row.url,
        linked_at=row.linked_at,
        comment_id=row.comment_id,
        former=row.former,
    )

"""Keeps words out of tickets that more people can read than those who could read the words.

A theme's ticket is not made while somebody in the theme wrote where fewer people read than in the
tracker, until a person says that it may be. A ticket that is there already goes on without such
comments. Nothing is asked of the tracker for a theme of public comments alone.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.models.states import TicketState, Visibility
from app.storage.rows import fetch_one
from app.themes.visibility import MORE_PRIVATE_REASON
from app.tickets.failures import Stop
from app.tickets.steps import PushRun

SELECT_REACH = """
    select k.shown_visibility as shown,
           coalesce((select (array['public', 'unknown', 'members', 'private'])[max(array_position(
               array['public', 'unknown', 'members', 'private'], c.visibility))]
             from comment c where c.theme_id = t.id and c.deleted_at is null), 'unknown') as said
    from ticket k join theme t on t.id = k.theme_id where k.id = %s
"""
RECORD_AUDIENCE = "update tracker set seen_audience = %s where id = %s and seen_audience <> %s"

WHO_MAY_READ = {
    Visibility.public: "everybody can read the tickets of this tracker",
    Visibility.unknown: "it is not known who can read the tickets of this tracker",
    Visibility.members: "more people can read the tickets of this tracker",
}
WHERE_IT_WAS_WRITTEN = {
    Visibility.members: "was written where only members can read it",
    Visibility.private: "was written in private",
}


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a person let into the ticket, and the visibility of its theme's most private comment."""

    shown: Visibility
    said: Visibility


@dataclass(frozen=True, slots=True)
class Reach:
    """What may stand in a ticket: comments that fit ``shown``. ``said``: the most private one of
    its theme; ``audience``: who can read the ticket."""

    shown: Visibility
    said: Visibility
    audience: Visibility

    @property
    def withheld(self) -> bool:
        """Whether something of the theme may not stand in the ticket."""
        return not self.said.fits(self.shown)

    def stop(self) -> Stop:
        """Why the ticket is not made."""
        who = WHO_MAY_READ.get(self.audience, WHO_MAY_READ[Visibility.members])
        detail = (
            f"Some of what people say here {WHERE_IT_WAS_WRITTEN[self.said]}, and {who}: say that "
            "it may be pushed although it is."
        )
        return Stop(TicketState.blocked, MORE_PRIVATE_REASON, detail)


async def reach_of(run: PushRun, ticket_id: uuid.UUID) -> Reach:
    """What may stand in a ticket. Asks the tracker at most once in a run; raises
    TrackerError."""
    async with run.database.transaction() as connection:
        row = await fetch_one(connection, SELECT_REACH, [ticket_id], of=_Reach)
    assert row is not None  # the ticket was just read
    if row.said.fits(row.shown):
        return Reach(row.shown, row.said, run.opened.audience or Visibility.unknown)
    audience = await audience_of(run)
    shown = row.shown if audience.fits(row.shown) else audience
    return Reach(shown, row.said, audience)


async def audience_of(run: PushRun) -> Visibility:
    """Who can read the tickets of the run's tracker: as a person set it, else as it says itself;
    unknown counts as everybody."""
    if run.opened.audience is None:
        seen = await run.opened.tracker.audience()
        run.opened.audience = seen
        await _record(run, run.opened.id, seen)
    return run.opened.audience


async def _record(run: PushRun, tracker_id: uuid.UUID, seen: Visibility) -> None:
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_AUDIENCE, [seen, tracker_id, seen])

"""Whether a merge would show words in a ticket to more people than could read them.

A person may have let a ticket say what fewer people could read (``shown_visibility``). That word
was about the comments of its own theme; those of a theme that is merged into it were not meant, so
whoever merges is asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.errors import Conflict
from app.models.states import Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.tickets.audience import WHERE_IT_WAS_WRITTEN

MERGE_SHOWS_REASON = "merge_shows_private"

SELECT_PRIVATE_WORDS = """
    select distinct t.id as theme_id, t.title, c.visibility
    from theme t join comment c on c.theme_id = t.id
    where t.id = any(%s::uuid[]) and c.deleted_at is null
      and c.visibility in ('members', 'private')
    order by t.id, c.visibility
"""
SELECT_TICKETS_OF_MERGED = """
    select k.id, k.theme_id, k.tracker_id, r.name as tracker_name, k.shown_visibility,
           coalesce(nullif(r.settings ->> 'audience', ''), nullif(r.seen_audience, ''), 'unknown')
             as audience
    from ticket k join tracker r on r.id = k.tracker_id
    where k.theme_id = any(%s::uuid[]) and k.superseded_at is null
      and k.state not in ('cancelled', 'gone')
    order by k.created_at, k.id
"""


@dataclass(frozen=True, slots=True)
class PrivateWords:
    """That something of a theme was written where not everybody could read it."""

    theme_id: uuid.UUID
    title: str
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class TicketOfMerged:
    """A ticket of one of the themes: what a person let into it, and who can read its tracker."""

    id: uuid.UUID
    theme_id: uuid.UUID
    tracker_id: uuid.UUID
    tracker_name: str
    shown_visibility: Visibility
    audience: Visibility

    def shows_more_of(self, words: PrivateWords) -> bool:
        """Whether it would say such words only because a person let in others like them."""
        return words.visibility.fits(self.shown_visibility) and not words.visibility.fits(
            self.audience
        )


@dataclass(frozen=True, slots=True)
class WordsAtRisk:
    """What each theme says in private, and the tickets it has, before they are merged."""

    words: Sequence[PrivateWords]
    tickets: Sequence[TicketOfMerged]

    def refuse_showing(self, *, but: Collection[uuid.UUID]) -> None:
        """Raises Conflict (``merge_shows_private``) where a ticket, ``but`` those that have ended,
        would say words of a theme about which nobody said that it may."""
        for ticket in self.tickets:
            if ticket.id in but:
                continue
            for words in self.words:
                if words.theme_id != ticket.theme_id and ticket.shows_more_of(words):
                    self._refuse_unless_let_in(ticket, words)

    def _refuse_unless_let_in(self, ticket: TicketOfMerged, words: PrivateWords) -> None:
        own = [
            one.shown_visibility
            for one in self.tickets
            if one.theme_id == words.theme_id and one.tracker_id == ticket.tracker_id
        ]
        if any(words.visibility.fits(shown) for shown in own):
            return
        raise Conflict(
            f"Some of “{words.title}” {WHERE_IT_WAS_WRITTEN[words.visibility]}, and the ticket in "
            f"“{ticket.tracker_name}” that lives on would show it to more people: say that it may.",
            reason=MERGE_SHOWS_REASON,
        )


async def words_at_risk(connection: Connection, theme_ids: Sequence[uuid.UUID]) -> WordsAtRisk:
    """What a merge of these themes could show; to be read before anything of it is written."""
    values = [list(theme_ids)]
    words = await fetch_all(connection, SELECT_PRIVATE_WORDS, values, of=PrivateWords)
    if not words:
        return WordsAtRisk([], [])
    tickets = await fetch_all(connection, SELECT_TICKETS_OF_MERGED, values, of=TicketOfMerged)
    return WordsAtRisk(words, tickets)

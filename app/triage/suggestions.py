"""A person's answer to suggestions that themes are the same: the same, different, or later.

An answer may be about one pair or about many that hang together; it is one line of activity, and
undo takes it back as a whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import Conflict, Invalid, NotFound
from app.models.states import SuggestionState, ThemeStatus
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.activity import record
from app.themes.locks import lock_grouping
from app.triage.before import PostponedBefore, SuggestionBefore, SuggestionsBefore
from app.triage.labels import label_pairs
from app.triage.regroup import SEPARATE, comments_of, merge

LATER_DAYS = 7
"""For so long a pair that was put off stands behind all others."""

SELECT_SUGGESTION_PRODUCT = "select product_id from theme_suggestion where id = %s"
LOCK_SUGGESTIONS = """
    select g.id, g.product_id, g.theme_id, g.other_id, g.state, g.later_until,
           a.title, a.status, b.title as other_title, b.status as other_status
    from theme_suggestion g join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
    where g.id = any(%s::bigint[]) order by g.id for update of g
"""
REJECT_SUGGESTION = "update theme_suggestion set state = 'rejected' where id = %s"
POSTPONE_SUGGESTIONS = """
    update theme_suggestion set later_until = now() + make_interval(days => %s)
    where id = any(%s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class LockedSuggestion:
    """A suggestion to merge ``theme_id`` into ``other_id`` that nobody else answers meanwhile."""

    id: int
    product_id: uuid.UUID
    theme_id: uuid.UUID
    other_id: uuid.UUID
    state: SuggestionState
    later_until: datetime | None
    title: str
    status: ThemeStatus
    other_title: str
    other_status: ThemeStatus

    def require_open(self) -> None:
        """Raises Conflict where somebody was faster: ``suggestion_decided``, ``theme_merged``."""
        if self.state is not SuggestionState.open:
            raise Conflict(
                f"Whether “{self.title}” and “{self.other_title}” are the same was decided "
                f"meanwhile ({self.state}).",
                reason="suggestion_decided",
            )
        for title, status in ((self.title, self.status), (self.other_title, self.other_status)):
            if status is ThemeStatus.merged:
                raise Conflict(
                    f"“{title}” was merged into another theme meanwhile: look again.",
                    reason="theme_merged",
                )


async def decide_suggestion(
    connection: Connection,
    suggestion_id: int,
    accept: bool,
    *,
    actor: str,
    tickets_of: uuid.UUID | None = None,
    although: bool = False,
    undo_seconds: float = 0.0,
) -> int:
    """Merge what the classifiers think is the same (as ``merge`` does), or keep it apart for
    good."""
    if not accept:
        return await keep_apart(connection, [suggestion_id], actor=actor)
    (suggestion,) = await _lock_suggestions(connection, [suggestion_id])
    return await merge(
        connection,
        suggestion.other_id,
        [suggestion.theme_id],
        actor=actor,
        tickets_of=tickets_of,
        although=although,
        undo_seconds=undo_seconds,
    )


async def keep_apart(connection: Connection, suggestion_ids: Sequence[int], *, actor: str) -> int:
    """Say of every pair that it is two matters; none is joined or suggested again.

    Raises NotFound (``suggestion_not_found``), Conflict (``suggestion_decided``, ``theme_merged``),
    Invalid (``nothing_selected``, ``other_product``).
    """
    suggestions = await _lock_suggestions(connection, suggestion_ids)
    comments = {
        theme_id: await comments_of(connection, theme_id) for theme_id in _themes_of(suggestions)
    }
    for pair in suggestions:
        await connection.execute(SEPARATE, [comments[pair.theme_id], pair.other_id])
        await connection.execute(SEPARATE, [comments[pair.other_id], pair.theme_id])
        await connection.execute(REJECT_SUGGESTION, [pair.id])
    answered = [
        SuggestionBefore(suggestion=pair.id, theme=pair.theme_id, other=pair.other_id)
        for pair in suggestions
    ]
    first = suggestions[0]
    if len(suggestions) == 1:
        verb, before = "suggestion_rejected", answered[0].stored()
        detail: dict[str, object] = {"other": first.other_id}
    else:
        verb, before = "suggestions_rejected", SuggestionsBefore(suggestions=answered).stored()
        detail = {"pairs": len(answered)}
    activity = await record(
        connection,
        first.product_id,
        first.theme_id,
        verb,
        actor=actor,
        detail=detail,
        before=before,
    )
    for pair in suggestions:
        await label_pairs(
            connection,
            pair.product_id,
            comments[pair.theme_id],
            comments[pair.other_id],
            activity,
            same=False,
        )
    return activity


async def postpone(connection: Connection, suggestion_ids: Sequence[int], *, actor: str) -> int:
    """Put pairs behind all others for ``LATER_DAYS``; then they are where they were. Raises as
    ``keep_apart`` does."""
    suggestions = await _lock_suggestions(connection, suggestion_ids)
    ids = [pair.id for pair in suggestions]
    await connection.execute(POSTPONE_SUGGESTIONS, [LATER_DAYS, ids])
    before = PostponedBefore(later_until={pair.id: pair.later_until for pair in suggestions})
    first = suggestions[0]
    return await record(
        connection,
        first.product_id,
        first.theme_id,
        "suggestions_postponed",
        actor=actor,
        detail={"pairs": len(ids), "days": LATER_DAYS},
        before=before.stored(),
    )


async def _lock_suggestions(
    connection: Connection, suggestion_ids: Sequence[int]
) -> list[LockedSuggestion]:
    """Open suggestions under their product's grouping lock, which comes before every row: the pass
    that proposes merges writes suggestions while it holds that lock."""
    ids = sorted(set(suggestion_ids))
    if not ids:
        raise Invalid("Choose at least one pair first.", reason="nothing_selected")
    product_id = await fetch_value(connection, SELECT_SUGGESTION_PRODUCT, [ids[0]])
    suggestions: list[LockedSuggestion] = []
    if product_id is not None:
        await lock_grouping(connection, product_id)
        suggestions = await fetch_all(connection, LOCK_SUGGESTIONS, [ids], of=LockedSuggestion)
    if len(suggestions) < len(ids):
        raise NotFound("There is no suggestion with this id.", reason="suggestion_not_found")
    if any(pair.product_id != product_id for pair in suggestions):
        raise Invalid("Only pairs of one product are decided at once.", reason="other_product")
    for pair in suggestions:
        pair.require_open()
    return suggestions


def _themes_of(suggestions: Sequence[LockedSuggestion]) -> set[uuid.UUID]:
    return {theme_id for pair in suggestions for theme_id in (pair.theme_id, pair.other_id)}

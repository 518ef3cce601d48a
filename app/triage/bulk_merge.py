"""Many themes become one in one decision: one transaction, one line of activity, one undo.

Whoever asks twice gets the same answer, and so do two people who ask for the same at once: where
all themes are one already, nothing is done and the earlier line is named.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from app.errors import Conflict, Invalid
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.locks import lock_grouping_of_theme, theme_not_found
from app.themes.survivor import SURVIVOR_FIRST
from app.triage.regroup import merge

MERGED_AT_ONCE_MOST = 200

# Themes that were merged lead to the one that their comments are in now.
SELECT_THEMES_WITH_HEIRS = """
    with recursive line(id, heir) as (
        select id, id from theme where id = any(%s::uuid[])
        union
        select l.id, t.merged_into from line l join theme t on t.id = l.heir
        where t.merged_into is not null
    )
    select l.id, l.heir, t.product_id, t.title, t.version, h.title as heir_title
    from line l join theme h on h.id = l.heir join theme t on t.id = l.id
    where h.merged_into is null order by l.id
"""
SELECT_SURVIVOR = sql.SQL("""
    select t.id from theme t where t.id = any(%s::uuid[]) order by {order} limit 1
""").format(order=SURVIVOR_FIRST)
SELECT_MERGE_THAT_WAS = """
    select max(id) from activity
    where theme_id = %s and verb = 'merged' and undone_by is null
"""


@dataclass(frozen=True, slots=True)
class MergedThemes:
    """The theme that lives on, and the line of activity; ``already``: they were one before."""

    into: uuid.UUID
    activity_id: int
    already: bool


@dataclass(frozen=True, slots=True)
class NamedTheme:
    """A theme to merge, with the theme that it lives in: itself, or the one it was merged into."""

    id: uuid.UUID
    heir: uuid.UUID
    product_id: uuid.UUID
    title: str
    version: int
    heir_title: str


async def merge_many(
    connection: Connection,
    theme_ids: Sequence[uuid.UUID],
    *,
    actor: str,
    into: uuid.UUID | None = None,
    versions: Mapping[uuid.UUID, int] | None = None,
    tickets_of: uuid.UUID | None = None,
    although: bool = False,
    undo_seconds: float = 0.0,
) -> MergedThemes:
    """Merge these themes into ``into``, one of them or another; by default into the one with the
    oldest ticket, else with most people. ``versions`` are those that the person saw.

    Raises Invalid (``nothing_to_merge``, ``too_many_themes``, ``other_product``,
    ``ticket_choice_invalid``), NotFound, and Conflict that names the theme which somebody else
    changed (``version_conflict``, ``theme_merged``) or whose words would be shown
    (``merge_shows_private``).
    """
    named_ids = sorted({*theme_ids, *([into] if into else [])})
    if len(named_ids) < 2:
        raise Invalid("Choose at least two themes to merge.", reason="nothing_to_merge")
    if len(named_ids) > MERGED_AT_ONCE_MOST:
        raise Invalid(
            f"At most {MERGED_AT_ONCE_MOST} themes are merged at once.", reason="too_many_themes"
        )
    await lock_grouping_of_theme(connection, named_ids[0])
    themes = await fetch_all(connection, SELECT_THEMES_WITH_HEIRS, [named_ids], of=NamedTheme)
    if len(themes) < len(named_ids):
        raise theme_not_found()
    if len({theme.product_id for theme in themes}) > 1:
        raise Invalid("Only themes of one product can be merged.", reason="other_product")
    heirs = {theme.heir for theme in themes}
    if len(heirs) == 1:
        return await _merged_already(connection, heirs.pop())
    _refuse_changed(themes, named_ids, versions or {})
    living = sorted(heirs)
    if into is None:
        into = await fetch_value(connection, SELECT_SURVIVOR, [living])
        assert into is not None
    else:
        into = next(theme.heir for theme in themes if theme.id == into)
    activity = await merge(
        connection,
        into,
        living,
        actor=actor,
        tickets_of=tickets_of,
        although=although,
        undo_seconds=undo_seconds,
    )
    return MergedThemes(into, activity, already=False)


async def _merged_already(connection: Connection, heir: uuid.UUID) -> MergedThemes:
    activity = await fetch_value(connection, SELECT_MERGE_THAT_WAS, [heir])
    if activity is None:
        raise Conflict("These themes are one already.", reason="theme_merged")
    return MergedThemes(heir, activity, already=True)


def _refuse_changed(
    themes: Sequence[NamedTheme], named_ids: Sequence[uuid.UUID], versions: Mapping[uuid.UUID, int]
) -> None:
    """Raises Conflict for the first theme that somebody else merged elsewhere, or decided about,
    since it was seen. One that was merged into another of these is where it was to go."""
    for theme in themes:
        if theme.heir not in named_ids:
            raise Conflict(
                f"Somebody merged “{theme.title}” into “{theme.heir_title}” meanwhile; look again.",
                reason="theme_merged",
            )
        seen = versions.get(theme.id)
        if seen is not None and seen != theme.version and theme.heir == theme.id:
            raise Conflict(
                f"Somebody changed “{theme.title}” meanwhile (version {theme.version}, yours "
                f"{seen}); look again.",
                reason="version_conflict",
            )

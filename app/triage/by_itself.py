"""A merge that no person decided: it can be undone, and is then kept apart."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from app.models.states import DecidedBy, ThemeStatus
from app.storage.db import Connection
from app.themes.activity import SYSTEM, record
from app.themes.counts import recount
from app.themes.locks import lock_theme
from app.triage.before import MergeBefore
from app.triage.regroup import ANSWER_SUGGESTIONS, MERGE_THEMES, put_into_theme

STORE_REASON = "update comment set grouping = %s::jsonb where id = any(%s::bigint[])"


async def merge_by_itself(
    connection: Connection,
    product_id: uuid.UUID,
    theme_id: uuid.UUID,
    comments: Sequence[int],
    into: uuid.UUID,
    evidence: Mapping[str, object],
) -> None:
    """Move all ``comments`` of an undecided theme without a ticket into another theme, as the
    classifiers' decision for which ``evidence`` stands. To be called under the grouping lock."""
    themes = {theme: await lock_theme(connection, theme) for theme in sorted((into, theme_id))}
    before = MergeBefore(
        into=into,
        themes={theme_id: ThemeStatus.triage},
        comments={theme_id: list(comments)},
        tickets={},
        by_itself=True,
    )
    await put_into_theme(connection, comments, into, DecidedBy.model)
    await connection.execute(MERGE_THEMES, [into, [theme_id]])
    await connection.execute(ANSWER_SUGGESTIONS, {"all": [into, theme_id]})
    await connection.execute(STORE_REASON, [json.dumps(evidence), list(comments)])
    await recount(connection, [into, theme_id], comments=comments)
    await record(
        connection,
        product_id,
        into,
        "merged",
        actor=SYSTEM,
        detail={
            "themes": [{"id": theme_id, "title": themes[theme_id].title}],
            "comments": len(comments),
            "again": True,
        },
        before=before.stored(),
    )

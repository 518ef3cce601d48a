"""Which comment of a thread is answered, and whether it can be: by the platform's rules, ours, and
the wish of whoever wrote it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql
from pydantic import ValidationError

from app.models.states import Visibility
from app.setup.reply_accounts import NO_ACCOUNT_DETAIL
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from integrations import registry
from integrations.reply_contract import AnsweredComment, CanReply
from integrations.source_contract import Source

THREAD_KEY = sql.SQL("case when cm.thread_id = '' then 'comment:' || cm.id else cm.thread_id end")
"""What answers of one thread have in common, over a comment ``cm``."""
THREADS_TOLD_MOST = 500
OF_MATTER = sql.SQL(
    "p.theme_id in (select m.id from theme m where m.id = {theme} or m.merged_into = {theme})"
)
"""Whether an answer ``p`` is about a theme, also where it was sent before its own was merged."""

NO_REPLIES_AT = sql.SQL(
    "coalesce(a.no_replies_at,"
    " (select min(o.no_replies_at) from author o where o.person_id = a.person_id))"
)
"""When the author ``a`` of a comment, or the same human under another account, said that they want
no answers of ours."""

_TARGET_COLUMNS = sql.SQL(
    """
    cm.id as comment_id, cm.product_id, cm.source_id, cm.theme_id, s.name as source_name,
    s.platform, s.settings, {thread} as thread, cm.external_id, cm.thread_id, cm.thread_title,
    cm.permalink, cm.parent_id, cm.position, cm.opens_thread, cm.created_at, cm.visibility,
    cm.extras, cm.deleted_at, coalesce(a.is_bot, false) as is_bot,
    {no_replies_at} as no_replies_at,
    coalesce(r.enabled, false) as has_account, coalesce(r.automatic, false) as automatic,
    r.created_at as account_since
    """
).format(thread=THREAD_KEY, no_replies_at=NO_REPLIES_AT)
_TARGET_TABLES = sql.SQL(
    """
    from comment cm join source s on s.id = cm.source_id
    left join author a on a.id = cm.author_id
    left join source_replies r on r.source_id = cm.source_id
    """
)
# Who may be told goes before who may not, and people before the team; then whoever was first.
SELECT_THREAD_TARGETS = sql.SQL(
    """
    select distinct on (cm.source_id, {thread}) {columns} {tables}
    where cm.theme_id = %s and cm.deleted_at is null and not coalesce(a.is_bot, false)
    order by cm.source_id, {thread}, {no_replies_at} is not null, coalesce(a.is_staff, false),
             cm.created_at, cm.id
    limit %s
    """
).format(
    thread=THREAD_KEY,
    columns=_TARGET_COLUMNS,
    tables=_TARGET_TABLES,
    no_replies_at=NO_REPLIES_AT,
)
SELECT_COMMENT_TARGET = sql.SQL("select {columns} {tables} where cm.id = %s").format(
    columns=_TARGET_COLUMNS, tables=_TARGET_TABLES
)


@dataclass(frozen=True, slots=True)
class Target:
    """A comment that may be answered, with its source and the wish of its author."""

    comment_id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    theme_id: uuid.UUID | None
    source_name: str
    platform: str
    settings: Mapping[str, Any]
    thread: str
    external_id: str
    thread_id: str
    thread_title: str
    permalink: str
    parent_id: str
    position: int
    opens_thread: bool
    created_at: datetime
    visibility: Visibility
    extras: Mapping[str, Any]
    deleted_at: datetime | None
    is_bot: bool
    no_replies_at: datetime | None
    has_account: bool
    automatic: bool
    account_since: datetime | None

    @property
    def comment(self) -> AnsweredComment:
        """The comment as its platform's module takes it."""
        return AnsweredComment(
            external_id=self.external_id,
            thread_id=self.thread_id,
            permalink=self.permalink,
            parent_id=self.parent_id,
            position=self.position,
            opens_thread=self.opens_thread,
            created_at=self.created_at,
            visibility=self.visibility,
            extras=self.extras,
        )

    @property
    def definition(self) -> Source[Any]:
        """Its platform."""
        return registry.source(self.platform)


async def thread_targets(connection: Connection, theme_id: uuid.UUID) -> list[Target]:
    """One comment of each thread in which people spoke of a theme."""
    values = [theme_id, THREADS_TOLD_MOST]
    return await fetch_all(connection, SELECT_THREAD_TARGETS, values, of=Target)


async def comment_target(connection: Connection, comment_id: int) -> Target | None:
    """A comment as one that may be answered; None where there is none."""
    return await fetch_one(connection, SELECT_COMMENT_TARGET, [comment_id], of=Target)


def can_reply(target: Target, now: datetime) -> CanReply:
    """Whether the comment can be answered now, and why not. Makes no call."""
    definition = target.definition
    if definition.replying is None:
        return CanReply("platform_cannot", definition.no_replies)
    if target.deleted_at is not None:
        return CanReply("comment_gone", "The comment was deleted.")
    if target.is_bot:
        return CanReply("author_is_bot", "A program wrote it.")
    if target.no_replies_at is not None:
        return CanReply("opted_out", "Whoever wrote it wants no answers of ours.")
    try:
        settings = definition.settings.model_validate(dict(target.settings))
    except ValidationError:
        return CanReply("source_incomplete", "The settings of this source are not complete.")
    able = definition.replying.can_reply(settings, target.comment)
    if able.ok and able.until is not None and able.until <= now:
        return CanReply("too_late", "The platform took answers only until then.", able.until)
    if able.ok and not target.has_account:
        return CanReply("no_reply_account", NO_ACCOUNT_DETAIL, able.until)
    return able

"""Forgets a person: everything they said here goes the way of a deletion at the source, and with it
their accounts, links, notes and weight.

What was written is not deleted where it was written, and what left this service cannot be called
back: ``Forgotten.unreached`` names that.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.intake.comment_store import store_comments
from app.intake.gone import deletion_of
from app.intake.taking_back import forget_authors, take_back
from app.people.accounts import lock_people
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.locks import lock_grouping
from app.themes.taking_back import take_back_in_themes
from integrations import registry

FORGOTTEN_AT_ONCE = 50
"""Comments of a transaction: each takes its theme's lock."""

# Comments that are gone already went that way when they did.
SELECT_SAID = """
    select id, product_id, source_id, platform, external_id, version, delivery_id, theme_id
    from comment
    where author_id = any(%(accounts)s::bigint[]) and deleted_at is null and id > %(after)s
    order by id limit %(limit)s for update
"""
COUNT_UNREACHED = """
    select (select count(*) from ticket k
            where k.state in ('gone', 'unlinked', 'blocked')
              and k.theme_id in (select cm.theme_id from comment cm
                                 where cm.author_id = any(%(accounts)s::bigint[])))
             as tickets,
           (select count(*) from reply p join comment cm on cm.id = p.comment_id
            where p.state = 'posted' and cm.author_id = any(%(accounts)s::bigint[])) as answers
"""
FORGET_NAMES_OF_PROMISES = """
    update promise set made_to = '' where comment_id in (
        select id from comment where author_id = any(%(accounts)s::bigint[]))
"""
SKIP_DRAFTS = """
    update reply set state = 'skipped', reason = 'comment_gone', text = ''
    where state in ('draft', 'approved') and comment_id in (
        select id from comment where author_id = any(%(accounts)s::bigint[]))
"""
UNLINK_ACCOUNTS = (
    "delete from account_link where low_id = any(%(accounts)s::bigint[])"
    " or high_id = any(%(accounts)s::bigint[])"
)
DELETE_NOTES = "delete from person_note where author_id = any(%(accounts)s::bigint[])"
DELETE_WEIGHTS = "delete from account_weight where author_id = any(%(accounts)s::bigint[])"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten, and sentences on what could not be reached."""

    accounts: int
    comments: int
    unreached: list[str]


@dataclass(frozen=True, slots=True)
class _SaidComment:
    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    platform: str
    external_id: str
    version: str
    delivery_id: int
    theme_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class _Unreached:
    tickets: int
    answers: int


async def forget_person(
    database: Database, person_id: int, *, now: datetime, actor: str
) -> Forgotten:
    """Forget whoever is behind an account, in batches of their own transactions; one that was
    stopped in the middle is asked for again. Raises NotFound (``person_not_found``)."""
    async with database.transaction() as connection:
        accounts = await lock_people(connection, [person_id])
        product_id = accounts[0].product_id
        ids = [account.id for account in accounts]
        values = {"accounts": ids}
        left = await fetch_one(connection, COUNT_UNREACHED, values, of=_Unreached)
        assert left is not None
        # First what only the team knows of them, so that nobody links them meanwhile.
        for statement in (
            UNLINK_ACCOUNTS,
            DELETE_NOTES,
            DELETE_WEIGHTS,
            FORGET_NAMES_OF_PROMISES,
            SKIP_DRAFTS,
        ):
            await connection.execute(statement, values)
    comments, after = 0, 0
    while True:
        async with database.transaction() as connection:
            batch = await _forget_some(connection, product_id, ids, now, after)
        if not batch:
            break
        comments += len(batch)
        after = batch[-1]
    async with database.transaction() as connection:
        await lock_grouping(connection, product_id)
        await forget_authors(connection, ids)
        detail = {"accounts": len(ids), "comments": comments}
        await record(connection, product_id, None, "forgotten", actor=actor, detail=detail)
    platforms = sorted({account.platform for account in accounts})
    return Forgotten(len(ids), comments, _sentences(left, platforms))


async def _forget_some(
    connection: Connection,
    product_id: uuid.UUID,
    account_ids: Sequence[int],
    now: datetime,
    after: int,
) -> list[int]:
    """Take back the next comments of these accounts; returns their numbers, in order."""
    await lock_grouping(connection, product_id)
    values = {"accounts": list(account_ids), "after": after, "limit": FORGOTTEN_AT_ONCE}
    comments = await fetch_all(connection, SELECT_SAID, values, of=_SaidComment)
    if not comments:
        return []
    stored = await store_comments(connection, [deletion_of(comment, now) for comment in comments])
    await take_back(connection, stored, take_back_in_themes)
    themes = {comment.theme_id for comment in comments if comment.theme_id is not None}
    await recount(connection, themes, comments=[comment.id for comment in comments])
    return [comment.id for comment in comments]


def _sentences(left: _Unreached, platforms: Sequence[str]) -> list[str]:
    names = [registry.sources()[name].title for name in platforms if name in registry.sources()]
    where = ", ".join(names) or "outside"
    sentences = [
        f"What they wrote stays where they wrote it ({where}) until it is deleted there.",
        "Backups of the database and files that were exported before still hold it.",
    ]
    if left.tickets:
        sentences.append(
            f"{left.tickets:,} tickets that quote their themes can no longer be written from here: "
            "they were deleted in the tracker, unlinked, or wait for a person."
        )
    if left.answers:
        sentences.append(f"{left.answers:,} answers of ours to them stay where they were posted.")
    return sentences

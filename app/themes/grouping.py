"""The group step: every bug and request finds its theme. Serial per product: no two comments miss
each other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.judging.product_models import own_grouper
from app.metrics import STAGE_ROWS
from app.storage.advisory import AdvisoryLock, lock_if_free
from app.storage.db import Connection, Database, is_away
from app.storage.rows import fetch_all
from app.themes.activity import SYSTEM, record
from app.themes.candidates import candidates
from app.themes.counts import recount
from app.themes.middles import ByModel, middles_of
from app.themes.word_shares import count_grown
from classifiers.contract import THEME_KINDS, UNSURE, Decision, Grouper, Kind, Member, Verdict
from classifiers.faces.titles import title_of
from classifiers.middle import join

log = structlog.get_logger(__name__)

PRODUCTS = "select distinct product_id from comment where stage = 'enriched'"
WAITING = """
    select c.id, c.text, c.kind, c.kind_reason, c.theme_id, c.theme_by, c.deleted_at, c.opens_thread, c.thread_title,
           e.model, e.embedding
    from comment c left join comment_embedding e on e.comment_id = c.id
    where c.product_id = %s and c.stage = 'enriched' order by c.id limit %s for update of c
"""
# Who was kept out of a theme stays out of the one that it was merged into.
BLOCKED = """
    with recursive barred(comment_id, theme_id) as (
        select comment_id, theme_id from separation where comment_id = any(%s::bigint[])
        union
        select b.comment_id, t.merged_into from barred b join theme t on t.id = b.theme_id
        where t.merged_into is not null
    )
    select comment_id, theme_id from barred
"""
# A theme of one comment was compared with everything when that comment came.
FOUNDED = "update theme set compared_at = changed_at where id = any(%s::uuid[]) and mentions = 1"
THEMES = """
    insert into theme (id, product_id, kind, title)
    select * from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[])
"""
PLACE = """
    update comment c
    set theme_id = n.theme_id, grouping = n.grouping, stage = 'grouped', grouped_at = now(), attempts = 0
    from unnest(%s::bigint[], %s::uuid[], %s::jsonb[]) as n(id, theme_id, grouping) where c.id = n.id
"""
SUGGEST = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::float[], %s::jsonb[])
    on conflict (theme_id, other_id) do nothing
"""
# Whether it is accepted is for `triage.policy`, which looks at it after this transaction.
POLICY_DUE = """
    update theme t set policy_due_at = now() from product p
    where t.id = any(%s::uuid[]) and p.id = t.product_id and p.policy = 'auto' and t.status = 'triage'
"""
SET_ASIDE = """
    update comment
    set stage = 'failed', reason = 'not_storable', detail = 'It could not be grouped; see the log.'
    where id = %s
"""


@dataclass(slots=True)
class _Batch:
    """What a batch has decided so far; later comments of the batch see the earlier ones."""

    placed: list[tuple[int, uuid.UUID | None, str]] = field(default_factory=list)
    themes: list[tuple[uuid.UUID, str, str]] = field(default_factory=list)
    suggestions: list[tuple[uuid.UUID, uuid.UUID, float, str]] = field(default_factory=list)
    touched: set[uuid.UUID] = field(default_factory=set)
    members: list[Member] = field(default_factory=list)
    middles: ByModel = field(default_factory=dict)


async def group_batch(
    database: Database, grouper: Grouper, *, limit: int, refresh_seconds: float
) -> int:
    """Group up to ``limit`` comments of every product that nobody else is grouping; returns how
    many were done."""
    async with database.transaction() as connection:
        products = [row["product_id"] for row in await fetch_all(connection, PRODUCTS)]
    await count_grown(database, products)
    done = 0
    for product_id in products:
        step = _Step(database, grouper, product_id, refresh_seconds)
        with bound_contextvars(stage="group", product=str(product_id)):
            try:
                done += await step.batch(limit)
            except (psycopg.Error, ValueError) as error:
                if _passes_by_itself(error):
                    raise
                log.exception("group_batch_failed")
                done += await step.one_by_one(limit)
    return done


@dataclass(frozen=True, slots=True)
class _Step:
    """Groups the waiting comments of one product, in the order in which they came."""

    database: Database
    grouper: Grouper
    product_id: uuid.UUID
    refresh_seconds: float

    async def batch(self, limit: int) -> int:
        """Group up to ``limit`` comments in one transaction; 0 also where somebody else is at
        it."""
        async with self.database.transaction() as connection:
            rows = await self._waiting(connection, limit)
            await self._group(connection, rows)
        return _counted(rows)

    async def one_by_one(self, limit: int) -> int:
        """After a batch failed: the comment that cannot be grouped is set aside with a reason, the
        others go on."""
        for done in range(limit):
            async with self.database.transaction() as connection:
                rows = await self._waiting(connection, 1)
                if not rows:
                    return done
                with bound_contextvars(comment=rows[0]["id"]):
                    grouped = await self._group_or_set_aside(connection, rows)
            if grouped:
                _counted(rows)
        return limit

    async def _group_or_set_aside(
        self, connection: Connection, rows: Sequence[dict[str, Any]]
    ) -> bool:
        """Group one comment; where that fails, set that very comment aside under the same lock."""
        try:
            async with connection.transaction():
                await self._group(connection, rows)
        except (psycopg.Error, ValueError) as error:
            if _passes_by_itself(error):
                raise
            log.exception("comment_not_grouped")
            await connection.execute(SET_ASIDE, [rows[0]["id"]])
            STAGE_ROWS.labels("group", "failed").inc()
            return False
        return True

    async def _waiting(self, connection: Connection, limit: int) -> list[dict[str, Any]]:
        """The next comments, none where another worker groups this product."""
        if not await lock_if_free(connection, AdvisoryLock.group, self.product_id):
            return []
        return await fetch_all(connection, WAITING, [self.product_id, limit], binary=True)

    async def _group(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        batch = _Batch()
        grouper = await own_grouper(connection, self.product_id, self.grouper)
        await _decide(connection, grouper, self.product_id, rows, batch)
        await _write(connection, self.product_id, batch)
        await recount(
            connection,
            batch.touched,
            comments=[row["id"] for row in rows],
            refresh_seconds=self.refresh_seconds,
        )
        await connection.execute(FOUNDED, [[theme_id for theme_id, _, _ in batch.themes]])
        await connection.execute(POLICY_DUE, [sorted(batch.touched)])


def _counted(rows: Sequence[dict[str, Any]]) -> int:
    STAGE_ROWS.labels("group", "grouped").inc(len(rows))
    return len(rows)


def _passes_by_itself(error: Exception) -> bool:
    """Whether the same comments may well be grouped at the next try: the database is away, or broke
    a deadlock."""
    return is_away(error) or isinstance(error, psycopg.OperationalError)


async def _decide(
    connection: Connection,
    grouper: Grouper,
    product_id: uuid.UUID,
    rows: Sequence[dict[str, Any]],
    batch: _Batch,
) -> None:
    open_rows = [row for row in rows if _wants_theme(row)]
    ids = [row["id"] for row in open_rows]
    near = await candidates(connection, product_id, ids) if ids else {}
    blocked: dict[int, set[str]] = {}
    for row in await (await connection.execute(BLOCKED, [ids])).fetchall():
        blocked.setdefault(row["comment_id"], set()).add(str(row["theme_id"]))
    regrouped = {row["id"]: str(row["theme_id"]) for row in rows if row["theme_id"] is not None}
    themes = {member.theme_id for found in near.values() for member in found}
    batch.middles = await middles_of(connection, themes.difference(regrouped.values()))
    for model, found in (
        await middles_of(connection, regrouped.values(), but=list(regrouped))
    ).items():
        batch.middles.setdefault(model, {}).update(found)
    for row in rows:
        if row["theme_id"] is not None:
            batch.touched.add(row["theme_id"])
        if row["id"] not in near:
            kept = (
                row["theme_id"]
                if row["theme_by"] == "person" and row["deleted_at"] is None
                else None
            )
            batch.placed.append((row["id"], kept, "{}"))
            continue
        vector = row["embedding"].to_numpy().astype("float32")
        comment = Member(
            row["id"], "", Kind(row["kind"]), row["text"], vector, row["kind_reason"] != UNSURE
        )
        around = [member for member in near[row["id"]] if member.comment_id not in regrouped]
        decision = grouper.decide(
            comment,
            around + _near_in_batch(comment, batch.members),
            frozenset(blocked.get(row["id"], set())),
            batch.middles.get(row["model"]),
        )
        await _place(connection, product_id, row, comment, decision, batch)


def _wants_theme(row: dict[str, Any]) -> bool:
    """Whether the classifiers choose this comment's theme: a bug or a request that no person has
    placed."""
    placed_by_person = row["theme_by"] == "person" and row["theme_id"] is not None
    return (
        row["deleted_at"] is None
        and row["kind"] in THEME_KINDS
        and row["embedding"] is not None
        and not placed_by_person
    )


def _near_in_batch(comment: Member, members: Sequence[Member], most: int = 5) -> list[Member]:
    if not members:
        return []
    cosines = np.stack([member.vector for member in members]) @ comment.vector
    return [members[number] for number in np.argsort(-cosines, kind="stable")[:most]]


async def _place(
    connection: Connection,
    product_id: uuid.UUID,
    row: dict[str, Any],
    comment: Member,
    decision: Decision,
    batch: _Batch,
) -> None:
    theme_id: uuid.UUID | None = uuid.UUID(decision.theme_id) if decision.theme_id else None
    if decision.verdict is not Verdict.join or theme_id is None:
        suggested = theme_id if decision.verdict is Verdict.suggest else None
        theme_id = await _own_theme(connection, row)
        if theme_id is None:
            theme_id = uuid.uuid4()
            batch.themes.append((theme_id, row["kind"], _title(row)))
        if suggested is not None and suggested != theme_id:
            batch.suggestions.append((theme_id, suggested, decision.score, _evidence(decision)))
    if row["theme_id"] is not None and row["theme_id"] != theme_id:
        detail = {"comment": row["id"], "from": row["theme_id"], "to": theme_id}
        await record(
            connection, product_id, row["theme_id"], "comment_moved", actor=SYSTEM, detail=detail
        )
    batch.placed.append((row["id"], theme_id, _evidence(decision)))
    batch.touched.add(theme_id)
    batch.members.append(replace(comment, theme_id=str(theme_id)))
    join(batch.middles.setdefault(row["model"], {}), str(theme_id), comment.vector)


async def _own_theme(connection: Connection, row: dict[str, Any]) -> uuid.UUID | None:
    """The theme an edited comment already has to itself: it keeps it, under the title of the new
    text."""
    if row["theme_id"] is None:
        return None
    cursor = await connection.execute(
        """
        update theme t set kind = case when kind_by = 'person' then kind else %s end,
                           title = case when title_by = 'person' then title else %s end
        where t.id = %s and not exists (
            select 1 from comment c where c.theme_id = t.id and c.id <> %s and c.deleted_at is null)
        returning id
        """,
        [row["kind"], _title(row), row["theme_id"], row["id"]],
    )
    found = await cursor.fetchone()
    return None if found is None else found["id"]


def _title(row: dict[str, Any]) -> str:
    return title_of(row["text"], row["thread_title"] if row["opens_thread"] else "", row["kind"])


def _evidence(decision: Decision) -> str:
    """The decision as it is stored and shown."""
    return json.dumps(
        {
            "verdict": decision.verdict.value,
            "score": round(float(decision.score), 4),
            "join_at": decision.join_at,
            "suggest_at": decision.suggest_at,
            "apart": list(decision.apart),
            "nearest": [
                {
                    "comment": near.comment_id,
                    "theme": near.theme_id,
                    "cosine": round(float(near.cosine), 4),
                    "lexical": round(float(near.lexical), 4),
                    "words": list(near.words),
                }
                for near in decision.nearest
            ],
        }
    )


async def _write(connection: Connection, product_id: uuid.UUID, batch: _Batch) -> None:
    if batch.themes:
        ids, kinds, titles = (list(column) for column in zip(*batch.themes, strict=True))
        await connection.execute(THEMES, [ids, [product_id] * len(ids), kinds, titles])
        await connection.execute(
            "insert into activity (product_id, theme_id, verb, actor) select %s, "
            "unnest(%s::uuid[]), 'created', %s",
            [product_id, ids, SYSTEM],
        )
    if batch.placed:
        await connection.execute(
            PLACE, [list(column) for column in zip(*batch.placed, strict=True)]
        )
    if batch.suggestions:
        columns = [list(column) for column in zip(*batch.suggestions, strict=True)]
        await connection.execute(SUGGEST, [[product_id] * len(batch.suggestions), *columns])

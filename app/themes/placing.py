"""Decides for a batch of comments which theme each belongs to, and writes all of it at once."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import LiteralString

from pgvector import HalfVector

from app.judging.places import place_of
from app.models.ids import ordered_id
from app.models.states import DecidedBy
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.activity import SYSTEM, record, record_created
from app.themes.candidates import thread_of
from app.themes.evidence import decision_evidence
from app.themes.middles import ByModel, middles_of
from app.themes.pools import Pools, pools_of, said_in_thread
from classifiers.contract import (
    THEME_KINDS,
    UNSURE,
    Decision,
    Grouper,
    Kind,
    Member,
    Vectors,
    Verdict,
)
from classifiers.faces.titles import title_of
from classifiers.grouping.threads import THREAD_LATEST
from classifiers.middle import join

NOT_GROUPED = "{}"
"""Stored as the reason for its theme where the classifiers did not choose it."""

SELECT_WAITING: LiteralString = """
    select c.id, c.text, c.kind, c.kind_by, c.kind_reason, c.kind_scores, c.theme_id, c.theme_by,
           c.deleted_at, c.opens_thread, c.thread_title, c.source_id, c.platform, c.thread_id,
           c.external_id, c.parent_id, c.author_id, c.delivery_id, e.model, e.embedding,
           not c.opens_thread and c.thread_id <> '' and (c.parent_id <> '' or exists (
               select from comment o
               where o.source_id = c.source_id and o.thread_id = c.thread_id and o.opens_thread
           )) as in_thread
    from comment c left join comment_embedding e on e.comment_id = c.id
"""
# Who was kept out of a theme stays out of the one that it was merged into.
SELECT_BARRED_THEMES = """
    with recursive barred(comment_id, theme_id) as (
        select comment_id, theme_id from separation where comment_id = any(%s::bigint[])
        union
        select b.comment_id, t.merged_into from barred b join theme t on t.id = b.theme_id
        where t.merged_into is not null
    )
    select comment_id, theme_id from barred
"""
RENEW_OWN_THEME = """
    update theme t set kind = case when kind_by = 'person' then kind else %(kind)s end,
                       title = case when title_by = 'person' then title else %(title)s end
    where t.id = %(theme)s and not exists (
        select 1 from comment c
        where c.theme_id = t.id and c.id <> %(comment)s and c.deleted_at is null)
    returning id
"""
INSERT_THEMES = """
    insert into theme (id, product_id, kind, title)
    select * from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[])
"""
PLACE_COMMENTS = """
    update comment c
    set theme_id = n.theme_id, grouping = n.grouping, stage = 'grouped', grouped_at = now(),
        attempts = 0
    from unnest(%s::bigint[], %s::uuid[], %s::jsonb[]) as n(id, theme_id, grouping)
    where c.id = n.id
"""
INSERT_SUGGESTIONS = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::float[], %s::jsonb[])
    on conflict (theme_id, other_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class WaitingComment:
    """A comment that waits for its theme; ``theme_id`` is where it is already, after an edit or a
    person's word."""

    id: int
    text: str
    kind: str
    kind_by: DecidedBy
    kind_reason: str
    kind_scores: Mapping[str, float]
    theme_id: uuid.UUID | None
    theme_by: DecidedBy
    deleted_at: datetime | None
    opens_thread: bool
    thread_title: str
    source_id: uuid.UUID
    platform: str
    thread_id: str
    external_id: str
    parent_id: str
    author_id: int | None
    delivery_id: int | None
    model: str | None
    embedding: HalfVector | None
    in_thread: bool

    @property
    def placed_by_person(self) -> bool:
        """Whether a person said which theme it belongs to, or that it belongs to none."""
        return self.theme_by is DecidedBy.person

    @property
    def wants_theme(self) -> bool:
        """Whether the classifiers choose its theme: no person has placed it, or said that it is
        neither bug nor request."""
        return (
            self.deleted_at is None
            and (self.kind in THEME_KINDS or self.kind_by is DecidedBy.model)
            and self.embedding is not None
            and not (self.placed_by_person and self.theme_id is not None)
        )

    @property
    def title(self) -> str:
        """What a theme of its own would be called."""
        return opening_title(self.text, self.kind, self.thread_title, self.opens_thread)

    def as_member(self, vector: Vectors) -> Member:
        """The comment as the grouper reads it."""
        thread = ""
        if self.in_thread or self.opens_thread:
            thread = thread_of(self.source_id, self.thread_id)
        return Member(
            self.id,
            "",
            Kind(self.kind),
            self.text,
            vector,
            self.kind_reason != UNSURE,
            report=sum(self.kind_scores.get(kind, 0.0) for kind in THEME_KINDS),
            sort=place_of(self.platform, self.thread_id),
            thread=thread,
            name=self.external_id,
            answers=self.parent_id,
            opens=self.opens_thread,
            author=str(self.author_id or ""),
            aside=self.kind not in THEME_KINDS,
            arrival=self.delivery_id or 0,
        )

    @property
    def opens_theme(self) -> bool:
        """Whether it may stand for a theme of its own, and for the theme it joins."""
        return self.kind in THEME_KINDS


@dataclass(slots=True)
class Batch:
    """What a batch has decided so far; later comments of the batch see the earlier ones: those that
    are ``speaking`` for their theme wherever they are near, all ``members`` in their thread."""

    placed: list[tuple[int, uuid.UUID | None, str]] = field(default_factory=list)
    themes: list[tuple[uuid.UUID, str, str]] = field(default_factory=list)
    suggestions: list[tuple[uuid.UUID, uuid.UUID, float, str]] = field(default_factory=list)
    touched: set[uuid.UUID] = field(default_factory=set)
    speaking: dict[int, Member] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    middles: ByModel = field(default_factory=dict)

    @property
    def new_themes(self) -> list[uuid.UUID]:
        """The themes that the batch opened."""
        return [theme_id for theme_id, _, _ in self.themes]


def opening_title(text: str, kind: str, thread_title: str, opens_thread: bool) -> str:
    """The first title of a theme that begins with this comment."""
    return title_of(text, thread_title if opens_thread else "", kind)


async def decide_places(
    connection: Connection,
    grouper: Grouper,
    product_id: uuid.UUID,
    comments: Sequence[WaitingComment],
) -> Batch:
    """Where each comment belongs, in the order in which they came. Writes nothing of a comment
    yet."""
    batch = Batch()
    ids = [comment.id for comment in comments if comment.wants_theme]
    all_ids = [comment.id for comment in comments]
    pools = await pools_of(connection, product_id, ids, all_ids) if ids else None
    barred = await barred_themes(connection, ids)
    regrouped = {
        comment.id: str(comment.theme_id) for comment in comments if comment.theme_id is not None
    }
    members = pools.members if pools else {}
    batch.middles = await _middles(connection, members, regrouped)
    wanting = set(ids)
    for comment in comments:
        if comment.theme_id is not None:
            batch.touched.add(comment.theme_id)
        if pools is None or comment.id not in wanting or comment.embedding is None:
            stays = comment.placed_by_person and comment.deleted_at is None
            batch.placed.append((comment.id, comment.theme_id if stays else None, NOT_GROUPED))
            continue
        member = comment.as_member(comment.embedding.to_numpy().astype("float32"))
        candidates = _candidates(member, pools, batch)
        decision = grouper.decide(
            member,
            candidates,
            frozenset(barred.get(comment.id, ())),
            batch.middles.get(comment.model or ""),
        )
        if decision.verdict is Verdict.join:
            kinds = {candidate.theme_id: candidate.kind for candidate in candidates}
            member = replace(member, kind=kinds[decision.theme_id or ""])
        await _place(connection, product_id, comment, member, decision, batch)
    return batch


async def write_places(connection: Connection, product_id: uuid.UUID, batch: Batch) -> None:
    """Write new themes, places and suggestions, each in one statement."""
    if batch.themes:
        ids, kinds, titles = _columns(batch.themes)
        await connection.execute(INSERT_THEMES, [ids, [product_id] * len(ids), kinds, titles])
        await record_created(connection, product_id, batch.new_themes)
    if batch.placed:
        await connection.execute(PLACE_COMMENTS, _columns(batch.placed))
    if batch.suggestions:
        products = [product_id] * len(batch.suggestions)
        await connection.execute(INSERT_SUGGESTIONS, [products, *_columns(batch.suggestions)])


async def barred_themes(connection: Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    """The themes that a comment is never joined to again, for each that has any."""
    barred: dict[int, set[str]] = defaultdict(set)
    for row in await fetch_all(connection, SELECT_BARRED_THEMES, [list(ids)]):
        barred[row["comment_id"]].add(str(row["theme_id"]))
    return barred


async def _middles(
    connection: Connection, members: Mapping[int, Member], regrouped: Mapping[int, str]
) -> ByModel:
    """The middles of all themes in question; those of themes that a comment of the batch is in
    already are worked out without it, since where it belongs is open."""
    themes = {member.theme_id for member in members.values()}
    middles = await middles_of(connection, themes.difference(regrouped.values()))
    renewed = await middles_of(connection, regrouped.values(), but=list(regrouped))
    for model, middles_of_model in renewed.items():
        middles.setdefault(model, {}).update(middles_of_model)
    return middles


def _candidates(member: Member, pools: Pools, batch: Batch) -> list[Member]:
    """What may say the same, in themes before or placed in them by this batch."""
    candidates = pools.candidates(member.comment_id, batch.speaking)
    thread = [*pools.in_thread(member.comment_id), *batch.members]
    candidates += said_in_thread(member, thread, THREAD_LATEST)
    return list({candidate.comment_id: candidate for candidate in candidates}.values())


async def _place(
    connection: Connection,
    product_id: uuid.UUID,
    comment: WaitingComment,
    member: Member,
    decision: Decision,
    batch: Batch,
) -> None:
    evidence = json.dumps(decision_evidence(decision))
    chosen = uuid.UUID(decision.theme_id) if decision.theme_id else None
    if decision.verdict is Verdict.join and chosen is not None:
        theme_id = chosen
    elif not comment.opens_theme:
        batch.placed.append((comment.id, None, evidence))
        return
    else:
        theme_id = await _theme_of_its_own(connection, comment, batch)
        if decision.verdict is Verdict.suggest and chosen is not None and chosen != theme_id:
            batch.suggestions.append((theme_id, chosen, decision.score, evidence))
    if comment.theme_id is not None and comment.theme_id != theme_id:
        detail = {"comment": comment.id, "from": comment.theme_id, "to": theme_id}
        await record(
            connection, product_id, comment.theme_id, "comment_moved", actor=SYSTEM, detail=detail
        )
    batch.placed.append((comment.id, theme_id, evidence))
    batch.touched.add(theme_id)
    kind_is_told = comment.kind == member.kind
    placed = replace(member, theme_id=str(theme_id), sure=member.sure and kind_is_told)
    batch.members.append(placed)
    if comment.opens_theme:
        batch.speaking[comment.id] = placed
        join(batch.middles.setdefault(comment.model or "", {}), str(theme_id), member.vector)


async def _theme_of_its_own(
    connection: Connection, comment: WaitingComment, batch: Batch
) -> uuid.UUID:
    """The theme that an edited comment has to itself already, under the title of the new text;
    else a new one."""
    if comment.theme_id is not None:
        values = {
            "kind": comment.kind,
            "title": comment.title,
            "theme": comment.theme_id,
            "comment": comment.id,
        }
        if await fetch_value(connection, RENEW_OWN_THEME, values) is not None:
            return comment.theme_id
    new_id = ordered_id()
    batch.themes.append((new_id, comment.kind, comment.title))
    return new_id


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Rows as columns, for ``unnest``."""
    return [list(column) for column in zip(*rows, strict=True)]

"""Keeps each theme's face true: its title, as long as people would call it right, and its key
phrases.

A title that people know stays. The classifiers' own gives way when its comment was deleted, moved
or edited until it no longer says that; and, before there is a ticket, when the theme has grown
several times and another title fits it far better. A person's title is never touched.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import structlog

from app.storage.db import Connection, Database
from app.themes.activity import SYSTEM, record
from app.themes.counts import REFRESH
from app.themes.quotes import FaceRow, MemberRow, read_face, read_members
from classifiers.faces.face import BETTER, GROWN, Portrait, Titled
from classifiers.faces.titles import candidates
from classifiers.texts.phrases import Background, key_phrases

log = structlog.get_logger(__name__)

MEMBERS = 300
"""Comments of a theme that are looked at, the newest."""

SAMPLE = 2_000
"""Comments of a product that say which words are common in it, the newest."""

_DUE = """
    select t.id, t.product_id from theme t
    where t.face_seen is distinct from t.changed_at and t.status <> 'merged'
      and (%(only)s::uuid is null or t.id = %(only)s::uuid)
    order by t.product_id, t.id limit %(most)s
"""
_SAMPLE = """
    select left(text, 2000) as text, theme_id from comment
    where product_id = %s and deleted_at is null order by created_at desc, id desc limit %s
"""
_THEME = """
    select t.id, t.product_id, t.kind, t.title, t.title_by, t.status, t.mentions, t.changed_at,
           exists (select from ticket k where k.theme_id = t.id and k.state in ('creating', 'created')) as ticketed
    from theme t where t.id = %s
"""
_SAVE = """
    insert into theme_face (theme_id, comment_id, fingerprint, mentions, phrases) values (%s, %s, %s, %s, %s)
    on conflict (theme_id) do update set comment_id = excluded.comment_id, fingerprint = excluded.fingerprint,
        mentions = excluded.mentions, phrases = excluded.phrases
"""
# What a language model wrote goes with the comments it was made of.
_FORGET = """
    update theme_face set summary = '', summary_by = '', asked = 0 where theme_id = %s and (asked > %s or %s)
"""


@dataclass(frozen=True, slots=True)
class _Look:
    """A theme as it was read, and what it should show. ``why`` is empty where the title stays."""

    theme: dict[str, Any]
    face: FaceRow | None
    members: list[MemberRow]
    best: Titled | None
    phrases: list[str]
    why: str


async def refresh_faces(
    database: Database,
    *,
    only: uuid.UUID | None = None,
    limit: int = 100,
    refresh_seconds: float = 0.0,
) -> int:
    """Look at up to ``limit`` themes (or ``only`` this one) that changed since they were looked at;
    returns how many.

    Raises DatabaseAway.
    """
    async with database.transaction() as connection:
        due = await (await connection.execute(_DUE, {"only": only, "most": limit})).fetchall()
    samples: dict[uuid.UUID, list[dict[str, Any]]] = {}
    backgrounds: dict[uuid.UUID, Background] = {}
    for row in due:
        product_id = row["product_id"]
        if product_id not in samples:
            samples[product_id] = await _sample(database, product_id)
            texts = [each["text"] for each in samples[product_id]]
            backgrounds[product_id] = await asyncio.to_thread(Background.of, texts)
        own = [each["text"] for each in samples[product_id] if each["theme_id"] == row["id"]]
        await _refresh(database, row["id"], backgrounds[product_id], own, refresh_seconds)
    return len(due)


async def _sample(database: Database, product_id: uuid.UUID) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await (await connection.execute(_SAMPLE, [product_id, SAMPLE])).fetchall()


async def _refresh(
    database: Database,
    theme_id: uuid.UUID,
    background: Background,
    own: list[str],
    refresh_seconds: float,
) -> None:
    async with database.transaction() as connection:
        theme = await (await connection.execute(_THEME, [theme_id])).fetchone()
        if theme is None:
            return
        face = await read_face(connection, theme_id)
        members = await read_members(
            connection, theme_id, MEMBERS, first=face.comment_id if face else None
        )
    look = await asyncio.to_thread(_look, theme, face, members, background, own)
    async with database.transaction() as connection:
        await _write(connection, look, refresh_seconds)


def _look(
    theme: dict[str, Any],
    face: FaceRow | None,
    members: list[MemberRow],
    background: Background,
    own: list[str],
) -> _Look:
    others = background.without(own)
    portrait = Portrait([member.spoken for member in members], theme["kind"], others)
    best = portrait.title()
    said = [(one.spoken.voice, f"{one.spoken.thread_title}. {one.spoken.text}") for one in members]
    why = (
        ""
        if best is None or theme["title_by"] == "person"
        else _wrong(theme, face, members, portrait, best)
    )
    return _Look(theme, face, members, best, key_phrases(said, others), why)


def _wrong(
    theme: dict[str, Any],
    face: FaceRow | None,
    members: list[MemberRow],
    portrait: Portrait,
    best: Titled,
) -> str:
    """Why people would call the title wrong, in one word; empty where they would not."""
    if face is None or face.comment_id is None:
        return "" if theme["ticketed"] else "first"
    source = next((one for one in members if one.spoken.comment_id == face.comment_id), None)
    if source is None:
        return "comment_gone"
    if source.fingerprint != face.fingerprint and theme["title_by"] == "model":
        offered = candidates(source.spoken.text, source.spoken.thread_title, theme["kind"])
        if theme["title"] not in [each.title for each in offered]:
            return "comment_edited"
    if _grown(theme, face) and not theme["ticketed"] and theme["title_by"] == "model":
        return (
            "grown"
            if best.score - portrait.score(theme["title"], face.comment_id) >= BETTER
            else ""
        )
    return ""


def _grown(theme: dict[str, Any], face: FaceRow) -> bool:
    return bool(theme["mentions"] >= GROWN * max(face.mentions, 1))


async def _write(connection: Connection, look: _Look, refresh_seconds: float) -> None:
    """Nothing is lost by what happens meanwhile: ``face_seen`` names the state that was read, so a
    later one is due."""
    theme, best = look.theme, look.best
    held = await connection.execute(
        "update theme set face_seen = %s where id = %s returning title, title_by",
        [theme["changed_at"], theme["id"]],
    )
    now = await held.fetchone()
    if now is None or (now["title"], now["title_by"]) != (theme["title"], theme["title_by"]):
        return  # somebody named it while we looked; the next look sees that
    face = look.face
    source = (face.comment_id, face.fingerprint, face.mentions) if face else (None, "", 0)
    if look.why and best is not None:
        source = (best.comment_id, _fingerprint(look.members, best.comment_id), theme["mentions"])
        if best.title != theme["title"]:
            await _retitle(connection, look, best)
    elif face is not None and face.comment_id is not None:
        seen = theme["mentions"] if _grown(theme, face) else face.mentions
        source = (
            face.comment_id,
            _fingerprint(look.members, face.comment_id) or face.fingerprint,
            seen,
        )
    await connection.execute(_SAVE, [theme["id"], *source, look.phrases])
    await connection.execute(_FORGET, [theme["id"], theme["mentions"], look.why == "comment_gone"])
    if (list(face.phrases) if face else []) != look.phrases:
        await connection.execute(REFRESH, [refresh_seconds, [theme["id"]]])


async def _retitle(connection: Connection, look: _Look, best: Titled) -> None:
    theme = look.theme
    await connection.execute(
        "update theme set title = %s, title_by = 'model' where id = %s", [best.title, theme["id"]]
    )
    if look.face is None and theme["status"] == "triage":
        return  # its first name is part of how it came to be
    detail = {"from": theme["title"], "to": best.title, "why": look.why}
    await record(
        connection, theme["product_id"], theme["id"], "retitled", actor=SYSTEM, detail=detail
    )


def _fingerprint(members: list[MemberRow], comment_id: int) -> str:
    return next((one.fingerprint for one in members if one.spoken.comment_id == comment_id), "")

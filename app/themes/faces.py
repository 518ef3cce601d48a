"""Keeps each theme's face true: its title, as long as people would call it right, and its key
phrases.

A title that people know stays. The classifiers' own gives way when its comment was deleted, moved
or edited until it no longer says that; and, before there is a ticket, when the theme has grown
several times and another title fits it far better. A person's title is never touched.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from structlog.contextvars import bound_contextvars

from app.models.states import DecidedBy, ThemeStatus
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one
from app.themes.activity import SYSTEM, record
from app.themes.counts import refresh_tickets
from app.themes.quotes import FaceRow, MemberRow, read_face, read_members
from app.themes.taking_back import TAKEN_BACK_TITLE
from classifiers.contract import Kind
from classifiers.faces.face import RETITLE_GROWTH, RETITLE_MARGIN, Portrait, ThemeTitle
from classifiers.faces.titles import candidates
from classifiers.texts.phrases import Background, key_phrases

FACE_MEMBERS_MOST = 300
"""Comments of a theme that are looked at, the newest."""
BACKGROUND_SAMPLE = 2_000
"""Comments of a product that say which words are common in it, the newest."""

SELECT_DUE_FACES = """
    select t.id, t.product_id from theme t
    where t.face_seen is distinct from t.changed_at and t.status <> 'merged'
      and (%(only)s::uuid is null or t.id = %(only)s::uuid)
    order by t.product_id, t.id limit %(most)s
"""
SELECT_BACKGROUND = """
    select left(text, 2000) as text, theme_id from comment
    where product_id = %s and deleted_at is null order by created_at desc, id desc limit %s
"""
SELECT_THEME_OF_FACE = """
    select t.id, t.product_id, t.kind, t.title, t.title_by, t.status, t.mentions, t.changed_at,
           exists (select from ticket k
                   where k.theme_id = t.id and k.state in ('creating', 'created')) as ticketed
    from theme t where t.id = %s
"""
MARK_FACE_SEEN = "update theme set face_seen = %s where id = %s returning title, title_by"
SET_MODEL_TITLE = "update theme set title = %s, title_by = 'model' where id = %s"
# A ticket that tells of a comment which went elsewhere gets the new title, unless a person gave it
# another one in the tracker.
RETITLE_TICKETS = """
    update ticket
    set title_gone = true,
        due_at = case when state = 'created' then clock_timestamp() else due_at end
    where theme_id = %s and title = %s and superseded_at is null
      and state in ('creating', 'created')
"""
SAVE_FACE = """
    insert into theme_face (theme_id, comment_id, fingerprint, mentions, phrases)
    values (%s, %s, %s, %s, %s)
    on conflict (theme_id) do update
    set comment_id = excluded.comment_id, fingerprint = excluded.fingerprint,
        mentions = excluded.mentions, phrases = excluded.phrases
"""
# What a language model wrote goes with the comments it was made of.
FORGET_SUMMARY = """
    update theme_face set summary = '', summary_by = '', asked = 0
    where theme_id = %s and (asked > %s or %s)
"""


@dataclass(frozen=True, slots=True)
class DueFace:
    """A theme that changed since its face was looked at."""

    id: uuid.UUID
    product_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class SampledText:
    """A text of a product, and the theme it is in."""

    text: str
    theme_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class FaceTheme:
    """A theme as its face needs it; ``ticketed``: people know its title from a tracker."""

    id: uuid.UUID
    product_id: uuid.UUID
    kind: Kind
    title: str
    title_by: str
    status: ThemeStatus
    mentions: int
    changed_at: datetime
    ticketed: bool

    def outgrew(self, face: FaceRow) -> bool:
        """Whether it has several times the comments that its title was chosen from."""
        return self.mentions >= RETITLE_GROWTH * max(face.mentions, 1)


@dataclass(frozen=True, slots=True)
class TitleNow:
    """The title that a theme has at this moment."""

    title: str
    title_by: str


@dataclass(frozen=True, slots=True)
class _Look:
    """A theme as it was read, and what it should show. ``fault`` says in one word why people would
    call the title wrong; it is empty where the title stays."""

    theme: FaceTheme
    face: FaceRow | None
    members: Sequence[MemberRow]
    best: ThemeTitle | None
    phrases: list[str]
    fault: str

    def fingerprint(self, comment_id: int) -> str:
        """Of the comment as it is now; empty where it is gone."""
        member = _member(self.members, comment_id)
        return "" if member is None else member.fingerprint


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
        values = {"only": only, "most": limit}
        due = await fetch_all(connection, SELECT_DUE_FACES, values, of=DueFace)
    samples: dict[uuid.UUID, list[SampledText]] = {}
    backgrounds: dict[uuid.UUID, Background] = {}
    for theme in due:
        product_id = theme.product_id
        if product_id not in samples:
            samples[product_id] = await _sample(database, product_id)
            texts = [sampled.text for sampled in samples[product_id]]
            backgrounds[product_id] = await asyncio.to_thread(Background.of, texts)
        own_texts = [
            sampled.text for sampled in samples[product_id] if sampled.theme_id == theme.id
        ]
        with bound_contextvars(theme=str(theme.id)):
            await _refresh(database, theme.id, backgrounds[product_id], own_texts, refresh_seconds)
    return len(due)


async def _sample(database: Database, product_id: uuid.UUID) -> list[SampledText]:
    async with database.transaction() as connection:
        values = [product_id, BACKGROUND_SAMPLE]
        return await fetch_all(connection, SELECT_BACKGROUND, values, of=SampledText)


async def _refresh(
    database: Database,
    theme_id: uuid.UUID,
    background: Background,
    own_texts: Sequence[str],
    refresh_seconds: float,
) -> None:
    async with database.transaction() as connection:
        theme = await fetch_one(connection, SELECT_THEME_OF_FACE, [theme_id], of=FaceTheme)
        if theme is None:
            return
        face = await read_face(connection, theme_id)
        source_id = face.comment_id if face else None
        members = await read_members(connection, theme_id, FACE_MEMBERS_MOST, first=source_id)
    look = await asyncio.to_thread(_look, theme, face, members, background, own_texts)
    async with database.transaction() as connection:
        await _write(connection, look, refresh_seconds)


def _look(
    theme: FaceTheme,
    face: FaceRow | None,
    members: Sequence[MemberRow],
    background: Background,
    own_texts: Sequence[str],
) -> _Look:
    elsewhere = background.without(own_texts)
    comments = [member.spoken for member in members]
    portrait = Portrait(comments, theme.kind, elsewhere)
    best = portrait.title()
    voiced_texts = [(one.voice, f"{one.thread_title}. {one.text}") for one in comments]
    fault = ""
    if best is not None and theme.title_by != DecidedBy.person:
        fault = _fault(theme, face, members, portrait, best)
    return _Look(theme, face, members, best, key_phrases(voiced_texts, elsewhere), fault)


def _fault(
    theme: FaceTheme,
    face: FaceRow | None,
    members: Sequence[MemberRow],
    portrait: Portrait,
    best: ThemeTitle,
) -> str:
    """Why people would call the title wrong, in one word; empty where they would not."""
    if theme.title == TAKEN_BACK_TITLE:
        return "comment_gone"
    if face is None or face.comment_id is None:
        return "" if theme.ticketed else "first"
    source = _member(members, face.comment_id)
    if source is None:
        return "comment_gone"
    if theme.title_by != DecidedBy.model:
        return ""
    if source.fingerprint != face.fingerprint:
        offered = candidates(source.spoken.text, source.spoken.thread_title, theme.kind)
        if theme.title not in [titled.title for titled in offered]:
            return "comment_edited"
    if theme.ticketed or not (best.given or theme.outgrew(face)):
        return ""
    gain = best.score - portrait.score(theme.title, face.comment_id)
    if gain < RETITLE_MARGIN:
        return ""
    return "named" if best.given else "grown"


async def _write(connection: Connection, look: _Look, refresh_seconds: float) -> None:
    """Nothing is lost by what happens meanwhile: ``face_seen`` names the state that was read, so a
    later one is due."""
    theme, face = look.theme, look.face
    values = [theme.changed_at, theme.id]
    now = await fetch_one(connection, MARK_FACE_SEEN, values, of=TitleNow)
    if now != TitleNow(theme.title, theme.title_by):
        return  # somebody named it while we looked; the next look sees that
    if look.fault and look.best is not None and look.best.title != theme.title:
        await _retitle(connection, look, look.best)
    await connection.execute(SAVE_FACE, [theme.id, *_title_source(look), look.phrases])
    values = [theme.id, theme.mentions, look.fault == "comment_gone"]
    await connection.execute(FORGET_SUMMARY, values)
    shown_phrases = list(face.phrases) if face else []
    if shown_phrases != look.phrases:
        await refresh_tickets(connection, [theme.id], refresh_seconds)


def _title_source(look: _Look) -> tuple[int | None, str, int]:
    """The comment that the title is made of, its fingerprint, and the comments that the theme had
    when that was last looked into."""
    theme, face, best = look.theme, look.face, look.best
    if look.fault and best is not None:
        return best.comment_id, look.fingerprint(best.comment_id), theme.mentions
    if face is None:
        return None, "", 0
    if face.comment_id is None:
        return None, face.fingerprint, face.mentions
    fingerprint = look.fingerprint(face.comment_id) or face.fingerprint
    return face.comment_id, fingerprint, theme.mentions if theme.outgrew(face) else face.mentions


async def _retitle(connection: Connection, look: _Look, best: ThemeTitle) -> None:
    theme = look.theme
    await connection.execute(SET_MODEL_TITLE, [best.title, theme.id])
    if look.fault == "comment_gone":
        await connection.execute(RETITLE_TICKETS, [theme.id, theme.title])
    if look.face is None and theme.status is ThemeStatus.triage:
        return  # its first name is part of how it came to be
    detail = {"from": theme.title, "to": best.title, "why": look.fault}
    await record(connection, theme.product_id, theme.id, "retitled", actor=SYSTEM, detail=detail)


def _member(members: Sequence[MemberRow], comment_id: int) -> MemberRow | None:
    return next((member for member in members if member.id == comment_id), None)

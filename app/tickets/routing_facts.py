"""What rules ask about a theme, read for one theme or for all of a product's history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.models.states import ThemeStatus
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.tickets.phrases import holds_phrase, plain

FACTS_AT_ONCE = 500
"""Themes whose comments are read with one query."""

# Texts are long, and read only where a rule asks for words.
SELECT_FACTS = """
    select t.id, t.title, t.kind, t.status, t.people, t.confidence, t.sentiment,
           exists (select 1 from ticket k where k.theme_id = t.id and k.superseded_at is null
                   and (k.remote_id <> '' or k.create_unconfirmed_at is not null)) as ticketed,
           coalesce(m.hostile, false) as hostile,
           coalesce(m.sources, '{}') as sources, coalesce(m.languages, '{}') as languages,
           coalesce(m.areas, '{}') as areas, coalesce(m.texts, '{}') as texts
    from theme t left join lateral (
        select bool_or(c.tone = 'hostile') as hostile,
               array_agg(distinct array[c.source_id::text, s.name]) as sources,
               array_agg(distinct c.language) as languages,
               array_agg(distinct c.place) filter (where c.place <> '') as areas,
               array_agg(c.text) filter (where %(texts)s) as texts
        from comment c join source s on s.id = c.source_id
        where c.theme_id = t.id and c.deleted_at is null
    ) m on true
    where t.id = any(%(themes)s::uuid[]) order by t.id
"""
SELECT_THEMES_OF_HISTORY = """
    select id from theme where product_id = %s and status <> 'merged' order by people desc, id
"""


@dataclass(frozen=True, slots=True)
class ThemeFacts:
    """A theme as rules see it. ``sources`` are names by id; ``areas`` the places of its comments,
    such as ``channel:C024BE91L``; ``ticketed``: a ticket of it is or may be in a tracker.
    ``text`` holds title and comments, comparable, or the title alone where nobody asked for
    words."""

    id: uuid.UUID
    title: str
    kind: str
    status: ThemeStatus
    people: int
    confidence: float
    sentiment: float
    ticketed: bool
    hostile: bool
    sources: Mapping[str, str]
    languages: frozenset[str]
    areas: frozenset[str]
    texts: tuple[str, ...]

    def says(self, phrase: str) -> bool:
        """Whether its title or one of its comments holds a word or phrase."""
        return any(holds_phrase(text, phrase) for text in self.texts)

    def sources_among(self, source_ids: Sequence[str]) -> list[str]:
        """The names of its sources that are wanted."""
        return [self.sources[source] for source in source_ids if source in self.sources]

    def areas_among(self, areas: Sequence[str]) -> list[str]:
        """Its areas that are wanted, as they were written: with or without what kind of place it
        is (``channel:general`` or ``general``)."""
        own = {area.casefold() for area in self.areas}
        own |= {area.partition(":")[2] for area in own}
        return [area for area in areas if area.casefold() in own]


@dataclass(frozen=True, slots=True)
class _FactsRow:
    id: uuid.UUID
    title: str
    kind: str
    status: ThemeStatus
    people: int
    confidence: float
    sentiment: float
    ticketed: bool
    hostile: bool
    sources: Sequence[Sequence[str]]
    languages: Sequence[str]
    areas: Sequence[str]
    texts: Sequence[str]


async def read_facts(
    connection: Connection, theme_ids: Sequence[uuid.UUID], *, texts: bool
) -> dict[uuid.UUID, ThemeFacts]:
    """What rules ask about these themes, by id; with the words of their comments where ``texts``
    says so."""
    values = {"themes": list(theme_ids), "texts": texts}
    rows = await fetch_all(connection, SELECT_FACTS, values, of=_FactsRow)
    return {row.id: _facts(row) for row in rows}


async def history(connection: Connection, product_id: uuid.UUID) -> list[uuid.UUID]:
    """The themes of a product, those that most people speak of first; merged ones are part of
    others."""
    return [
        row["id"] for row in await fetch_all(connection, SELECT_THEMES_OF_HISTORY, [product_id])
    ]


def _facts(row: _FactsRow) -> ThemeFacts:
    return ThemeFacts(
        id=row.id,
        title=row.title,
        kind=row.kind,
        status=row.status,
        people=row.people,
        confidence=row.confidence,
        sentiment=row.sentiment,
        ticketed=row.ticketed,
        hostile=row.hostile,
        sources={source: name for source, name in row.sources},
        languages=frozenset(row.languages),
        areas=frozenset(row.areas),
        texts=tuple(plain(text) for text in [row.title, *row.texts]),
    )
